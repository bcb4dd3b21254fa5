import Platform

/// Reads the objects that `JSONLinesLog` writes.
struct JSONRowReader {
  private let fields: [LogField<FrameRecord>]

  /// - Parameter guesses: whether they are wanted; a report does without their strings.
  init(guesses: Bool) { fields = guesses ? FrameRecord.fields : FrameRecord.fieldsButGuesses }

  /// One line of JSON Lines.
  func read(_ bytes: UnsafeBufferPointer<UInt8>, into record: inout FrameRecord) throws(Mismatch) -> LogReader.Item? {
    var scanner = JSONScanner(bytes)
    let item = try readObject(&scanner, into: &record)
    try scanner.requireEnd()
    return item
  }

  /// - Returns: `nil` for a kind of object that this version does not know.
  func readObject(_ scanner: inout JSONScanner, into record: inout FrameRecord) throws(Mismatch) -> LogReader.Item? {
    switch try kind(scanner) {
    case "frame":
      record.clear()
      try LogField.read(fields, &scanner, into: &record)
      return .row
    case "run":
      return .header(try RunObject.readHeader(&scanner))
    case "network":
      return try RunObject.readNetwork(&scanner).map { .network($0) }
    default:
      try scanner.skipValue()
      return nil
    }
  }

  /// The field `type`: comes first in what we write; elsewhere, it is looked for.
  private func kind(_ scanner: JSONScanner) throws(Mismatch) -> String? {
    var scanner = scanner
    try scanner.require(UInt8(ascii: "{"))
    if scanner.take(UInt8(ascii: "}")) { return nil }
    repeat {
      let key = try scanner.rawString().bytes
      try scanner.require(UInt8(ascii: ":"))
      if key.elementsEqual("type".utf8), scanner.isAtString() { return try scanner.string() }
      try scanner.skipValue()
    } while scanner.take(UInt8(ascii: ","))
    return nil
  }
}

extension FrameRecord {
  /// As new, but with its buffers.
  mutating func clear() {
    var top = exchange(&self.top, with: [])
    var layers = exchange(&layerTimes, with: [])
    top.removeAll(keepingCapacity: true)
    layers.removeAll(keepingCapacity: true)
    self = FrameRecord()
    self.top = top
    layerTimes = layers
  }
}
