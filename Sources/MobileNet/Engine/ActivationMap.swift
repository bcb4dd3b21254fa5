import Kernels
import Model

extension RunnableNetwork {
  /// Pixels on a side of the last feature map: 7 at 224.
  public var activationSide: Int { architecture.resolution / Architecture.resolutionStep }

  /// The column of the classifier that stands for a class.
  func classColumn(_ classIndex: Int) -> Int {
    let column = classIndex + labels.background
    precondition(column >= 0 && column < architecture.classCount)
    return column
  }
}

extension Network {
  public func activationMap(class classIndex: Int, into map: inout [Float]) {
    let column = classColumn(classIndex)
    let (side, channels) = (last.side, last.channels)
    map.removeAll(keepingCapacity: true)
    withUnsafeTemporaryAllocation(byteCount: channels * MemoryLayout<Float>.stride, alignment: 64) { bytes in
      let weights = bytes.bindMemory(to: Float.self).baseAddress!
      copyWeights(ofColumn: column, to: weights)
      let dot = kernels.channelsPerWord == 1 ? Self.dot : Self.dotOfPairs
      for y in 0..<side {
        for x in 0..<side {
          map.append(dot(last.origin + y * last.rowStride + x * last.pixelStride, weights, channels))
        }
      }
    }
  }

  /// A class's weights lie apart in its panel: gathered once, they serve every pixel. Those of pairs of bfloat16 become eight of
  /// even channels and then eight of odd ones, as `dotOfPairs` has the channels.
  private func copyWeights(ofColumn column: Int, to weights: UnsafeMutablePointer<Float>) {
    let panels = self.weights.kernels.panels
    let columns = panels.paddedColumns(architecture.classCount)
    var start = 0
    while start + panels.width(at: start, of: columns) <= column { start += panels.width(at: start, of: columns) }
    let width = panels.width(at: start, of: columns)
    let panel = classWeights + kernels.words(start * last.channels) + (column - start)
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
