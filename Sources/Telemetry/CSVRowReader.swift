import Model
import Platform

/// Reads the rows that `CSVLog` writes, by the names in the header row: columns may stand in any order, unknown ones are
/// skipped, and of a table that lost columns what is left is read.
struct CSVRowReader {
  private enum Field {
    case schema
    case runID
    case column(LogField<FrameRecord>)
    case guess(rank: Int, LogField<Prediction>)
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
      throw Mismatch(expected: "the header row of a mobilecam log (schema,run_id,…)", at: Self.content(line))
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
    if let column = FrameRecord.columns.first(where: { $0.name == name }) { return .column(column) }
    for rank in 0..<FrameRecord.topCount {
      for (column, field) in zip(CSVLog.guessColumns, Prediction.fields)
      where name == "top\(rank + 1)_\(column)" {
        return .guess(rank: rank, field.renamed(name))
      }
    }
    guard name.hasSuffix(CSVLog.layerSuffix) else { return .skipped }
    guard layerNames.count < RunHeader.mostLayers else {
      throw Mismatch(expected: "at most \(RunHeader.mostLayers) layers", found: "more")
    }
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
    case .schema: schema = Int(try LogNumber.units(bytes, places: 0))
    case .runID:
      guard bytes.count <= 1 << 16 else { throw Mismatch(expected: "a run_id of at most 64 kB", at: bytes) }
      // Almost always the same: compare before a string is made.
      if !bytes.elementsEqual(runID.utf8) { runID = String(decoding: bytes, as: UTF8.self) }
    case .column(let column):
      if !bytes.isEmpty { try column.read(bytes, into: &record) }
    case .layer:
      if !bytes.isEmpty { record.layerTimes.append(Nanoseconds(try LogNumber.units(bytes, places: 3))) }
    case .guess(let rank, let field):
      guard guesses, !bytes.isEmpty else { return }
      while record.top.count <= rank { record.top.append(.unknown) }
      try field.read(bytes, into: &record.top[rank])
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
        try field.withUnsafeBufferPointer { (bytes) throws(Mismatch) in try body(&self, index, bytes) }
        unquoted = field
      } else {
        let start = place
        while place < row.count, row[place] != UInt8(ascii: ",") { place += 1 }
        try body(&self, index, UnsafeBufferPointer(rebasing: row[start..<place]))
      }
      index += 1
      guard place < row.count else { return index }
      guard row[place] == UInt8(ascii: ",") else {
        throw Mismatch(expected: "a comma after field \(index)", at: UnsafeBufferPointer(rebasing: row[place...]))
      }
      place += 1
    }
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
