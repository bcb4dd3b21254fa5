#if arch(arm64)
  import CCPU
#endif
import Kernels
import Model

/// Where a network of real numbers looked.
extension Network {
  /// A class's weights lie apart in its panel: gathered once, they serve every pixel, as float32.
  func copyWeights(ofColumn column: Int, to weights: UnsafeMutablePointer<Float>) -> Float {
    let (channels, format) = (plan.last.channels, kernels.format)
    let (start, width) = kernels.classPanels.panel(of: column, among: architecture.classCount)
    let panel = plan.classWeights.weights + kernels.words(start * channels) + (column - start)
    for word in 0..<kernels.words(channels) {
      let value = panel[word * width]
      guard format != .float32 else {
        weights[word] = value
        continue
      }
      let halves = format.halves(value)
      for (half, weight) in [halves.low, halves.high].enumerated() {
        let channel = kernels.order.channel(at: 2 * word + half, of: channels)
        // Of sixteen those of even channels and then those of odd ones, as `dotOfBFloat16` has the channels.
        weights[format == .bfloat16 ? channel / 16 * 16 + channel % 2 * 8 + channel % 16 / 2 : channel] = weight
      }
    }
    return 0
  }

  func dot(_ pixel: UnsafePointer<Float>, _ weights: UnsafePointer<Float>) -> Float {
    switch kernels.format {
    case .float32: Self.dot(pixel, weights, plan.last.channels)
    case .bfloat16: Self.dotOfBFloat16(pixel, weights, plan.last.channels)
    case .float16: Self.dotOfFloat16(pixel, weights, plan.last.channels)
    }
  }

  /// What the pool made.
  func copyFeatures(to features: UnsafeMutablePointer<Float>) {
    let (pooled, channels) = (plan.pooled.pointer, plan.last.channels)
    guard kernels.format != .float32 else {
      features.update(from: pooled, count: channels)
      return
    }
    for word in 0..<kernels.words(channels) {
      let halves = kernels.format.halves(pooled[word])
      features[kernels.order.channel(at: 2 * word, of: channels)] = halves.low
      features[kernels.order.channel(at: 2 * word + 1, of: channels)] = halves.high
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

  /// The same where `a` is bfloat16. The last layer's channel counts are multiples of sixteen.
  private static func dotOfBFloat16(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ count: Int) -> Float {
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

  /// The same where `a` is in half precision.
  private static func dotOfFloat16(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ count: Int) -> Float {
    let a = UnsafeRawPointer(a)
    #if arch(arm64)
      var sum = SIMD4<Float>()
      for channel in stride(from: 0, to: count, by: 4) {
        let four = a.loadUnaligned(fromByteOffset: 2 * channel, as: SIMD4<Float16>.self)
        sum += vcvt_f32_f16(four) * UnsafeRawPointer(b + channel).loadUnaligned(as: SIMD4<Float>.self)
      }
      return sum.sum()
    #else
      let halves = a.assumingMemoryBound(to: Float16.self)
      return (0..<count).reduce(0) { $0 + Float(halves[$1]) * b[$1] }
    #endif
  }
}
