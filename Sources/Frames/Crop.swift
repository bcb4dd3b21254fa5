/// A square of a frame, in pixels.
public struct Crop: Sendable, Hashable {
  public var x: Int
  public var y: Int
  public var side: Int

  public init(x: Int, y: Int, side: Int) {
    self.x = x
    self.y = y
    self.side = side
  }

  /// About the same square in a frame whose sides are so much shorter.
  public func divided(by divisor: Int) -> Crop { Crop(x: x / divisor, y: y / divisor, side: side / divisor) }
}
