import Kernels
import Model

/// Where a network of real numbers looked.
extension Network {
  /// A class's weights lie apart in its panel: gathered once, they serve every pixel. Those of pairs of bfloat16 become eight of
  /// even channels and then eight of odd ones, as `dotOfPairs` has the channels.
  func copyWeights(ofColumn column: Int, to weights: UnsafeMutablePointer<Float>) -> Float {
    let last = plan.last
    let (start, width) = kernels.panels.panel(of: column, among: architecture.classCount)
    let panel = plan.classWeights.weights + kernels.words(start * last.channels) + (column - start)
    for word in 0..<kernels.words(last.channels) {
      let value = panel[word * width]
      guard kernels.channelsPerWord == 2 else {
        weights[word] = value
        continue
      }
      for (half, bits) in [value.bitPattern << 16, value.bitPattern & 0xffff_0000].enumerated() {
        let channel = PairOrder.channel(at: 2 * word + half, of: last.channels)
        weights[channel / 16 * 16 + channel % 2 * 8 + channel % 16 / 2] = Float(bitPattern: bits)
      }
    }
    return 0
  }

  func dot(_ pixel: UnsafePointer<Float>, _ weights: UnsafePointer<Float>) -> Float {
    kernels.channelsPerWord == 1
      ? Self.dot(pixel, weights, plan.last.channels) : Self.dotOfPairs(pixel, weights, plan.last.channels)
  }

  /// What the pool made; pairs of bfloat16 stand as the classifier's weights do.
  func copyFeatures(to features: UnsafeMutablePointer<Float>) {
    let (pooled, channels) = (plan.pooled.pointer, plan.last.channels)
    guard kernels.channelsPerWord == 2 else {
      features.update(from: pooled, count: channels)
      return
    }
    for word in 0..<kernels.words(channels) {
      let bits = pooled[word].bitPattern
      features[PairOrder.channel(at: 2 * word, of: channels)] = Float(bitPattern: bits << 16)
      features[PairOrder.channel(at: 2 * word + 1, of: channels)] = Float(bitPattern: bits & 0xffff_0000)
    }
  }

  /// Channel counts are multiples of eight.
  private static func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ count: Int) -> Float {
    let (a, b) = (UnsafeRawPointer(a), UnsafeRawPointer(b))
    var sum = SIMD8<Float>()
    for offset in stride(from: 0, to: count * 4, by: 32) {
      sum +=
        a.loadUnaligned(fromByteOffset: offset, as: SIMD8<Float>.self)
        * b.loadUnaligned(fromByteOffset: offset, as: SIMD8<Float>.self)
    }
    return sum.sum()
  }

  /// The same where `a` is pairs of bfloat16. The last layer's channel counts are multiples of sixteen.
  private static func dotOfPairs(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ count: Int) -> Float {
    let (a, b) = (UnsafeRawPointer(a), UnsafeRawPointer(b))
    var sum = SIMD8<Float>()
    for offset in stride(from: 0, to: count * 2, by: 32) {
      let words = a.loadUnaligned(fromByteOffset: offset, as: SIMD8<UInt32>.self)
      sum +=
        unsafeBitCast(words &<< 16, to: SIMD8<Float>.self)
        * b.loadUnaligned(fromByteOffset: 2 * offset, as: SIMD8<Float>.self)
      sum +=
        unsafeBitCast(words & 0xffff_0000, to: SIMD8<Float>.self)
        * b.loadUnaligned(fromByteOffset: 2 * offset + 32, as: SIMD8<Float>.self)
    }
    return sum.sum()
  }
}
