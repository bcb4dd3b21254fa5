import Glibc
import Model
import Platform

/// Reads the objects that `JSONLinesLog` writes.
///
/// Our own rows have their fields in a known order, so that each key is compared with the one expected next; fields in
/// any other order, unknown ones and white space are taken too, a little slower.
struct JSONRowReader {
  private static let keys: [[UInt8]] = LogColumn.all.map { Array("\"\($0.rawValue)\":".utf8) }

  /// Whether guesses are wanted; a report does without their strings.
  let guesses: Bool

  enum Line {
    case header(RunHeader)
    case network(NetworkFacts)
    case row
    /// A kind of line that this version does not know.
    case other
  }

  /// One line of JSON Lines.
  func read(_ bytes: UnsafeBufferPointer<UInt8>, into record: inout FrameRecord) throws(Mismatch) -> Line {
    var scanner = JSONScanner(bytes)
    let line = try readObject(&scanner, into: &record)
    try scanner.requireEnd()
    return line
  }

  func readObject(_ scanner: inout JSONScanner, into record: inout FrameRecord) throws(Mismatch) -> Line {
    let start = scanner
    try scanner.require(UInt8(ascii: "{"))
    // `type` comes first in what we write; elsewhere, look for it.
    var kind = ""
    if scanner.take(UInt8(ascii: "}")) { return .other }
    repeat {
      let key = try scanner.string()
      try scanner.require(UInt8(ascii: ":"))
      if key.bytes.elementsEqual("type".utf8), scanner.isAtString() {
        kind = try JSONScanner.text(scanner.string())
        break
      }
      try scanner.skipValue()
    } while scanner.take(UInt8(ascii: ","))
    scanner = start
    switch kind {
    case "frame":
      record.clear()
      try readFields(&scanner, into: &record)
      return .row
    case "run":
      return .header(try RunHeaderJSON.read(&scanner))
    case "network":
      return try RunHeaderJSON.readNetwork(&scanner).map { .network($0) } ?? .other
    default:
      try scanner.skipValue()
      return .other
    }
  }

  private func readFields(_ scanner: inout JSONScanner, into record: inout FrameRecord) throws(Mismatch) {
    try scanner.require(UInt8(ascii: "{"))
    if scanner.take(UInt8(ascii: "}")) { return }
    var expected = 0
    repeat {
      scanner.skipSpace()
      if expected < Self.keys.count, Self.keys[expected].withUnsafeBufferPointer({ scanner.take($0) }) {
        try readValue(LogColumn.all[expected], &scanner, into: &record)
        expected += 1
        continue
      }
      let key = try scanner.string()
      try scanner.require(UInt8(ascii: ":"))
      if key.bytes.elementsEqual("layers_us".utf8) {
        try readLayers(&scanner, into: &record)
      } else if key.bytes.elementsEqual("top".utf8), guesses {
        try readGuesses(&scanner, into: &record)
      } else if let index = LogColumn.all.firstIndex(where: { key.bytes.elementsEqual($0.rawValue.utf8) }) {
        try readValue(LogColumn.all[index], &scanner, into: &record)
        expected = index + 1
      } else {
        try scanner.skipValue()
      }
    } while scanner.take(UInt8(ascii: ","))
    try scanner.require(UInt8(ascii: "}"))
  }

  @inline(__always)
  private func readValue(
    _ column: LogColumn, _ scanner: inout JSONScanner, into record: inout FrameRecord
  ) throws(Mismatch) {
    if column.isText, scanner.isAtString() {
      let raw = try scanner.string()
      if raw.hasEscapes {
        var text = try JSONScanner.text(raw)
        let wrong = text.withUTF8 { column.set($0, in: &record) }
        if let wrong { throw Mismatch(expected: "\(wrong) in \(column.rawValue)", found: JSONScanner.shown(raw.bytes)) }
      } else if let wrong = column.set(raw.bytes, in: &record) {
        throw Mismatch(expected: "\(wrong) in \(column.rawValue)", found: JSONScanner.shown(raw.bytes))
      }
      return
    }
    guard scanner.isAtLiteral() else { throw scanner.mismatch("a plain value in \(column.rawValue)") }
    let bytes = try scanner.literal()
    if bytes[0] == UInt8(ascii: "n"), bytes.elementsEqual("null".utf8) { return }
    guard !column.isText else {
      throw Mismatch(expected: "a string in \(column.rawValue)", found: JSONScanner.shown(bytes))
    }
    if let wrong = column.set(bytes, in: &record) {
      throw Mismatch(expected: "\(wrong) in \(column.rawValue)", found: JSONScanner.shown(bytes))
    }
  }

  private func readLayers(_ scanner: inout JSONScanner, into record: inout FrameRecord) throws(Mismatch) {
    try scanner.require(UInt8(ascii: "["))
    if scanner.take(UInt8(ascii: "]")) { return }
    repeat {
      let bytes = try scanner.literal()
      guard let time = LogNumber.thousandths(bytes) else {
        throw Mismatch(
          expected: LogNumber.expected("a number", insteadOf: bytes) + " in layers_us", found: JSONScanner.shown(bytes))
      }
      guard record.layerTimes.count < LogReader.mostLayers else { throw LogReader.tooManyLayers }
      record.layerTimes.append(Nanoseconds(time))
    } while scanner.take(UInt8(ascii: ","))
    try scanner.require(UInt8(ascii: "]"))
  }

  private func readGuesses(_ scanner: inout JSONScanner, into record: inout FrameRecord) throws(Mismatch) {
    try RunHeaderJSON.readArray(&scanner) { (scanner) throws(Mismatch) in
      var guess = Prediction(classIndex: 0, label: "", probability: .nan)
      try RunHeaderJSON.readObject(&scanner) { (key, scanner) throws(Mismatch) in
        switch key {
        case "class_index":
          let bytes = try scanner.literal()
          guard let index = LogNumber.integer(bytes) else {
            throw Mismatch(
              expected: LogNumber.expected("an integer", insteadOf: bytes),
              found: JSONScanner.shown(bytes))
          }
          guess.classIndex = Int(index)
        case "label": guess.label = try JSONScanner.text(scanner.string())
        case "probability":
          let bytes = try scanner.literal()
          if bytes.elementsEqual("null".utf8) { return }
          guard let value = probability(bytes) else {
            throw Mismatch(
              expected: LogNumber.expected("a number", insteadOf: bytes),
              found: JSONScanner.shown(bytes))
          }
          guess.probability = value
        default: try scanner.skipValue()
        }
      }
      record.top.append(guess)
    }
  }
}

/// A score as the log holds it.
func probability(_ bytes: UnsafeBufferPointer<UInt8>) -> Float? {
  LogNumber.scaled(bytes, places: probabilityPlaces).map { Float(Double($0) / 1e8) }
}
