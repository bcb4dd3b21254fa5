/// The square of a frame that the network sees, in the frame's pixels.
public struct Crop: Sendable, Hashable {
  public let x: Int
  public let y: Int
  public let side: Int

  public static let centralFraction = 0.875

  public init(x: Int, y: Int, side: Int) {
    self.x = x
    self.y = y
    self.side = side
  }

  /// Of a frame of this size: centred, 87.5 % of the shorter side, as in slim's evaluation.
  public init(width: Int, height: Int) {
    side = max(1, Int((Double(min(width, height)) * Self.centralFraction).rounded()))
    x = (width - side) / 2
    y = (height - side) / 2
  }
}
