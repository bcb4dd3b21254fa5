/// Reads JSON (RFC 8259) token by token from bytes, for headers whose structure the caller knows. Never reads outside
/// `bytes`, never recurses, allocates nothing but the strings that it returns.
struct JSONScanner {
  private let bytes: UnsafeRawBufferPointer
  /// Next unread byte.
  private(set) var position = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  private func fault(_ expected: String) -> WeightFault {
    let found = position < bytes.count ? "byte \(bytes[position])" : "the end"
    return WeightFault("its JSON header is malformed: expected \(expected) at byte \(position), found \(found)")
  }

  private mutating func skipSpace() {
    while position < bytes.count, [0x20, 0x0a, 0x0d, 0x09].contains(bytes[position]) { position += 1 }
  }

  /// Takes `character` if it comes next, after white space.
  mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard position < bytes.count, UInt32(bytes[position]) == character.value else { return false }
    position += 1
    return true
  }

  mutating func expect(_ character: Unicode.Scalar) throws {
    guard take(character) else { throw fault("'\(character)'") }
  }

  mutating func expectEnd() throws {
    skipSpace()
    guard position == bytes.count else { throw fault("nothing more") }
  }

  /// `{ "key": value, … }`: `member` reads each value and is told its key; a key that comes twice is refused.
  mutating func object(_ member: (inout JSONScanner, String) throws -> Void) throws {
    try expect("{")
    if take("}") { return }
    var keys = Set<String>()
    repeat {
      let key = try string()
      guard keys.insert(key).inserted else { throw WeightFault("its JSON header names \(quoted(key)) twice") }
      try expect(":")
      try member(&self, key)
    } while take(",")
    try expect("}")
  }

  /// `[1, 2, …]`: whole numbers from 0 to 2^53, at most `limit` of them.
  mutating func wholeNumbers(limit: Int) throws -> [Int] {
    try expect("[")
    var numbers: [Int] = []
    if take("]") { return numbers }
    repeat {
      guard numbers.count < limit else { throw fault("at most \(limit) numbers") }
      numbers.append(try wholeNumber())
    } while take(",")
    try expect("]")
    return numbers
  }

  private mutating func wholeNumber() throws -> Int {
    skipSpace()
    let start = position
    var value = 0
    while position < bytes.count, (0x30...0x39).contains(bytes[position]) {
      value = value * 10 + Int(bytes[position] - 0x30)
      guard value <= 1 << 53 else { throw fault("a number below 2^53") }
      position += 1
    }
    guard position > start else { throw fault("a whole number") }
    guard position == start + 1 || bytes[start] != 0x30 else { throw fault("a number without leading zeros") }
    return value
  }

  mutating func string() throws -> String {
    try expect("\"")
    var text: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      switch byte {
      case 0x22:
        position += 1
        guard let string = String(validating: text, as: UTF8.self) else { throw fault("UTF-8 text before this") }
        return string
      case 0x5c:
        position += 1
        text += Array(String(try escaped()).utf8)
      case 0..<0x20:
        throw fault("no control character in a string")
      default:
        text.append(byte)
        position += 1
      }
    }
    throw fault("'\"'")
  }

  private mutating func escaped() throws -> Unicode.Scalar {
    guard position < bytes.count else { throw fault("an escape") }
    let byte = bytes[position]
    if byte != UInt8(ascii: "u") {
      let plain: [UInt8: Unicode.Scalar] = [
        0x22: "\"", 0x5c: "\\", 0x2f: "/", 0x62: "\u{8}", 0x66: "\u{c}", 0x6e: "\n", 0x72: "\r", 0x74: "\t",
      ]
      guard let scalar = plain[byte] else { throw fault("an escape") }
      position += 1
      return scalar
    }
    let high = try unicodeUnit()
    if let scalar = Unicode.Scalar(high) { return scalar }
    // Not a scalar: the first half of a surrogate pair, or wrong.
    guard high < 0xdc00, position < bytes.count, bytes[position] == 0x5c else { throw fault("a surrogate pair") }
    position += 1
    let low = try unicodeUnit()
    guard (0xdc00...0xdfff).contains(low), let scalar = Unicode.Scalar(0x10000 + (high - 0xd800) << 10 + (low - 0xdc00))
    else { throw fault("a surrogate pair") }
    return scalar
  }

  /// `uXXXX`
  private mutating func unicodeUnit() throws -> UInt32 {
    guard bytes.count - position >= 5, bytes[position] == UInt8(ascii: "u") else { throw fault("uXXXX") }
    var unit: UInt32 = 0
    for byte in bytes[position + 1..<position + 5] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else { throw fault("uXXXX") }
      unit = unit << 4 | UInt32(digit)
    }
    position += 5
    return unit
  }
}
