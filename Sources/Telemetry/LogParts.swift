import Model
import Platform

/// The files that one log is spread over when its size is limited: `run.csv`, `run.part-2.csv`, `run.part-3.csv` …
///
/// A new file is begun before a row would make the current one too large; the oldest of this run are deleted. Files are
/// never renamed, so that a reader that follows one keeps what it has. A file that somebody empties begins anew. Belongs to
/// one thread.
struct LogParts {
  private(set) var file: LogFile
  private var encoder: any LogEncoder
  private let firstPath: String
  private let format: LogFormat
  private let header: RunHeader
  private let describe: (@Sendable (Configuration) -> NetworkFacts?)?
  private let maxBytes: Int?
  private let keep: Int
  private let endBytes: Int
  private var number = 1
  /// Each file that is kept: its name and those of what lies beside it, and its rows.
  private var kept: [(paths: [String], rows: Int)] = []
  private var rowsInFile = 0
  /// How often somebody emptied or cut a file.
  private(set) var cuts = 0
  /// Rows of files that were deleted.
  private(set) var rowsDeleted = 0
  /// What the last row ran on, and all that the file has described.
  private var current: Configuration?
  private var described: Set<Configuration> = []
  /// Where networks are described that have no place between rows; made when the run first switches.
  private var networks: LogFile?
  /// The same of events; made with the first one.
  private var events: LogFile?

  var path: String { file.path }
  /// Files that are kept.
  var count: Int { kept.count }

  init(path: String, format: LogFormat, header: RunHeader, options: LogWriter.Options) throws(UserError) {
    self.format = format
    self.header = header
    describe = options.describe
    maxBytes = options.maxBytes
    keep = max(1, options.keep)
    encoder = format.encoder
    let end = LineBuffer()
    encoder.appendEnd(to: end)
    endBytes = end.count
    file = try LogFile.create(path, format: format, avoiding: { LogFormat.companions(of: $0, format) })
    firstPath = file.path
    try begin()
  }

  /// Writes the file's start and its sidecar; a file that cannot even take its start is removed again.
  private mutating func begin() throws(UserError) {
    let line = LineBuffer()
    rowsInFile = 0
    networks = nil
    events = nil
    current = nil
    described = header.network.configuration.map { [$0] } ?? []
    let sidecar = encoder.needsSidecar && !file.isDevice ? LogFile.sidecarPath(file.path, format: format) : nil
    do throws(UserError) {
      encoder.appendStart(header, to: line)
      try file.append(row: line.bytes)
      if let sidecar {
        line.removeAll()
        RunObject(header).append(to: line)
        line.append("\n")
        try Self.write(line.bytes, toNew: sidecar)
      }
    } catch {
      if !file.isDevice { File.remove(file.path) }
      throw UserError("expected to begin the log, found: \(error.message); free some space or choose another place")
    }
    kept.append(([file.path] + (sidecar.map { [$0] } ?? []), 0))
    while kept.count > keep {
      let oldest = kept.removeFirst()
      for path in oldest.paths { File.remove(path) }
      rowsDeleted += oldest.rows
    }
  }

  private static func write(_ bytes: UnsafeRawBufferPointer, toNew path: String) throws(UserError) {
    let sidecar = try LogFile.create(path, format: .jsonLines, firstNumber: 0)
    do throws(UserError) {
      try sidecar.append(row: bytes)
    } catch {
      File.remove(sidecar.path)
      throw error
    }
  }

  mutating func write(_ record: borrowing FrameRecord, line: LineBuffer) throws(UserError) {
    line.removeAll()
    try append(record, to: line)
    if let maxBytes, rowsInFile > 0, file.bytes + line.count + endBytes > maxBytes {
      try rotate()
      line.removeAll()
      // Again: an encoder may write a row otherwise at the start of a file.
      try append(record, to: line)
    }
    while try !file.write(row: line.bytes) {
      try beginAnew()
      line.removeAll()
      try append(record, to: line)
    }
    rowsInFile += 1
    kept[kept.count - 1].rows = rowsInFile
  }

  mutating func write(_ event: ActionEvent, line: LineBuffer) throws(UserError) {
    line.removeAll()
    if encoder.needsSidecar {
      guard !file.isDevice else { return }
      event.append(to: line)
      line.append("\n")
      return try beside(\.events, LogFile.eventsPath).append(row: line.bytes)
    }
    encoder.appendEvent(event, to: line)
    if let maxBytes, rowsInFile > 0, file.bytes + line.count + endBytes > maxBytes { try rotate() }
    while try !file.write(row: line.bytes) { try beginAnew() }
  }

  /// Somebody emptied the file, or cut it: rows go on behind those that are left, and behind the file's start in any case.
  private mutating func beginAnew() throws(UserError) {
    cuts += 1
    let start = LineBuffer()
    encoder = format.encoder
    encoder.appendStart(header, to: start)
    repeat {
      try file.trim()
      try file.clear(partOf: start.bytes)
      if file.wholeBytes >= start.count { break }
    } while try !file.write(row: start.bytes)
    current = nil
    // Networks that lie beside the log are still there.
    if !encoder.needsSidecar { described = header.network.configuration.map { [$0] } ?? [] }
  }

  /// Looks after the file.
  /// - Throws: `UserError` if it was removed.
  mutating func check() throws(UserError) {
    while try !file.isWhole() { try beginAnew() }
  }

  /// The row, and before it what its network is if the file has not said so.
  private mutating func append(_ record: borrowing FrameRecord, to line: LineBuffer) throws(UserError) {
    let configuration = record.configuration
    if configuration != current {
      current = configuration
      if let describe, described.insert(configuration).inserted, let network = describe(configuration) {
        encoder.appendNetwork(network, to: line)
        if encoder.needsSidecar, !file.isDevice { try writeBeside(network) }
      }
    }
    encoder.appendRow(record, to: line)
  }

  private mutating func writeBeside(_ network: NetworkFacts) throws(UserError) {
    let line = LineBuffer()
    RunObject(network).append(to: line)
    line.append("\n")
    try beside(\.networks, LogFile.networksPath).append(row: line.bytes)
  }

  /// A file beside this one, made when it is first written to.
  private mutating func beside(
    _ place: WritableKeyPath<LogParts, LogFile?>, _ path: (String, LogFormat) -> String
  ) throws(UserError) -> LogFile {
    if let made = self[keyPath: place] { return made }
    let made = try LogFile.create(path(file.path, format), format: .jsonLines)
    kept[kept.count - 1].paths.append(made.path)
    self[keyPath: place] = made
    return made
  }

  private mutating func rotate() throws(UserError) {
    try finish(line: LineBuffer())
    encoder = format.encoder
    number += 1
    file = try LogFile.create(
      firstPath, format: format, separator: ".part-", firstNumber: number,
      avoiding: { [format] in LogFormat.companions(of: $0, format) })
    try begin()
  }

  /// Ends the current file as its format has it, and syncs.
  mutating func finish(line: LineBuffer) throws(UserError) {
    try check()
    line.removeAll()
    encoder.appendEnd(to: line)
    if line.count > 0 { while try !file.write(row: line.bytes) { try beginAnew() } }
    try file.sync()
    try networks?.sync()
    try events?.sync()
  }

  /// Of a log that nothing will be written to.
  func remove() { for path in kept.flatMap(\.paths) { File.remove(path) } }
}
