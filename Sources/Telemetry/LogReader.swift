import Glibc
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
  /// Bytes that were read over: zeros, and rows that end in them. They are what a file holds that somebody emptied or cut
  /// while a program wrote on at its old place.
  public var zeroBytes: Int { lines.zeroBytes + bytesBeforeZeros }
  /// What lies beside the log and could not be read, in words.
  public private(set) var notes: [String] = []

  private let lines: LineReader
  private var json: JSONRowReader
  private var csv: CSVRowReader
  private var bytesBeforeZeros = 0
  /// The first bytes that are neither white space nor zeros; empty where there are none.
  private let beginning: [UInt8]
  private let isEmpty: Bool
  /// Whether anything was found that only logs have.
  private var isLog = false
  /// The run that the last CSV row belongs to.
  private var csvRunID: String?
  /// A row that was read already, since only it shows that a run begins.
  private var csvPendingRow: FrameRecord?
  /// Networks of this run that lie beside the log and are to be handed out before that row.
  private var csvNetworks: ArraySlice<NetworkFacts> = []
  /// The first bytes of this run's CSV rows, in which they all agree.
  private var csvRowStart: [UInt8] = []
  /// What lies beside a CSV log; read once.
  private lazy var companions = readCompanions()

  /// - Parameter guesses: `false` leaves `FrameRecord.top` empty, which is faster.
  /// - Throws: `UserError` if it cannot be read, or is nothing that could be a log.
  public init(path: String, guesses: Bool = true) throws(UserError) {
    self.path = path
    lines = try Self.open(path)
    json = JSONRowReader(guesses: guesses)
    csv = CSVRowReader(guesses: guesses)
    if let other = Self.otherEncoding(lines.rest) {
      throw UserError("expected a log in UTF-8, found \(other.found) in '\(path)': \(other.advice)")
    }
    isEmpty = lines.rest.isEmpty
    let first = try lines.firstByte()
    beginning = Array(lines.rest.drop { $0 <= 32 }.prefix(24))
    format =
      switch first {
      // A trace's lines begin with a comma, and all that is left of one that was emptied are lines.
      case UInt8(ascii: "["), UInt8(ascii: ","): .trace
      case UInt8(ascii: "{"): .jsonLines
      // Nothing yet, or what is left of a row.
      case _ where first == nil || lines.zeroBytes > 0: LogFormat(path: path) ?? .csv
      default: .csv
      }
  }

  /// Only a descriptor that the caller gave for it (`report <(zcat x.csv.gz)`) may be something else than a plain file:
  /// what a name turns out to be may never end, or never begin.
  private static func open(_ path: String) throws(UserError) -> LineReader {
    let isGiven = path == "/dev/stdin" || path.hasPrefix("/dev/fd/") || path.hasPrefix("/proc/self/fd/")
    guard isGiven, let facts = File.facts(of: path), facts.kind != .regular, facts.kind != .folder else {
      let file = try File.read(path) { found, error in
        UserError(
          error != nil
            ? "expected to read the log '\(path)', found: \(found); check its name and permissions"
            : "expected a log, found \(found) of the name '\(path)': name a file, or give it as standard input (/dev/stdin)"
        )
      }
      return try LineReader(file: file, isPlain: true)
    }
    let file: File
    do throws(SystemError) { file = try File.open(path, O_RDONLY) } catch {
      throw UserError("expected to read the log '\(path)', found: \(error); write it to a file first")
    }
    return try LineReader(file: file, isPlain: false)
  }

  /// Files that are logs in another dress.
  private static func otherEncoding(_ bytes: UnsafeBufferPointer<UInt8>) -> (found: String, advice: String)? {
    let start = Array(bytes.prefix(4)) + [UInt8](repeating: 1, count: max(0, 4 - bytes.count))
    if start[0] == 0x1F, start[1] == 0x8B { return ("gzip's compressed bytes", "unpack it with gunzip") }
    let isUTF16 =
      (start[0] == 0xFF && start[1] == 0xFE) || (start[0] == 0xFE && start[1] == 0xFF)
      || (start[0] != 0 && start[1] == 0 && start[2] != 0 && start[3] == 0)
      || (start[0] == 0 && start[1] != 0 && start[2] == 0 && start[3] != 0)
    return isUTF16 ? ("UTF-16", "turn it into UTF-8 with iconv -f UTF-16 -t UTF-8") : nil
  }

  /// The next header or row; `nil` at the end.
  ///
  /// - Parameter record: takes a row's values; one that is used again and again saves allocations.
  /// - Throws: `UserError` with the line's number if a line before the last is broken; at the end, if there was nothing
  ///   of a log.
  public func next(into record: inout FrameRecord) throws(UserError) -> Item? {
    if let network = csvNetworks.popFirst() { return .network(network) }
    if let row = csvPendingRow {
      record = row
      csvPendingRow = nil
      return .row
    }
    while let line = try lines.next(quoted: format == .csv) {
      do throws(Mismatch) {
        guard let item = try read(line, into: &record) else { continue }
        isLog = true
        if case .header(let header) = item { try check(header) }
        return item
      } catch {
        let place =
          zeroBytes > 0 ? ", behind \(zeroBytes) zero bytes (the file was emptied or cut while it was written)" : ""
        throw UserError(
          "expected \(error.expected) in line \(lines.lineNumber) of '\(path)', found \(error.found)\(place): "
            + (isLog ? "mend or remove that line" : "is it a log of mobilecam?"))
      }
    }
    tornBytes = lines.rest.count
    if format == .csv { try checkTornCSV() }
    guard isLog else {
      throw UserError("expected a log of mobilecam in '\(path)', found \(whatElse): name another file")
    }
    return nil
  }

  /// What there is instead of a log.
  private var whatElse: String {
    guard !beginning.isEmpty else {
      return isEmpty
        ? "an empty file" : zeroBytes > 0 ? "nothing but \(zeroBytes) zero bytes" : "nothing but blank lines"
    }
    let isStart =
      switch format {
      case .csv: beginning.starts(with: "schema,run_id".utf8)
      case .jsonLines: beginning.starts(with: #"{"type":"run""#.utf8)
      case .trace: false
      }
    if isStart { return "only a part of its first line, \(tornBytes) bytes" }
    let shown = beginning.withUnsafeBufferPointer { Mismatch(expected: "", at: $0).found }
    return switch format {
    case .csv: "\(shown) and no line end"
    case .jsonLines: "JSON that is no run and no result (no \"type\":\"run\" or \"frame\"), from \(shown) on"
    case .trace: "a JSON array without a run (no event mobilecam_run or result), from \(shown) on"
    }
  }

  private func read(_ line: UnsafeBufferPointer<UInt8>, into record: inout FrameRecord) throws(Mismatch) -> Item? {
    do throws(Mismatch) {
      return try readWhole(line, into: &record)
    } catch {
      // A row that was cut, zeros, and behind them a whole row.
      guard let zero = line.lastIndex(of: 0) else { throw error }
      let item = try readWhole(UnsafeBufferPointer(rebasing: line[(zero + 1)...]), into: &record)
      bytesBeforeZeros += zero + 1
      return item
    }
  }

  private func readWhole(_ line: UnsafeBufferPointer<UInt8>, into record: inout FrameRecord) throws(Mismatch) -> Item? {
    switch format {
    case .csv: try readCSV(line, into: &record)
    case .jsonLines: try readJSON(line, into: &record)
    case .trace: try readTrace(line, into: &record)
    }
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
    Self.isBlank(line) ? nil : try json.read(line, into: &record)
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
    try scanner.object { (key, scanner) throws(Mismatch) in
      if key == "name", scanner.isAtString() {
        name = try scanner.string()
        return
      }
      if key == "args" { arguments = scanner }
      try scanner.skipValue()
    }
    _ = scanner.take(UInt8(ascii: ","))
    try scanner.requireEnd()
    guard name == "result" || name == "mobilecam_run" || name == "mobilecam_network", var arguments else { return nil }
    return try json.readObject(&arguments, into: &record)
  }

  private static func isBlank(_ line: UnsafeBufferPointer<UInt8>) -> Bool { line.allSatisfy { $0 <= 32 } }

  // MARK: CSV

  private func readCSV(_ line: UnsafeBufferPointer<UInt8>, into record: inout FrameRecord) throws(Mismatch) -> Item? {
    if Self.isBlank(line) { return nil }
    if !csv.hasHeader || CSVRowReader.isHeader(line) {
      try csv.readHeader(line)
      csvRunID = nil
      isLog = true
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
    if let header = companions.header, header.runID == runID {
      csvNetworks = companions.networks[...]
      return header
    }
    var header = RunHeader(
      runID: runID, programVersion: "", wallAnchorNanoseconds: 0, monotonicAnchorNanoseconds: 0,
      network: NetworkFacts(layers: csv.layerNames.map(LayerFacts.init(name:))))
    header.schema = csv.schema
    return header
  }

  private func readCompanions() -> (header: RunHeader?, networks: [NetworkFacts]) {
    var header: RunHeader?
    readCompanion(LogFile.sidecarPath(path, format: .csv)) { (bytes) throws(Mismatch) in
      // One object, which tools may have spread over lines.
      header = try JSONScanner.read(bytes, RunObject.readHeader)
    }
    var networks: [NetworkFacts] = []
    readCompanion(LogFile.networksPath(path, format: .csv)) { (bytes) throws(Mismatch) in
      // The last one may be torn.
      for line in bytes.split(separator: 10, omittingEmptySubsequences: false).dropLast() where !line.isEmpty {
        if let network = try JSONScanner.read(line, RunObject.readNetwork) { networks.append(network) }
      }
    }
    return (header, networks)
  }

  /// Some kilobytes, and as much again for each network.
  private static let mostCompanionBytes = 1 << 20

  /// What cannot be read is noted, and does without.
  private func readCompanion(_ path: String, _ body: ([UInt8]) throws(Mismatch) -> Void) {
    func leaveOut(_ why: String) { notes.append("'\(path)' was left out: \(why)") }
    guard File.exists(path) else { return }
    do throws(UserError) {
      let file = try File.read(path) { found, _ in UserError("found \(found)") }
      guard let bytes = try Self.bytes(of: file) else {
        return leaveOut("expected at most \(Self.mostCompanionBytes >> 20) MB, found more")
      }
      do throws(Mismatch) { try body(bytes) } catch {
        leaveOut("expected \(error.expected), found \(error.found)")
      }
    } catch {
      leaveOut(error.message)
    }
  }

  private static func bytes(of file: File) throws(UserError) -> [UInt8]? {
    do throws(SystemError) { return try file.bytes(limit: mostCompanionBytes) } catch {
      throw UserError("found \(error)")
    }
  }

  /// A quotation mark that is never closed makes all that follows look like one torn row: rows inside it betray it, and so
  /// does that there is no row at all.
  private func checkTornCSV() throws(UserError) {
    guard lines.isQuoteOpen else { return }
    let torn = lines.rest
    let start = csvRowStart.isEmpty ? Self.rowStart(torn) : csvRowStart
    let hasMoreRows =
      !start.isEmpty && torn.indices.contains { torn[$0] == 10 && torn[($0 + 1)...].starts(with: start) }
    guard csvRowStart.isEmpty || hasMoreRows else { return }
    throw UserError(
      "expected a closing quotation mark in line \(lines.lineNumber) of '\(path)', found "
        + (hasMoreRows ? "more rows" : "the file's end") + ": mend or remove that line")
  }

  /// Up to the second comma: schema and run id.
  private static func rowStart(_ line: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    guard let first = line.firstIndex(of: UInt8(ascii: ",")),
      let second = line[(first + 1)...].firstIndex(of: UInt8(ascii: ","))
    else { return [] }
    return Array(line[...second])
  }
}
