import Glibc

/// The files that one log is spread over when its size is limited: `run.csv`, `run.part-2.csv`, `run.part-3.csv` …
///
/// A new file is begun before a row would make the current one too large; the oldest of this run are deleted. Files are
/// never renamed, so that a reader that follows one keeps what it has. Belongs to one thread.
struct LogParts {
  private(set) var file: LogFile
  private var encoder: any LogEncoder
  private let firstPath: String
  private let format: LogFormat
  private let header: RunHeader
  private let maxBytes: Int?
  private let keep: Int
  private let endBytes: Int
  private var number = 1
  private var kept: [(path: String, sidecar: String?)] = []
  private var rowsInFile = 0

  var path: String { file.path }

  init(path: String, format: LogFormat, header: RunHeader, maxBytes: Int?, keep: Int) throws(LogError) {
    self.format = format
    self.header = header
    self.maxBytes = maxBytes
    self.keep = max(1, keep)
    encoder = format.encoder
    let end = LineBuffer()
    encoder.appendEnd(to: end)
    endBytes = end.count
    let sidecar: (String) -> String? =
      encoder.needsSidecar ? { LogFile.sidecarPath($0, format: format) } : { _ in nil }
    file = try LogFile.create(path, format: format, avoiding: sidecar)
    firstPath = file.path
    try begin()
  }

  /// Writes the file's start and its sidecar; a file that cannot even take its start is removed again.
  private mutating func begin() throws(LogError) {
    let line = LineBuffer()
    rowsInFile = 0
    let sidecar = encoder.needsSidecar && !file.isDevice ? LogFile.sidecarPath(file.path, format: format) : nil
    do throws(LogError) {
      encoder.appendStart(header, to: line)
      try file.write(row: line.bytes)
      if let sidecar {
        line.removeAll()
        RunHeaderJSON.append(header, to: line)
        line.append("\n")
        try Self.write(line.bytes, toNew: sidecar)
      }
    } catch {
      if !file.isDevice { unlink(file.path) }
      throw LogError("expected to begin the log, found: \(error.message); free some space or choose another place")
    }
    kept.append((file.path, sidecar))
    while kept.count > keep {
      let oldest = kept.removeFirst()
      unlink(oldest.path)
      if let sidecar = oldest.sidecar { unlink(sidecar) }
    }
  }

  private static func write(_ bytes: UnsafeRawBufferPointer, toNew path: String) throws(LogError) {
    let sidecar = try LogFile.create(path, format: .jsonLines, firstNumber: 0)
    do throws(LogError) {
      try sidecar.write(row: bytes)
    } catch {
      unlink(sidecar.path)
      throw error
    }
  }

  mutating func write(_ record: borrowing FrameRecord, line: LineBuffer) throws(LogError) {
    line.removeAll()
    encoder.appendRow(record, to: line)
    if let maxBytes, rowsInFile > 0, file.wholeBytes + line.count + endBytes > maxBytes {
      try rotate()
      line.removeAll()
      // Again: an encoder may write a row otherwise at the start of a file.
      encoder.appendRow(record, to: line)
    }
    try file.write(row: line.bytes)
    rowsInFile += 1
  }

  private mutating func rotate() throws(LogError) {
    try finish(line: LineBuffer())
    encoder = format.encoder
    number += 1
    let sidecar: (String) -> String? =
      encoder.needsSidecar ? { [format] in LogFile.sidecarPath($0, format: format) } : { _ in nil }
    file = try LogFile.create(
      firstPath, format: format, separator: ".part-", firstNumber: number, avoiding: sidecar)
    try begin()
  }

  /// Ends the current file as its format has it, and syncs.
  func finish(line: LineBuffer) throws(LogError) {
    line.removeAll()
    encoder.appendEnd(to: line)
    if line.count > 0 { try file.write(row: line.bytes) }
    try file.sync()
  }
}
