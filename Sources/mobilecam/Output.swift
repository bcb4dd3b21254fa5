import FoundationEssentials
import Platform

/// JSON on standard output, numbers that are none as null; keys in the order in which the types name them being of no meaning: sorted.
func printJSON(_ value: some Encodable, pretty: Bool = true) throws {
  let encoder = JSONEncoder()
  encoder.outputFormatting = pretty ? [.prettyPrinted, .sortedKeys] : [.sortedKeys]
  encoder.keyEncodingStrategy = .convertToSnakeCase
  // JSON has no words for what is no number; that it is unknown it can say. No text of ours holds the mark.
  let mark = "\u{F8FF}not finite\u{F8FF}"
  encoder.nonConformingFloatEncodingStrategy = .convertToString(
    positiveInfinity: mark, negativeInfinity: mark, nan: mark)
  let text = String(decoding: try encoder.encode(value), as: UTF8.self)
  try Output.print(json: text.contains(mark) ? text.replacing("\"\(mark)\"", with: "null") : text)
}

/// A number with a fixed count of decimals, whatever the locale says.
func fixed(_ x: Double, _ decimals: Int) -> String {
  guard x.isFinite else { return "–" }
  var scale = 1.0
  for _ in 0..<decimals { scale *= 10 }
  let scaled = (abs(x) * scale).rounded()
  guard scaled < 9e15 else { return "\(x)" }
  let digits = String(Int(scaled))
  let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
  let sign = x < 0 && scaled > 0 ? "-" : ""
  return sign + padded.dropLast(decimals) + (decimals > 0 ? "." + padded.suffix(decimals) : "")
}

/// Text in a column: right-aligned for numbers, left-aligned for words.
func right(_ text: String, _ width: Int) -> String { String(repeating: " ", count: max(0, width - text.count)) + text }
func left(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }
