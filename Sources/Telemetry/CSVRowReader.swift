import Model
import Platform

/// Reads the rows that `CSVLog` writes, by the names in the header row: columns may stand in any order, unknown ones are
/// skipped, and of a table that lost columns what is left is read.
struct CSVRowReader {
  private enum Field {
    case schema
    case runID
    case column(LogColumn)
    case guessClass(Int)
    case guessLabel(Int)
    case guessProbability(Int)
    case layer
    case skipped
  }

  let guesses: Bool
  private var fields: [Field] = []
  private(set) var layerNames: [String] = []
  /// What the row just read said of itself.
  private(set) var runID = ""
  private(set) var schema = RunHeader.currentSchema
  /// Where a quoted field is put together.
  private var unquoted: [UInt8] = []

  init(guesses: Bool) { self.guesses = guesses }

  var hasHeader: Bool { !fields.isEmpty }

  static func isHeader(_ line: UnsafeBufferPointer<UInt8>) -> Bool { line.starts(with: "schema,run_id,".utf8) }

  mutating func readHeader(_ line: UnsafeBufferPointer<UInt8>) throws(Mismatch) {
    guard Self.isHeader(line) else {
      throw Mismatch(
        expected: "the header row of a mobilecam log (schema,run_id,…)", found: JSONScanner.shown(Self.content(line)))
    }
    fields = []
    layerNames = []
    try forEachField(line) { (reader, _, bytes) throws(Mismatch) in
      let name = String(decoding: bytes, as: UTF8.self)
      reader.fields.append(try reader.field(name))
    }
  }

  private mutating func field(_ name: String) throws(Mismatch) -> Field {
    if name == "schema" { return .schema }
    if name == "run_id" { return .runID }
    if let column = LogColumn(rawValue: name) { return .column(column) }
    for rank in 0..<FrameRecord.topCount {
      if name == "top\(rank + 1)_class" { return .guessClass(rank) }
      if name == "top\(rank + 1)_label" { return .guessLabel(rank) }
      if name == "top\(rank + 1)_probability" { return .guessProbability(rank) }
    }
    guard name.hasSuffix(CSVLog.layerSuffix) else { return .skipped }
    guard layerNames.count < LogReader.mostLayers else { throw LogReader.tooManyLayers }
    layerNames.append(String(name.dropLast(CSVLog.layerSuffix.count)))
    return .layer
  }

  mutating func readRow(_ line: UnsafeBufferPointer<UInt8>, into record: inout FrameRecord) throws(Mismatch) {
    record.clear()
    let count = try forEachField(line) { (reader, index, bytes) throws(Mismatch) in
      guard index < reader.fields.count else { return }
      try reader.read(bytes, reader.fields[index], into: &record)
    }
    guard count == fields.count else {
      throw Mismatch(expected: "\(fields.count) fields", found: "\(count)")
    }
  }

  private mutating func read(
    _ bytes: UnsafeBufferPointer<UInt8>, _ field: Field, into record: inout FrameRecord
  ) throws(Mismatch) {
    switch field {
    case .skipped: return
    case .schema:
      guard let value = LogNumber.integer(bytes) else {
        throw Mismatch(
          expected: LogNumber.expected("an integer", insteadOf: bytes) + " in schema", found: JSONScanner.shown(bytes))
      }
      schema = Int(value)
    case .runID:
      guard bytes.count <= RunHeaderJSON.longestText else {
        throw Mismatch(expected: "a run_id of at most 64 kB", found: JSONScanner.shown(bytes))
      }
      // Almost always the same: compare before a string is made.
      if !bytes.elementsEqual(runID.utf8) { runID = String(decoding: bytes, as: UTF8.self) }
    case .column(let column):
      guard !bytes.isEmpty else { return }
      if let wrong = column.set(bytes, in: &record) {
        throw Mismatch(expected: "\(wrong) in \(column.rawValue)", found: JSONScanner.shown(bytes))
      }
    case .layer:
      guard !bytes.isEmpty else { return }
      guard let time = LogNumber.thousandths(bytes) else {
        throw Mismatch(
          expected: LogNumber.expected("a number", insteadOf: bytes) + " in a layer's column",
          found: JSONScanner.shown(bytes))
      }
      record.layerTimes.append(Nanoseconds(time))
    case .guessClass(let rank):
      guard guesses, !bytes.isEmpty else { return }
      guard let value = LogNumber.integer(bytes) else {
        throw Mismatch(
          expected: LogNumber.expected("an integer", insteadOf: bytes) + " in top\(rank + 1)_class",
          found: JSONScanner.shown(bytes))
      }
      record.top.append(Prediction(classIndex: Int(value), label: "", probability: .nan))
    case .guessLabel(let rank):
      guard guesses, rank < record.top.count else { return }
      record.top[rank].label = String(decoding: bytes, as: UTF8.self)
    case .guessProbability(let rank):
      guard guesses, !bytes.isEmpty, rank < record.top.count else { return }
      guard let value = probability(bytes) else {
        throw Mismatch(
          expected: LogNumber.expected("a number", insteadOf: bytes) + " in top\(rank + 1)_probability",
          found: JSONScanner.shown(bytes))
      }
      record.top[rank].probability = value
    }
  }

  private static func content(_ line: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
    var count = line.count
    while count > 0, line[count - 1] == 10 || line[count - 1] == 13 { count -= 1 }
    return UnsafeBufferPointer(rebasing: line[..<count])
  }

  /// Splits a row as RFC 4180 has it. Returns the number of fields.
  @discardableResult
  private mutating func forEachField(
    _ line: UnsafeBufferPointer<UInt8>,
    _ body: (inout Self, Int, UnsafeBufferPointer<UInt8>) throws(Mismatch) -> Void
  ) throws(Mismatch) -> Int {
    let row = Self.content(line)
    var place = 0
    var index = 0
    while true {
      if place < row.count, row[place] == UInt8(ascii: "\"") {
        place = try readQuoted(row, from: place + 1)
        let field = exchange(&unquoted, with: [])
        try withBytes(field) { (reader, bytes) throws(Mismatch) in try body(&reader, index, bytes) }
        unquoted = field
      } else {
        let start = place
        while place < row.count, row[place] != UInt8(ascii: ",") { place += 1 }
        try body(&self, index, UnsafeBufferPointer(rebasing: row[start..<place]))
      }
      index += 1
      guard place < row.count else { return index }
      guard row[place] == UInt8(ascii: ",") else {
        throw Mismatch(
          expected: "a comma after field \(index)",
          found: JSONScanner.shown(UnsafeBufferPointer(rebasing: row[place...])))
      }
      place += 1
    }
  }

  private mutating func withBytes(
    _ bytes: [UInt8], _ body: (inout Self, UnsafeBufferPointer<UInt8>) throws(Mismatch) -> Void
  ) throws(Mismatch) {
    var failure: Mismatch?
    bytes.withUnsafeBufferPointer { buffer in
      do throws(Mismatch) { try body(&self, buffer) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// Puts the field into `unquoted`; returns the place behind its closing quotation mark.
  private mutating func readQuoted(_ row: UnsafeBufferPointer<UInt8>, from start: Int) throws(Mismatch) -> Int {
    unquoted.removeAll(keepingCapacity: true)
    var place = start
    while place < row.count {
      if row[place] == UInt8(ascii: "\"") {
        guard place + 1 < row.count, row[place + 1] == UInt8(ascii: "\"") else { return place + 1 }
        place += 1
      }
      unquoted.append(row[place])
      place += 1
    }
    throw Mismatch(expected: "a closing quotation mark", found: "the row's end")
  }
}
