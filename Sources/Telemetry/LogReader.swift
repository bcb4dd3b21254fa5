import Platform

/// Reads a log of any of the three formats, row by row in constant memory, and forgives a torn end.
///
/// Belongs to one thread.
public final class LogReader {
  public enum Item: Sendable {
    /// A run begins; logs that were put one behind the other have several.
    case header(RunHeader)
    /// The run's next rows may be of this network.
    case network(NetworkFacts)
    /// The next row is in the record that was handed in.
    case row
  }

  public let path: String
  /// What the file's content shows, whatever its name says.
  public let format: LogFormat
  /// After the last row: bytes behind it that are no whole row (the program was killed while it wrote them).
  public private(set) var tornBytes = 0

  private let lines: LineReader
  private var json: JSONRowReader
  private var csv: CSVRowReader
  /// The run that the last CSV row belongs to.
  private var csvRunID: String?
  /// A row that was read already, since only it shows that a run begins.
  private var csvPendingRow: FrameRecord?
  /// Networks of this run that lie beside the log and are to be handed out before that row.
  private var csvNetworks: ArraySlice<NetworkFacts> = []
  /// The first bytes of this run's CSV rows, in which they all agree.
  private var csvRowStart: [UInt8] = []

  /// - Parameter guesses: `false` leaves `FrameRecord.top` empty, which is faster.
  public init(path: String, guesses: Bool = true) throws(UserError) {
    self.path = path
    lines = try LineReader(path: path)
    json = JSONRowReader(guesses: guesses)
    csv = CSVRowReader(guesses: guesses)
    format =
      switch try lines.firstByte() {
      case UInt8(ascii: "["): .trace
      case UInt8(ascii: "{"): .jsonLines
      case nil: LogFormat(path: path) ?? .csv
      default: .csv
      }
  }

  /// The next header or row; `nil` at the end.
  ///
  /// - Parameter record: takes a row's values; one that is used again and again saves allocations.
  /// - Throws: `UserError` with the line's number if a line before the last is broken.
  public func next(into record: inout FrameRecord) throws(UserError) -> Item? {
    if let network = csvNetworks.popFirst() { return .network(network) }
    if let row = csvPendingRow {
      record = row
      csvPendingRow = nil
      return .row
    }
    while let line = try lines.next(quoted: format == .csv) {
      do throws(Mismatch) {
        let item =
          switch format {
          case .csv: try readCSV(line, into: &record)
          case .jsonLines: try readJSON(line, into: &record)
          case .trace: try readTrace(line, into: &record)
          }
        if let item {
          if case .header(let header) = item { try check(header) }
          return item
        }
      } catch {
        throw UserError(
          "expected \(error.expected) in line \(lines.lineNumber) of '\(path)', found \(error.found): "
            + "mend or remove that line")
      }
    }
    tornBytes = lines.torn.count
    if format == .csv { try checkTornCSV() }
    return nil
  }

  private func check(_ header: RunHeader) throws(Mismatch) {
    guard header.schema > RunHeader.currentSchema else { return }
    throw Mismatch(
      expected: "schema \(RunHeader.currentSchema) or older (this is an older mobilecam)",
      found: "schema \(header.schema)")
  }

  // MARK: JSON

  private func readJSON(
    _ line: UnsafeBufferPointer<UInt8>, into record: inout FrameRecord
  ) throws(Mismatch) -> Item? {
    if Self.isBlank(line) { return nil }
    switch try json.read(line, into: &record) {
    case .header(let header): return .header(header)
    case .network(let network): return .network(network)
    case .row: return .row
    case .other: return nil
    }
  }

  /// Of a trace, the metadata `mobilecam_run` and `mobilecam_network` and the instants `result` hold what we look for, in their `args`.
  private func readTrace(
    _ line: UnsafeBufferPointer<UInt8>, into record: inout FrameRecord
  ) throws(Mismatch) -> Item? {
    var scanner = JSONScanner(line)
    scanner.skipSpace()
    if scanner.take(UInt8(ascii: "[")) || scanner.take(UInt8(ascii: "]")) || Self.isBlank(line) {
      try scanner.requireEnd()
      return nil
    }
    _ = scanner.take(UInt8(ascii: ","))
    var name = ""
    var arguments: JSONScanner?
    try RunHeaderJSON.readObject(&scanner) { (key, scanner) throws(Mismatch) in
      if key == "name", scanner.isAtString() {
        name = try JSONScanner.text(scanner.string())
        return
      }
      if key == "args" { arguments = scanner }
      try scanner.skipValue()
    }
    _ = scanner.take(UInt8(ascii: ","))
    try scanner.requireEnd()
    guard name == "result" || name == "mobilecam_run" || name == "mobilecam_network", var arguments else { return nil }
    switch try json.readObject(&arguments, into: &record) {
    case .header(let header): return .header(header)
    case .network(let network): return .network(network)
    case .row: return .row
    case .other: return nil
    }
  }

  private static func isBlank(_ line: UnsafeBufferPointer<UInt8>) -> Bool { line.allSatisfy { $0 <= 32 } }

  // MARK: CSV

  private func readCSV(_ line: UnsafeBufferPointer<UInt8>, into record: inout FrameRecord) throws(Mismatch) -> Item? {
    if Self.isBlank(line) { return nil }
    if !csv.hasHeader || CSVRowReader.isHeader(line) {
      try csv.readHeader(line)
      csvRunID = nil
      return nil
    }
    try csv.readRow(line, into: &record)
    guard csv.runID != csvRunID else { return .row }
    csvRunID = csv.runID
    csvRowStart = Self.rowStart(line)
    csvPendingRow = record
    return .header(headerOfRun(csv.runID))
  }

  /// The run's facts from the sidecar, if it is there and of this run; else only what the rows themselves say.
  private func headerOfRun(_ runID: String) -> RunHeader {
    if let header = Self.sidecar(of: path), header.runID == runID {
      csvNetworks = Self.networks(of: path)[...]
      return header
    }
    var header = RunHeader(
      runID: runID, programVersion: "", wallAnchorNanoseconds: 0, monotonicAnchorNanoseconds: 0,
      layers: csv.layerNames.map { RunHeader.Layer(name: $0) })
    header.schema = csv.schema
    return header
  }

  private static func sidecar(of path: String) -> RunHeader? {
    let place = LogFile.sidecarPath(path, format: .csv)
    guard let reader = try? LineReader(path: place), let line = try? reader.next() else { return nil }
    var scanner = JSONScanner(line)
    return try? RunHeaderJSON.read(&scanner)
  }

  /// Lines that cannot be read are left out, as a missing file is.
  private static func networks(of path: String) -> [NetworkFacts] {
    guard let reader = try? LineReader(path: LogFile.networksPath(path, format: .csv)) else { return [] }
    var found: [NetworkFacts] = []
    while let line = try? reader.next() {
      var scanner = JSONScanner(line)
      if let network = try? RunHeaderJSON.readNetwork(&scanner) { found.append(network) }
    }
    return found
  }

  /// A quotation mark that is never closed makes all that follows look like one torn row; rows inside it betray it.
  private func checkTornCSV() throws(UserError) {
    let torn = lines.torn
    guard !csvRowStart.isEmpty else { return }
    for index in torn.indices where torn[index] == 10 {
      if torn[(index + 1)...].starts(with: csvRowStart) {
        throw UserError(
          "expected a closing quotation mark in line \(lines.lineNumber) of '\(path)', found more rows: "
            + "mend or remove that line")
      }
    }
  }

  /// Up to the second comma: schema and run id.
  private static func rowStart(_ line: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    guard let first = line.firstIndex(of: UInt8(ascii: ",")),
      let second = line[(first + 1)...].firstIndex(of: UInt8(ascii: ","))
    else { return [] }
    return Array(line[...second])
  }
}
