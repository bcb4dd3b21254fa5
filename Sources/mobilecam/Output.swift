import FoundationEssentials
import Platform

/// A value that JSON tells as null where there is none.
struct OrNull<Value: Encodable>: Encodable {
  let value: Value?
  init(_ value: Value?) { self.value = value }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let value { try container.encode(value) } else { try container.encodeNil() }
  }
}

/// JSON on standard output, numbers that are none as null; keys in the order in which the types name them being of no meaning: sorted.
func printJSON(_ value: some Encodable) throws {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
  encoder.keyEncodingStrategy = .convertToSnakeCase
  // JSON has no words for what is no number; that it is unknown it can say. No text of ours holds the mark.
  let mark = "\u{F8FF}not finite\u{F8FF}"
  encoder.nonConformingFloatEncodingStrategy = .convertToString(
    positiveInfinity: mark, negativeInfinity: mark, nan: mark)
  let text = String(decoding: try encoder.encode(value), as: UTF8.self)
  try Output.print(json: text.contains(mark) ? text.replacing("\"\(mark)\"", with: "null") : text)
}
