/// The order of a pixel's channels where depthwise layers and the pool write bfloat16: of each 32 first those with even
/// numbers and then those with odd ones; the channels that are left over stand as they are.
///
/// A word's two halves become vectors of float32 by a shift and a mask, and one instruction rounds two vectors and puts the one
/// behind the other: this order is what comes of it, and costs nothing, since the weights that follow are packed for it.
public enum PairOrder {
  public static let blockChannels = 32

  /// The channel that stands at `place`.
  public static func channel(at place: Int, of channels: Int) -> Int {
    let start = place / blockChannels * blockChannels
    guard start + blockChannels <= channels else { return place }
    let index = place - start
    return start + (index < blockChannels / 2 ? 2 * index : 2 * index - blockChannels + 1)
  }
}
