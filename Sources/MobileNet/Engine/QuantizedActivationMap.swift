import Kernels

/// Where an 8-bit network looked: its bytes and the classifier's weights, made real numbers again.
extension QuantizedNetwork {
  public func activationMap(class classIndex: Int, into map: inout [Float]) {
    let column = classColumn(classIndex)
    let (side, channels) = (last.side, last.channels)
    map.removeAll(keepingCapacity: true)
    withUnsafeTemporaryAllocation(byteCount: channels * MemoryLayout<Float>.stride, alignment: 64) { bytes in
      let weights = bytes.bindMemory(to: Float.self).baseAddress!
      // What the last map's zero point adds to every pixel is the same for all.
      let zero = Float(self.weights.poolInputZeroPoint) * copyWeights(ofColumn: column, to: weights)
      for y in 0..<side {
        for x in 0..<side {
          let pixel = last.origin + y * last.rowStride + x * channels
          map.append(dot(pixel, weights, count: channels) - zero)
        }
      }
    }
  }

  /// A class's weights as real numbers, in logits for a step of the last feature map. Returns their sum.
  private func copyWeights(ofColumn column: Int, to weights: UnsafeMutablePointer<Float>) -> Float {
    let panels = kernels.panels
    let columns = panels.paddedColumns(architecture.classCount)
    var start = 0
    while start + panels.width(at: start, of: columns) <= column { start += panels.width(at: start, of: columns) }
    let width = panels.width(at: start, of: columns)
    let panel = classWeights.weights + start * panels.words(last.channels) + (column - start)
    let step =
      classWeights.scales[column] * (self.weights.logits?.scale ?? 1) * Float(self.weights.poolScale)
    let bits = 32 / panels.valuesPerWord
    var sum: Float = 0
    for k in 0..<last.channels {
      let (word, place) = k.quotientAndRemainder(dividingBy: panels.valuesPerWord)
      // Up to the word's left end and back, for the sign.
      let shifted = panel[word * width] << Int32(32 - bits * (place + 1))
      weights[k] = Float((shifted >> Int32(32 - bits)) + classWeights.correction) * step
      sum += weights[k]
    }
    return sum
  }

  /// Channel counts are multiples of eight.
  private func dot(_ bytes: UnsafePointer<UInt8>, _ weights: UnsafePointer<Float>, count: Int) -> Float {
    let (bytes, weights) = (UnsafeRawPointer(bytes), UnsafeRawPointer(weights))
    var sum = SIMD8<Float>()
    for k in stride(from: 0, to: count, by: 8) {
      let eight = SIMD8<Float>(bytes.loadUnaligned(fromByteOffset: k, as: SIMD8<UInt8>.self))
      sum += eight * weights.loadUnaligned(fromByteOffset: 4 * k, as: SIMD8<Float>.self)
    }
    return sum.sum()
  }
}
