/// The width multiplier α (paper section 3.3): every layer's channels are `max(Int(c × α), 8)`.
public enum Alpha: Double, Sendable, Hashable, CaseIterable, Comparable {
  case quarter = 0.25
  case half = 0.5
  case threeQuarters = 0.75
  case one = 1.0

  public static func < (a: Alpha, b: Alpha) -> Bool { a.rawValue < b.rawValue }

  /// `0.25`, `0.5`, `0.75`, `1.0`: as in the names of the official files.
  public var name: String { "\(rawValue)" }

  /// Among `allCases`.
  var index: Int { Int(rawValue * 4) - 1 }

  public func channels(_ base: Int) -> Int { max(Int(Double(base) * rawValue), 8) }
}
