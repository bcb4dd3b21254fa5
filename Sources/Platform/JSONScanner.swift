import FoundationEssentials
import Glibc

/// What stood at some place of a file where something else should have.
public struct Mismatch: Error {
  public var expected: String
  public var found: String

  public init(expected: String, found: String) {
    self.expected = expected
    self.found = found
  }

  /// The first bytes of what was found, in quotes.
  public init(expected: String, at bytes: UnsafeBufferPointer<UInt8>) {
    let text = String(decoding: bytes.prefix(24), as: UTF8.self)
    self.init(expected: expected, found: "'\(Printable.line(text))\(bytes.count > 24 ? "…" : "")'")
  }
}

/// Reads JSON (RFC 8259) token by token, in place, and allocates nothing but the strings that it returns. The text must end
/// in a line end, which no string or number may hold, so that no step needs to look for the end.
///
/// Beside FoundationEssentials' decoder, since that says neither where nor why a text cannot be read, and rows of logs have
/// to be read in a microsecond.
@frozen public struct JSONScanner {
  @usableFromInline let start: UnsafePointer<UInt8>
  public var place: UnsafePointer<UInt8>

  /// - Parameter line: ends in `\n`, so that there is a first byte; outlives the scanner.
  @inlinable public init(_ line: UnsafeBufferPointer<UInt8>) {
    start = line.baseAddress!
    place = start
  }

  /// Reads a text, which may have several lines.
  public static func read<T>(
    _ text: some Collection<UInt8>, _ body: (inout JSONScanner) throws(Mismatch) -> T
  ) throws(Mismatch) -> T {
    let line = text.map { $0 == 10 ? 32 : $0 } + [10]
    return try line.withUnsafeBufferPointer { (bytes) throws(Mismatch) in
      var scanner = JSONScanner(bytes)
      return try body(&scanner)
    }
  }

  /// Bytes read so far.
  public var offset: Int { place - start }

  /// A string's bytes as they stand between its quotation marks.
  @frozen public struct RawString {
    public var bytes: UnsafeBufferPointer<UInt8>
    public var hasEscapes: Bool
  }

  // MARK: Tokens

  @inlinable @inline(__always)
  public mutating func skipSpace() {
    while place.pointee == 32 || place.pointee == 9 || place.pointee == 13 { place += 1 }
  }

  /// Takes `byte` if it comes next.
  @inlinable @inline(__always)
  public mutating func take(_ byte: UInt8) -> Bool {
    skipSpace()
    guard place.pointee == byte else { return false }
    place += 1
    return true
  }

  public mutating func require(_ byte: UInt8) throws(Mismatch) {
    guard take(byte) else { throw mismatch("'\(Character(Unicode.Scalar(byte)))'") }
  }

  /// Takes exactly these bytes if they come next.
  @inlinable @inline(__always)
  public mutating func take(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    for index in 0..<bytes.count where place[index] != bytes[index] { return false }
    place += bytes.count
    return true
  }

  @inlinable public mutating func isAtString() -> Bool {
    skipSpace()
    return place.pointee == UInt8(ascii: "\"")
  }

  public mutating func rawString() throws(Mismatch) -> RawString {
    guard isAtString() else { throw mismatch("a string") }
    place += 1
    let first = place
    var hasEscapes = false
    while place.pointee != UInt8(ascii: "\"") {
      if place.pointee == UInt8(ascii: "\\") {
        hasEscapes = true
        place += 1
      }
      if place.pointee < 32 { throw mismatch("a string's end") }
      place += 1
    }
    defer { place += 1 }
    return RawString(bytes: UnsafeBufferPointer(start: first, count: place - first), hasEscapes: hasEscapes)
  }

  /// Whether a value that is no string, object or array comes next.
  @inlinable public mutating func isAtLiteral() -> Bool {
    skipSpace()
    return Self.isLiteral(place.pointee)
  }

  /// The bytes of a number, `true`, `false` or `null`.
  @inlinable @inline(__always)
  public mutating func literal() throws(Mismatch) -> UnsafeBufferPointer<UInt8> {
    skipSpace()
    let first = place
    while Self.isLiteral(place.pointee) { place += 1 }
    guard place > first else { throw mismatch("a number, true, false or null") }
    return UnsafeBufferPointer(start: first, count: place - first)
  }

  @inlinable @inline(__always)
  static func isLiteral(_ byte: UInt8) -> Bool {
    (byte >= 48 && byte <= 57) || byte == 46 || byte == 45 || byte == 43 || (byte >= 97 && byte <= 122)
      || (byte >= 65 && byte <= 90)
  }

  /// Takes `null` if it comes next.
  public mutating func takeNull() -> Bool {
    skipSpace()
    guard strncmp(place, "null", 4) == 0, !Self.isLiteral(place[4]) else { return false }
    place += 4
    return true
  }

  // MARK: Values

  /// `field` reads each value and is told its key.
  public mutating func object(
    _ field: (String, inout JSONScanner) throws(Mismatch) -> Void
  ) throws(Mismatch) {
    try require(UInt8(ascii: "{"))
    if take(UInt8(ascii: "}")) { return }
    repeat {
      let key = try string()
      try require(UInt8(ascii: ":"))
      do throws(Mismatch) { try field(key, &self) } catch {
        throw Mismatch(expected: "\(error.expected) in \(key.prefix(40))", found: error.found)
      }
    } while take(UInt8(ascii: ","))
    try require(UInt8(ascii: "}"))
  }

  public mutating func array(_ element: (inout JSONScanner) throws(Mismatch) -> Void) throws(Mismatch) {
    try require(UInt8(ascii: "["))
    if take(UInt8(ascii: "]")) { return }
    repeat { try element(&self) } while take(UInt8(ascii: ","))
    try require(UInt8(ascii: "]"))
  }

  public mutating func string() throws(Mismatch) -> String { try Self.text(rawString()) }

  public mutating func skipValue(depth: Int = 0) throws(Mismatch) {
    skipSpace()
    switch place.pointee {
    case UInt8(ascii: "\""): _ = try rawString()
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      let isObject = place.pointee == UInt8(ascii: "{")
      let end = isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
      guard depth < 64 else { throw mismatch("at most 64 levels of nesting") }
      place += 1
      if take(end) { return }
      repeat {
        if isObject {
          _ = try rawString()
          try require(UInt8(ascii: ":"))
        }
        try skipValue(depth: depth + 1)
      } while take(UInt8(ascii: ","))
      try require(end)
    default:
      let bytes = try literal()
      guard bytes[0] == UInt8(ascii: "-") || bytes[0] &- 48 < 10 || isWord(bytes) else {
        throw Mismatch(expected: "a number, true, false or null", at: bytes)
      }
    }
  }

  private func isWord(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    ["null", "true", "false"].contains { bytes.elementsEqual($0.utf8) }
  }

  /// Nothing but white space may follow.
  public mutating func requireEnd() throws(Mismatch) {
    skipSpace()
    guard place.pointee == UInt8(ascii: "\n") else { throw mismatch("the line's end") }
  }

  public func mismatch(_ expected: String) -> Mismatch {
    let rest = UnsafeBufferPointer(start: place, count: min(24, strcspn(place, "\n")))
    return rest.isEmpty ? Mismatch(expected: expected, found: "the line's end") : Mismatch(expected: expected, at: rest)
  }

  /// A literal as a number; `nil` for any other.
  public static func number(_ bytes: UnsafeBufferPointer<UInt8>) -> Double? {
    guard let first = bytes.first, first == 45 || (first >= 48 && first <= 57),
      // Swift also knows hexadecimal numbers, infinity and not-a-number.
      bytes.allSatisfy({ ($0 >= 48 && $0 <= 57) || $0 == 43 || $0 == 45 || $0 == 46 || $0 == 69 || $0 == 101 })
    else { return nil }
    return Double(String(decoding: bytes, as: UTF8.self))
  }

  /// The string that stands between quotation marks, its escapes resolved.
  public static func text(_ raw: RawString) throws(Mismatch) -> String {
    guard raw.hasEscapes else { return String(decoding: raw.bytes, as: UTF8.self) }
    // Rare, and a matter of its own (RFC 8259, section 7).
    let text = Data("[\"".utf8) + Data(raw.bytes) + Data("\"]".utf8)
    guard let strings = try? JSONDecoder().decode([String].self, from: text), strings.count == 1 else {
      throw Mismatch(expected: "a string of JSON", at: raw.bytes)
    }
    return strings[0]
  }
}
