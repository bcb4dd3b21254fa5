/// One class of one's own, with how near a picture is to it.
public struct Match: Sendable, Hashable, Encodable {
  public var label: String
  /// −1 … 1, of the angle between the picture's embedding and the class's.
  public var cosine: Float

  public init(label: String, cosine: Float) {
    self.label = label
    self.cosine = cosine
  }
}

/// What classes of one's own say of a picture.
public struct TaughtAnswer: Sendable, Hashable {
  /// Best first; as many as were asked for.
  public var top: [Match]
  /// The best one is too far, or a shot of what is none of them is nearer.
  public var isNone: Bool

  /// What the answer is called that names no class.
  public static let none = "none of these"
  public var label: String { isNone ? Self.none : top.first?.label ?? Self.none }

  public init(top: [Match], isNone: Bool) {
    self.top = top
    self.isNone = isNone
  }
}
