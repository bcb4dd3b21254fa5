import Foundation

/// JSON as a test looks into it: every step that is not there is nil.
struct JSON {
  let value: Any?

  init(_ text: some StringProtocol) throws {
    value = try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
  }
  private init(any: Any?) { value = any }

  subscript(key: String) -> JSON { JSON(any: (value as? [String: Any])?[key]) }
  subscript(index: Int) -> JSON {
    let array = value as? [Any]
    return JSON(any: array.flatMap { $0.indices.contains(index) ? $0[index] : nil })
  }
  var array: [JSON] { (value as? [Any] ?? []).map { JSON(any: $0) } }
  /// There, and null.
  var isNull: Bool { value is NSNull }
  var isArray: Bool { value is [Any] }
  var isObject: Bool { value is [String: Any] }
  var string: String? { value as? String }
  var double: Double? { (value as? NSNumber)?.doubleValue }
  var int: Int? { double.map { Int($0) } }
  var bool: Bool? { value as? Bool }
}
