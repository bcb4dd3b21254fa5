import Frames
import Kernels

/// The integers of one 8-bit layer, ready to be packed: zero points folded into weights and biases.
struct QuantizedLayer {
  /// `[K, C]`, less the weights' zero points: up to nine bits.
  var kernel: [Int16]
  /// The zero point that the kernel lost, one for all channels, to get back to eight bits; 0 where it never left them.
  var weightZeroPoint: Int32
  /// `[C]`; acc = bias + Σ input byte × weight.
  var bias: [Int32]
  /// `[C]`: what makes a sum a step of the output.
  var scales: [Float]
  var range: OutputRange

  /// A layer of an 8-bit file.
  init(_ layer: QuantizedWeights.Layer) {
    let channels = layer.bias.count
    let zeroPoints = layer.weightZeroPoints
    kernel = []
    kernel.reserveCapacity(layer.kernel.count)
    bias = layer.bias
    var sums = [Int32](repeating: 0, count: channels)
    for start in stride(from: 0, to: layer.kernel.count, by: channels) {
      for channel in 0..<channels {
        let weight =
          Int32(layer.kernel[start + channel]) - (zeroPoints.count == 1 ? zeroPoints[0] : zeroPoints[channel])
        kernel.append(Int16(weight))
        sums[channel] += weight
      }
    }
    for channel in 0..<channels { bias[channel] -= layer.input.zeroPoint * sums[channel] }
    weightZeroPoint = zeroPoints.count == 1 ? zeroPoints[0] : 0
    // In float32 step by step, as LiteRT's kernels (XNNPACK) compute them: a last bit decides ties, and one step of a logit
    // is four of a probability near a half.
    scales = (0..<channels).map {
      layer.input.scale * (layer.weightScales.count == 1 ? layer.weightScales[0] : layer.weightScales[$0])
        / layer.output.scale
    }
    range = OutputRange(
      zeroPoint: layer.output.zeroPoint, low: layer.outputRange.lowerBound, high: layer.outputRange.upperBound)
  }

  /// A float layer, quantized with one scale for each output channel, the largest weight being 127.
  /// - Parameters:
  ///   - inputZeroPoint: need be no integer: it is folded into the bias.
  ///   - outputScale: of the output's steps, whose zero point is 0.
  init(_ layer: FloatWeights.Layer, inputScale: Double, inputZeroPoint: Double, outputScale: Double) {
    let channels = layer.bias.count
    var largest = [Float](repeating: 0, count: channels)
    var channel = 0
    for weight in layer.kernel {
      largest[channel] = max(largest[channel], abs(weight))
      channel = channel + 1 == channels ? 0 : channel + 1
    }
    // A channel without weights is its bias; any scale that can hold that will do.
    let weightScales = (0..<channels).map { c in
      max(Double(largest[c]) / 127, Double(abs(layer.bias[c])) / inputScale / Double(1 << 28), 1e-30)
    }
    var sums = [Double](repeating: 0, count: channels)
    let inverses = weightScales.map { Float(1 / $0) }
    kernel = []
    kernel.reserveCapacity(layer.kernel.count)
    channel = 0
    for weight in layer.kernel {
      let steps = min(max((weight * inverses[channel]).rounded(.toNearestOrEven), -127), 127)
      kernel.append(Int16(steps))
      sums[channel] += Double(steps)
      channel = channel + 1 == channels ? 0 : channel + 1
    }
    weightZeroPoint = 0
    bias = (0..<channels).map { c in
      let steps = Double(layer.bias[c]) / (inputScale * weightScales[c]) - inputZeroPoint * sums[c]
      return Int32(min(max(steps, -Double(1 << 30)), Double(1 << 30)).rounded(.toNearestOrEven))
    }
    scales = weightScales.map { Float(inputScale * $0 / outputScale) }
    range = OutputRange(zeroPoint: 0, low: 0, high: 255)
  }

  /// Whether the weights, less their zero points, are bytes.
  var fitsBytes: Bool { kernel.allSatisfy { (-128...127).contains($0) } }

  /// Gives the weights their zero point back, where byte products are all there is and they do not fit.
  /// - Returns: what a pixel's sum of inputs must be multiplied by and added to its sums.
  mutating func makeBytes() -> Int32 {
    guard !fitsBytes else { return 0 }
    for index in kernel.indices { kernel[index] += Int16(weightZeroPoint) }
    return -weightZeroPoint
  }
}
