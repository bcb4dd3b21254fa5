/// The order of a pixel's channels where depthwise layers and the pool write two of them to a word: of each `blockChannels` first
/// those with even numbers and then those with odd ones; the channels that are left over stand as they are.
///
/// On x86 a word's two bfloat16 become vectors of float32 by a shift and a mask, and one instruction rounds two vectors and puts
/// the one behind the other: this order is what comes of it, and costs nothing, since the weights that follow are packed for it.
/// arm64 widens the lower and the upper half of a vector, so that channels stay in their own order.
@frozen
public struct PairOrder: Sendable, Hashable {
  public let blockChannels: Int

  @inlinable @inline(__always)
  public init(blockChannels: Int) { self.blockChannels = blockChannels }

  /// The channels' own order.
  @inlinable @inline(__always) public static var natural: PairOrder { PairOrder(blockChannels: 1) }

  /// The channel that stands at `place`.
  public func channel(at place: Int, of channels: Int) -> Int {
    let start = place / blockChannels * blockChannels
    guard blockChannels > 1, start + blockChannels <= channels else { return place }
    let index = place - start
    return start + (index < blockChannels / 2 ? 2 * index : 2 * index - blockChannels + 1)
  }
}
