import Glibc
import Platform

/// One file of a log, of which only whole rows stay: a row that could not be written to its end is cut off again.
///
/// Belongs to one thread.
final class LogFile {
  let path: String
  private let descriptor: Int32
  /// Whether it is a plain file, which can be cut and can vanish; `/dev/stderr` is none.
  private let isPlain: Bool
  /// Bytes of whole rows.
  private(set) var wholeBytes = 0

  private init(path: String, descriptor: Int32, isPlain: Bool) {
    self.path = path
    self.descriptor = descriptor
    self.isPlain = isPlain
  }

  deinit { close(descriptor) }

  /// A new file at `path`, or the next free numbered name beside it; never one that exists. `avoiding` names what must
  /// not exist either (files beside it). Numbers come before the format's extension: `run-1.csv`.
  static func create(
    _ path: String, format: LogFormat, separator: String = "-", firstNumber: Int = 0,
    avoiding: (String) -> [String] = { _ in [] }
  ) throws(UserError) -> LogFile {
    if firstNumber == 0, let device = try openDevice(path) { return device }
    for number in firstNumber..<firstNumber + 100_000 {
      let name = number == 0 ? path : numbered(path, format: format, suffix: "\(separator)\(number)")
      if avoiding(name).contains(where: { access($0, F_OK) == 0 }) { continue }
      let descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
      if descriptor >= 0 { return LogFile(path: name, descriptor: descriptor, isPlain: true) }
      let code = errno
      guard code == EEXIST || code == EINTR else { throw openError(name, code) }
    }
    throw UserError(
      "expected a free name beside '\(path)', found a hundred thousand logs: move them, or choose another name")
  }

  /// A character device such as `/dev/stderr` is written to as it is; `nil` for a plain file or nothing.
  private static func openDevice(_ path: String) throws(UserError) -> LogFile? {
    var facts = stat()
    guard stat(path, &facts) == 0, facts.st_mode & S_IFMT != S_IFREG else { return nil }
    switch facts.st_mode & S_IFMT {
    case S_IFDIR:
      throw UserError("expected a file's name for the log, found the directory '\(path)': add a name such as run.csv")
    case S_IFCHR:
      let descriptor = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY)
      guard descriptor >= 0 else { throw openError(path, errno) }
      return LogFile(path: path, descriptor: descriptor, isPlain: false)
    default:
      throw UserError(
        "expected a plain file for the log, found a pipe, socket or disk at '\(path)': choose another name")
    }
  }

  private static func openError(_ path: String, _ code: Int32) -> UserError {
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    let advice =
      switch code {
      case ENOENT, ENOTDIR: "make the folder '\(folder)' first, or choose another name"
      case EACCES, EPERM: "choose a place that you may write to"
      case EROFS: "choose a place on a disk that can be written"
      case ENOSPC, EDQUOT: "free some space, or choose another disk"
      default: "choose another name"
      }
    return UserError("expected to create the log '\(path)', found: \(errorText(code)); \(advice)")
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

  /// The run's facts beside a log: `run.csv` → `run.run.json`.
  static func sidecarPath(_ path: String, format: LogFormat) -> String {
    split(path, format: format).stem + ".run.json"
  }

  /// Writes one whole row, at once unless the system takes less; on failure nothing of it stays.
  func write(row: UnsafeRawBufferPointer) throws(UserError) {
    var rest = row
    while !rest.isEmpty {
      let written = Glibc.write(descriptor, rest.baseAddress, rest.count)
      if written < 0 {
        let code = errno
        if code == EINTR { continue }
        let isCut = rollBack()
        throw UserError("\(Self.failure(code)) ('\(path)')" + (isCut ? "" : "; its last row is incomplete"))
      }
      rest = UnsafeRawBufferPointer(rebasing: rest[written...])
    }
    wholeBytes += row.count
  }

  /// Cuts off what was written of a row that could not be finished.
  private func rollBack() -> Bool {
    guard isPlain else { return true }
    guard ftruncate(descriptor, off_t(wholeBytes)) == 0 else { return false }
    return lseek(descriptor, off_t(wholeBytes), SEEK_SET) >= 0
  }

  /// Sees to it that what was written outlives a power cut, and that the file is still there.
  func sync() throws(UserError) {
    guard isPlain else { return }
    guard fdatasync(descriptor) == 0 || errno == EINTR else {
      throw UserError("\(Self.failure(errno)) ('\(path)')")
    }
  }

  func checkPresence() throws(UserError) {
    guard isPlain else { return }
    var facts = stat()
    guard fstat(descriptor, &facts) == 0, facts.st_nlink == 0 else { return }
    throw UserError("the log '\(path)' was removed")
  }

  var isDevice: Bool { !isPlain }

  private static func failure(_ code: Int32) -> String {
    switch code {
    case ENOSPC: "the disk of the log is full"
    case EDQUOT: "the disk quota of the log's owner is used up"
    case EFBIG: "the log has reached the largest size that the system allows"
    default: "the log could not be written: \(errorText(code))"
    }
  }
}

/// The system's words for an error number.
func errorText(_ code: Int32) -> String { String(cString: strerror(code)) }
