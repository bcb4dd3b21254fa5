import Glibc
import Platform

/// One file of a log, of which only whole rows stay: a row that could not be written to its end is cut off again.
///
/// Others may empty or cut the file while it is written (`: > log`, logrotate's copytruncate). Rows are appended to what
/// there is, and whoever writes them is told.
///
/// Belongs to one thread.
final class LogFile {
  private let file: File
  /// Whether it is a plain file, which can be cut and can vanish; `/dev/stderr` is none.
  private let isPlain: Bool
  /// Where the last whole row ended.
  private(set) var wholeBytes = 0

  private init(_ file: File, isPlain: Bool) {
    self.file = file
    self.isPlain = isPlain
  }

  var path: String { file.path }
  var isDevice: Bool { !isPlain }

  /// A new file at `path`, or the next free numbered name beside it; never one that exists. `avoiding` names what must
  /// not exist either (files beside it). Numbers come before the format's extension: `run-1.csv`.
  static func create(
    _ path: String, format: LogFormat, separator: String = "-", firstNumber: Int = 0,
    avoiding: (String) -> [String] = { _ in [] }
  ) throws(UserError) -> LogFile {
    if firstNumber == 0, let device = try openDevice(path) { return device }
    for number in firstNumber..<firstNumber + 100_000 {
      let name = number == 0 ? path : numbered(path, format: format, suffix: "\(separator)\(number)")
      if avoiding(name).contains(where: File.exists) { continue }
      do throws(SystemError) {
        // Read as well: of a file that somebody cut, only whole rows are kept.
        return LogFile(try File.open(name, O_RDWR | O_APPEND | O_CREAT | O_EXCL), isPlain: true)
      } catch {
        guard error.code == EEXIST else { throw openError(name, error) }
      }
    }
    throw UserError(
      "expected a free name beside '\(path)', found a hundred thousand logs: move them, or choose another name")
  }

  /// A character device such as `/dev/stderr` is written to as it is; `nil` for a plain file or nothing.
  private static func openDevice(_ path: String) throws(UserError) -> LogFile? {
    switch File.kind(of: path) {
    case nil, .regular: return nil
    case .folder:
      throw UserError("expected a file's name for the log, found the directory '\(path)': add a name such as run.csv")
    case .characterDevice:
      do throws(SystemError) {
        return LogFile(try File.open(path, O_WRONLY), isPlain: false)
      } catch {
        throw openError(path, error)
      }
    case .some(let kind):
      throw UserError("expected a plain file for the log, found \(kind.description) at '\(path)': choose another name")
    }
  }

  private static func openError(_ path: String, _ error: SystemError) -> UserError {
    let folder = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[..<$0]) } ?? "."
    let advice =
      switch error.code {
      case ENOENT, ENOTDIR: "make the folder '\(folder)' first, or choose another name"
      case EACCES, EPERM: "choose a place that you may write to"
      case EROFS: "choose a place on a disk that can be written"
      case _ where error.isNoSpace: "free some space, or choose another disk"
      default: "choose another name"
      }
    return UserError("expected to create the log '\(path)', found: \(error); \(advice)")
  }

  /// `run.csv` → `run-1.csv`; a name without the format's extension gets the number at its end.
  static func numbered(_ path: String, format: LogFormat, suffix: String) -> String {
    let (stem, ending) = split(path, format: format)
    return stem + suffix + ending
  }

  static func split(_ path: String, format: LogFormat) -> (stem: String, ending: String) {
    for ending in [format.pathExtension, ".ndjson", ".json"] where path.hasSuffix(ending) {
      return (String(path.dropLast(ending.count)), ending)
    }
    return (path, "")
  }

  /// The networks that a run switched to, beside its log: `run.csv` → `run.networks.jsonl`.
  static func networksPath(_ path: String, format: LogFormat) -> String {
    split(path, format: format).stem + ".networks.jsonl"
  }

  /// What rules did during a run, beside its log: `run.csv` → `run.events.jsonl`.
  static func eventsPath(_ path: String, format: LogFormat) -> String {
    split(path, format: format).stem + ".events.jsonl"
  }

  /// The run's facts beside a log: `run.csv` → `run.run.json`.
  static func sidecarPath(_ path: String, format: LogFormat) -> String {
    split(path, format: format).stem + ".run.json"
  }

  /// Writes one whole row, at once unless the system takes less; on failure nothing of it stays.
  /// - Returns: false, and nothing was written, if somebody cut the file below what was there: call `trim`, and see what
  ///   is left, before another row.
  /// - Throws: `UserError` if the disk is full, or the file cannot be written for another reason.
  func write(row: UnsafeRawBufferPointer) throws(UserError) -> Bool {
    do throws(SystemError) {
      try file.write(row)
    } catch {
      let isWhole = takeBack(to: wholeBytes)
      throw UserError("\(Self.failure(error)) ('\(path)')" + (isWhole ? "" : "; its last row is incomplete"))
    }
    guard isPlain else { return true }
    // Where an appended row lies is known only afterwards: the file may be cut at any time.
    let begin = place - row.count
    guard begin >= wholeBytes else {
      _ = takeBack(to: begin)
      return false
    }
    wholeBytes = place
    return true
  }

  /// Writes a row that needs nothing before it.
  func append(row: UnsafeRawBufferPointer) throws(UserError) {
    while try !write(row: row) { try trim() }
  }

  /// Where the last write ended.
  private var place: Int { Int(lseek(file.descriptor, 0, SEEK_CUR)) }

  /// Cuts off what was written beyond `end`, unless others wrote or cut since. Returns whether nothing of it is left.
  private func takeBack(to end: Int) -> Bool {
    guard isPlain, place != end else { return true }
    guard place > end, let facts = try? file.facts(), facts.bytes == place else { return false }
    return (try? file.truncate(to: end)) != nil
  }

  /// Whether all rows are there that were written; false if somebody cut the file.
  /// - Throws: `UserError` if it was removed.
  func isWhole() throws(UserError) -> Bool {
    guard isPlain, let facts = try? file.facts() else { return true }
    guard facts.linkCount > 0 else { throw UserError("the log '\(path)' was removed") }
    return facts.bytes >= wholeBytes
  }

  /// What the file takes now, whoever wrote it.
  var bytes: Int { (isPlain ? try? file.facts().bytes : nil) ?? wholeBytes }

  /// After somebody cut the file: cuts off a row that lost its end.
  func trim() throws(UserError) {
    var end = bytes
    while end > 0 {
      let start = max(0, end - 4096)
      if let last = try contents(from: start, to: end).lastIndex(of: UInt8(ascii: "\n")) {
        end = start + last + 1
        break
      }
      end = start
    }
    try cut(to: end)
  }

  /// Cuts off everything, if all there is is the beginning of `start`.
  func clear(partOf start: UnsafeRawBufferPointer) throws(UserError) {
    guard wholeBytes < start.count, try contents(from: 0, to: wholeBytes).elementsEqual(start.prefix(wholeBytes)) else {
      return
    }
    try cut(to: 0)
  }

  private func cut(to end: Int) throws(UserError) {
    do throws(SystemError) {
      if bytes > end { try file.truncate(to: end) }
      lseek(file.descriptor, off_t(end), SEEK_SET)
      wholeBytes = end
    } catch {
      throw UserError("\(Self.failure(error)) ('\(path)')")
    }
  }

  private func contents(from start: Int, to end: Int) throws(UserError) -> [UInt8] {
    do throws(SystemError) { return try file.bytes(end - start, at: start) } catch {
      throw UserError("the log '\(path)' was cut, and could not be read: \(error)")
    }
  }

  /// Sees to it that what was written outlives a power cut.
  func sync() throws(UserError) {
    guard isPlain else { return }
    do throws(SystemError) {
      try file.synchronise()
    } catch {
      throw UserError("\(Self.failure(error)) ('\(path)')")
    }
  }

  private static func failure(_ error: SystemError) -> String {
    switch error.code {
    case ENOSPC: "the disk of the log is full"
    case EDQUOT: "the disk quota of the log's owner is used up"
    case EFBIG: "the log has reached the largest size that a file may have here (ulimit -f)"
    default: "the log could not be written: \(error)"
    }
  }
}
