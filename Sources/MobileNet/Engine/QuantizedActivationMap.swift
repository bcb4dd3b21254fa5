import Kernels

/// Where an 8-bit network looked: its bytes and the classifier's weights, made real numbers again.
extension QuantizedNetwork {
  /// A class's weights as real numbers, in logits for a step of the last feature map. Returns what that map's zero point adds
  /// to every pixel.
  func copyWeights(ofColumn column: Int, to weights: UnsafeMutablePointer<Float>) -> Float {
    let (last, layer, ends, panels) = (plan.last, plan.classWeights, self.weights.ends, kernels.panels)
    let (start, width) = panels.panel(of: column, among: architecture.classCount)
    let panel = layer.weights + start * panels.words(last.channels) + (column - start)
    let step = layer.scales[column] * (ends.logits?.scale ?? 1) * Float(ends.poolScale)
    let bits = 32 / panels.valuesPerWord
    var sum: Float = 0
    for k in 0..<last.channels {
      let (word, place) = k.quotientAndRemainder(dividingBy: panels.valuesPerWord)
      // Up to the word's left end and back, for the sign.
      let shifted = panel[word * width] << Int32(32 - bits * (place + 1))
      weights[k] = Float((shifted >> Int32(32 - bits)) + layer.correction) * step
      sum += weights[k]
    }
    return Float(ends.poolInputZeroPoint) * sum
  }

  /// Means of the last feature map's bytes, not rounded to the pool's.
  func copyFeatures(to features: UnsafeMutablePointer<Float>) {
    let (last, ends) = (plan.last, self.weights.ends)
    let pixels = last.side * last.side
    let zero = Int32(pixels) * ends.poolInputZeroPoint
    let scale = ends.featureScale / Float(pixels)
    for channel in stride(from: 0, to: last.channels, by: 8) {
      var sums = SIMD8<Int32>(repeating: 0 &- zero)
      for pixel in 0..<pixels {
        let bytes = UnsafeRawPointer(last.origin + pixel * last.channels + channel)
        sums &+= SIMD8<Int32>(truncatingIfNeeded: bytes.loadUnaligned(as: SIMD8<UInt8>.self))
      }
      for index in 0..<8 { features[channel + index] = Float(sums[index]) * scale }
    }
  }

  /// Channel counts are multiples of eight.
  func dot(_ pixel: UnsafePointer<UInt8>, _ weights: UnsafePointer<Float>) -> Float {
    let (bytes, weights) = (UnsafeRawPointer(pixel), UnsafeRawPointer(weights))
    var sum = SIMD8<Float>()
    for k in stride(from: 0, to: plan.last.channels, by: 8) {
      let eight = SIMD8<Float>(bytes.loadUnaligned(fromByteOffset: k, as: SIMD8<UInt8>.self))
      sum += eight * weights.loadUnaligned(fromByteOffset: 4 * k, as: SIMD8<Float>.self)
    }
    return sum.sum()
  }
}
