import Platform
import Testing

/// What a terminal would obey never reaches it.
struct PrintableTests {
  struct Case: Sendable {
    let text: String
    let shown: String
    let json: String
    init(_ text: String, _ shown: String, _ json: String) { (self.text, self.shown, self.json) = (text, shown, json) }
  }

  static let cases = [
    Case("plain, Ünïcode → 猫 🐈 α", "plain, Ünïcode → 猫 🐈 α", "plain, Ünïcode → 猫 🐈 α"),
    Case("\u{1B}[31mred\u{7}", "\\x1B[31mred\\x07", "\\u001b[31mred\\u0007"),
    Case("\u{9B}2J\u{85}\u{7F}", "\\x9B2J\\x85\\x7F", "\\u009b2J\\u0085\\u007f"),
    Case("a\u{202E}b\u{2066}c\u{200F}", "a\\u{202E}b\\u{2066}c\\u{200F}", "a\\u202eb\\u2066c\\u200f"),
    Case("a\r\u{8}b\0", "a\\x0D\\x08b\\x00", "a\\u000d\\u0008b\\u0000"),
    Case("a\u{2028}b\u{FEFF}", "a\\u{2028}b\\u{FEFF}", "a\\u2028b\\ufeff"),
    Case("tag\u{E0041}", "tag\\u{E0041}", "tag\\udb40\\udc41"),
    Case("two\nlines\tand a tab", "two\nlines\tand a tab", "two\nlines\tand a tab"),
    Case(PathText.text(of: Array("caf".utf8) + [0xE9]), "caf\\xE9", "caf\u{FFFD}"),
  ]

  @Test(arguments: cases) func isHarmless(test: Case) {
    #expect(Printable.text(test.text) == test.shown)
    #expect(Printable.json(test.text) == test.json)
    #expect(!Printable.line(test.text).unicodeScalars.contains { $0 == "\n" || $0 == "\t" || Printable.steers($0) })
  }

  /// Every character: what is shown is what came, or spelled in characters that do nothing.
  @Test func everyCharacter() {
    for value in 0...UInt32(0x10FFFF) {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let shown = Printable.text(String(Character(scalar)))
      if shown.unicodeScalars.contains(where: Printable.steers) {
        Issue.record("U+\(String(value, radix: 16)) gets through as \(shown.debugDescription)")
      }
    }
    for value in (0..<0x20).filter({ $0 != 9 && $0 != 10 }) + Array(0x7F...0x9F) + Array(0x202A...0x202E) {
      #expect(Printable.steers(Unicode.Scalar(UInt32(value))!))
    }
  }
}

/// Paths are bytes.
struct PathTextTests {
  static let paths: [[UInt8]] = [
    Array("plain".utf8), Array("猫/🐈".utf8), Array("caf".utf8) + [0xE9] + Array(".jpg".utf8), [0xFF, 0xFE, 0x80],
    [0xF0, 0x9F], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], Array("e\u{301}\u{10FE41}".utf8), [],
    [0xE2, 0x82, 0xAC, 0xE2, 0x82],
  ]

  @Test(arguments: paths) func nothingIsLost(path: [UInt8]) {
    let text = PathText.text(of: path)
    let bytes = PathText.withBytes(text) { pointer in
      (0...path.count).map { UInt8(bitPattern: pointer[$0]) }
    }
    #expect(bytes == path + [0])
  }

  @Test func randomBytes() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<2000 {
      let path = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
        Bool.random(using: &generator) ? UInt8.random(in: 1...255, using: &generator) : 0x61
      }
      let text = PathText.text(of: path)
      let bytes = PathText.withBytes(text) { pointer in (0..<path.count).map { UInt8(bitPattern: pointer[$0]) } }
      #expect(bytes == path, "\(path)")
    }
  }
}
