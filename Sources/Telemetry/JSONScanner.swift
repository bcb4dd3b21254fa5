import Glibc

/// What a line of a log should have held at some place, and what it held.
struct Mismatch: Error {
  var expected: String
  var found: String
}

/// Reads JSON from one line, in place and without allocating. The line must end in a newline, which no JSON string or
/// number may contain, so that no step needs to look for the end.
struct JSONScanner {
  private(set) var place: UnsafePointer<UInt8>

  /// - Parameter line: ends in `\n`.
  init(_ line: UnsafeBufferPointer<UInt8>) { place = line.baseAddress! }

  /// A string's bytes as they stand between its quotation marks.
  struct RawString {
    var bytes: UnsafeBufferPointer<UInt8>
    var hasEscapes: Bool
  }

  @inline(__always)
  mutating func skipSpace() {
    while place.pointee == 32 || place.pointee == 9 || place.pointee == 13 { place += 1 }
  }

  /// Takes `byte` if it comes next.
  @inline(__always)
  mutating func take(_ byte: UInt8) -> Bool {
    skipSpace()
    guard place.pointee == byte else { return false }
    place += 1
    return true
  }

  mutating func require(_ byte: UInt8) throws(Mismatch) {
    guard take(byte) else { throw mismatch("'\(Character(Unicode.Scalar(byte)))'") }
  }

  /// Takes exactly these bytes if they come next.
  @inline(__always)
  mutating func take(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    for index in 0..<bytes.count where place[index] != bytes[index] { return false }
    place += bytes.count
    return true
  }

  mutating func string() throws(Mismatch) -> RawString {
    skipSpace()
    guard place.pointee == UInt8(ascii: "\"") else { throw mismatch("a string") }
    place += 1
    let start = place
    var hasEscapes = false
    while true {
      let byte = place.pointee
      if byte == UInt8(ascii: "\"") { break }
      if byte < 32 { throw mismatch("a string's end") }
      if byte == UInt8(ascii: "\\") {
        hasEscapes = true
        place += 1
        if place.pointee < 32 { throw mismatch("a string's end") }
      }
      place += 1
    }
    let bytes = UnsafeBufferPointer(start: start, count: place - start)
    place += 1
    return RawString(bytes: bytes, hasEscapes: hasEscapes)
  }

  /// The bytes of a number, `true`, `false` or `null`.
  @inline(__always)
  mutating func literal() throws(Mismatch) -> UnsafeBufferPointer<UInt8> {
    skipSpace()
    let start = place
    while Self.isLiteral(place.pointee) { place += 1 }
    guard place > start else { throw mismatch("a number, true, false or null") }
    return UnsafeBufferPointer(start: start, count: place - start)
  }

  @inline(__always)
  private static func isLiteral(_ byte: UInt8) -> Bool {
    (byte >= 48 && byte <= 57) || byte == 46 || byte == 45 || byte == 43 || (byte >= 97 && byte <= 122)
      || (byte >= 65 && byte <= 90)
  }

  /// Whether a value that is no string, object or array comes next.
  mutating func isAtLiteral() -> Bool {
    skipSpace()
    return Self.isLiteral(place.pointee)
  }

  mutating func isAtString() -> Bool {
    skipSpace()
    return place.pointee == UInt8(ascii: "\"")
  }

  mutating func skipValue(depth: Int = 0) throws(Mismatch) {
    skipSpace()
    switch place.pointee {
    case UInt8(ascii: "\""): _ = try string()
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      let isObject = place.pointee == UInt8(ascii: "{")
      let end = isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
      guard depth < 64 else { throw mismatch("at most 64 levels of nesting") }
      place += 1
      if take(end) { return }
      repeat {
        if isObject {
          _ = try string()
          try require(UInt8(ascii: ":"))
        }
        try skipValue(depth: depth + 1)
      } while take(UInt8(ascii: ","))
      try require(end)
    default:
      let bytes = try literal()
      guard Self.isWord(bytes) || LogNumber.isNumber(bytes) else {
        throw Mismatch(expected: "a number, true, false or null", found: Self.shown(bytes))
      }
    }
  }

  private static func isWord(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    bytes.elementsEqual("null".utf8) || bytes.elementsEqual("true".utf8) || bytes.elementsEqual("false".utf8)
  }

  /// Nothing but white space may follow.
  mutating func requireEnd() throws(Mismatch) {
    skipSpace()
    guard place.pointee == UInt8(ascii: "\n") else { throw mismatch("the line's end") }
  }

  func mismatch(_ expected: String) -> Mismatch {
    var end = place
    while end.pointee != UInt8(ascii: "\n"), end - place < 24 { end += 1 }
    let rest = UnsafeBufferPointer(start: place, count: end - place)
    return Mismatch(expected: expected, found: rest.isEmpty ? "the line's end" : Self.shown(rest))
  }

  static func shown(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
    let text = String(decoding: bytes.prefix(24), as: UTF8.self)
    return "'\(text)\(bytes.count > 24 ? "…" : "")'"
  }

  /// The string that stands between quotation marks, its escapes resolved.
  static func text(_ raw: RawString) throws(Mismatch) -> String {
    guard raw.hasEscapes else { return String(decoding: raw.bytes, as: UTF8.self) }
    var bytes: [UInt8] = []
    var units: [UInt16] = []
    var index = 0
    func flush() {
      bytes += String(decoding: units, as: UTF16.self).utf8
      units.removeAll()
    }
    while index < raw.bytes.count {
      let byte = raw.bytes[index]
      index += 1
      guard byte == UInt8(ascii: "\\") else {
        if !units.isEmpty { flush() }
        bytes.append(byte)
        continue
      }
      let escape = raw.bytes[index]
      index += 1
      if escape == UInt8(ascii: "u") {
        let digits = String(decoding: raw.bytes[index..<min(index + 4, raw.bytes.count)], as: UTF8.self)
        guard digits.utf8.count == 4, let unit = UInt16(digits, radix: 16) else {
          throw Mismatch(expected: "four hexadecimal digits after \\u", found: "'\(digits)'")
        }
        units.append(unit)
        index += 4
        continue
      }
      if !units.isEmpty { flush() }
      switch escape {
      case UInt8(ascii: "n"): bytes.append(10)
      case UInt8(ascii: "r"): bytes.append(13)
      case UInt8(ascii: "t"): bytes.append(9)
      case UInt8(ascii: "b"): bytes.append(8)
      case UInt8(ascii: "f"): bytes.append(12)
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(escape)
      default:
        throw Mismatch(expected: "an escape of JSON", found: "'\\\(Character(Unicode.Scalar(escape)))'")
      }
    }
    if !units.isEmpty { flush() }
    return String(decoding: bytes, as: UTF8.self)
  }
}
