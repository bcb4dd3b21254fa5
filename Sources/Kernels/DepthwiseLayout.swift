/// Depthwise weights by channel block, float32: `[C / B][10][B]`, the bias first and then the nine taps; B channels make a
/// block of activations. What is left over comes in blocks of B / 2 and B / 4.
public struct DepthwiseLayout: Sendable, Hashable {
  /// B
  public let blockChannels: Int
  /// Whether channels stand in the order in which pairs of bfloat16 are made (`PairOrder`), and weights are rounded so.
  public let isPaired: Bool

  public init(blockChannels: Int, isPaired: Bool = false) {
    self.blockChannels = blockChannels
    self.isPaired = isPaired
  }

  /// - Parameters:
  ///   - kernel: `[3, 3, C]`
  ///   - destination: takes 10 × C floats.
  public func pack(
    kernel: UnsafePointer<Float>, bias: UnsafePointer<Float>, channels: Int,
    into destination: UnsafeMutablePointer<Float>
  ) {
    var target = destination
    var start = 0
    while start < channels {
      let width = width(ofBlockWith: channels - start)
      for place in 0..<width {
        let channel = isPaired ? PairOrder.channel(at: start + place, of: channels) : start + place
        target[place] = bias[channel]
        for tap in 0..<9 {
          let weight = kernel[tap * channels + channel]
          target[(tap + 1) * width + place] = isPaired ? BFloat16.rounded(weight) : weight
        }
      }
      target += 10 * width
      start += width
    }
  }

  private func width(ofBlockWith left: Int) -> Int {
    var width = blockChannels
    while width > left { width /= 2 }
    return width
  }
}
