/// What the user turns with two keys: α and the side of the input.
public struct NetworkPair: Sendable, Hashable {
  public var alpha: Alpha
  /// Pixels.
  public var resolution: Int

  public init(alpha: Alpha, resolution: Int) {
    self.alpha = alpha
    self.resolution = resolution
  }

  /// The paper's sixteen, α and resolution falling.
  public static let standard: [NetworkPair] = Alpha.allCases.sorted(by: >).flatMap { alpha in
    Architecture.standardResolutions.map { NetworkPair(alpha: alpha, resolution: $0) }
  }

  /// `α 0.5 at 160`
  public var name: String { "α \(alpha.name) at \(resolution)" }
}

/// A pair and the numbers that it is computed in.
public struct NetworkChoice: Sendable, Hashable {
  public var pair: NetworkPair
  /// `fp32`, `int8`, `bf16`.
  public var precision: String

  public init(pair: NetworkPair, precision: String) {
    self.pair = pair
    self.precision = precision
  }

  /// `α 0.5 at 160 int8`
  public var name: String { "\(pair.name) \(precision)" }

  /// The name without what `other` has in common with it, for a sentence beside it: `int8`, `160 px int8`.
  public func name(beside other: NetworkChoice) -> String {
    if pair.alpha != other.pair.alpha { return name }
    if pair.resolution == other.pair.resolution { return precision }
    return "\(pair.resolution) px\(precision == other.precision ? "" : " " + precision)"
  }
}
