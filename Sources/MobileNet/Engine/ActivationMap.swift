import Kernels

/// A network that can tell where it looked for a class (class activation mapping: Zhou et al., 2016, arXiv 1512.04150).
public protocol ActivationMapping: RunnableNetwork {
  /// The class's weights times the last run's feature map, pixel by pixel: their mean is the class's logit without bias.
  /// - Parameters:
  ///   - classIndex: 0…999, whatever the weights' own numbering.
  ///   - map: becomes `[activationSide, activationSide]`; allocated only when it grows.
  func activationMap(class classIndex: Int, into map: inout [Float])
}

extension ActivationMapping {
  /// Pixels on a side of the last feature map: 7 at 224.
  public var activationSide: Int { architecture.resolution / Architecture.resolutionStep }

  /// The column of the classifier that stands for a class.
  func classColumn(_ classIndex: Int) -> Int {
    let column = classIndex + (architecture.classCount == 1001 ? 1 : 0)
    precondition(column >= 0 && column < architecture.classCount)
    return column
  }
}

extension Network: ActivationMapping {
  public func activationMap(class classIndex: Int, into map: inout [Float]) {
    let column = classColumn(classIndex)
    let (side, channels) = (last.side, last.channels)
    map.removeAll(keepingCapacity: true)
    withUnsafeTemporaryAllocation(byteCount: channels * MemoryLayout<Float>.stride, alignment: 64) { bytes in
      let weights = bytes.bindMemory(to: Float.self).baseAddress!
      copyWeights(ofColumn: column, to: weights)
      for y in 0..<side {
        for x in 0..<side {
          map.append(dot(last.origin + y * last.rowStride + x * channels, weights, count: channels))
        }
      }
    }
  }

  /// A class's weights lie apart in its panel: gathered once, they serve every pixel.
  private func copyWeights(ofColumn column: Int, to weights: UnsafeMutablePointer<Float>) {
    let panels = self.weights.kernels.panels
    let columns = panels.paddedColumns(architecture.classCount)
    var start = 0
    while start + panels.width(at: start, of: columns) <= column { start += panels.width(at: start, of: columns) }
    let width = panels.width(at: start, of: columns)
    let panel = classWeights + start * last.channels + (column - start)
    for k in 0..<last.channels { weights[k] = panel[k * width] }
  }

  /// Channel counts are multiples of eight.
  private func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count: Int) -> Float {
    let (a, b) = (UnsafeRawPointer(a), UnsafeRawPointer(b))
    var sum = SIMD8<Float>()
    for offset in stride(from: 0, to: count * 4, by: 32) {
      sum +=
        a.loadUnaligned(fromByteOffset: offset, as: SIMD8<Float>.self)
        * b.loadUnaligned(fromByteOffset: offset, as: SIMD8<Float>.self)
    }
    return sum.sum()
  }
}
