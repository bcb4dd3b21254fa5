/// Text on its way to a person. Bytes that are not ours (a file's name, a camera's, a label, a server's words) must not
/// steer the terminal that shows them.
public enum Printable {
  /// `text` with everything that a terminal would obey, or that would hide or reorder what follows, spelled out: `\x1B`,
  /// `\u{202E}`; a byte of a path that is no UTF-8 as `\xE9`. Line ends and tabs stay.
  public static func text(_ text: String) -> String {
    spelled(text) {
      "\\x\(hexadecimal(UInt32($0), 2))"
    } steering: { scalar in
      scalar.value < 0x100 ? "\\x\(hexadecimal(scalar.value, 2))" : "\\u{\(hexadecimal(scalar.value, 4))}"
    }
  }

  /// The same on one line: line ends and tabs are spelled out too. For what stands inside a message or a table.
  public static func line(_ text: String) -> String {
    let safe = Self.text(text)
    guard safe.unicodeScalars.contains(where: { $0 == "\n" || $0 == "\t" }) else { return safe }
    return String(safe.unicodeScalars.map { $0 == "\n" ? "\\n" : $0 == "\t" ? "\\t" : String($0) }.joined())
  }

  /// JSON whose strings hold no character that steers a terminal: all that would is written as `\u202e`, which a reader of
  /// JSON turns back. A byte of a path that is no UTF-8 becomes U+FFFD, since JSON is text.
  public static func json(_ json: String) -> String {
    spelled(json) { _ in
      "\u{FFFD}"
    } steering: { scalar in
      String(scalar).utf16.map { "\\u\(hexadecimal(UInt32($0), 4).lowercased())" }.joined()
    }
  }

  private static func spelled(
    _ text: String, byte: (UInt8) -> String, steering: (Unicode.Scalar) -> String
  ) -> String {
    if isHarmless(text) { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if let rawByte = PathText.byte(of: scalar) {
        result.append(contentsOf: byte(rawByte).unicodeScalars)
      } else if steers(scalar) {
        result.append(contentsOf: steering(scalar).unicodeScalars)
      } else {
        result.append(scalar)
      }
    }
    return String(result)
  }

  /// Whether a terminal may do something else with it than show it where it stands: C0 and C1 controls, bidirectional
  /// controls, separators, and everything that cannot be seen (format characters, noncharacters).
  public static func steers(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return (scalar.value < 0x20 && scalar != "\n" && scalar != "\t") || scalar.value == 0x7F }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: return true
    default: return scalar.properties.isNoncharacterCodePoint
    }
  }

  /// The usual case, decided without a copy.
  private static func isHarmless(_ text: String) -> Bool {
    text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F || $0 == 0x0A }
      || !text.unicodeScalars.contains { steers($0) || PathText.byte(of: $0) != nil }
  }

  private static func hexadecimal(_ value: UInt32, _ digits: Int) -> String {
    let text = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}
