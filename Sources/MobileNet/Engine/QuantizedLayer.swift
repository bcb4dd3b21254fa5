import Kernels
import Model
import ModelFiles

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
  init(_ layer: QuantizedTensors) {
    let channels = layer.bias.count
    let zeroPoints = layer.weightZeroPoints
    bias = layer.bias
    let spread = zeroPoints.count == 1 ? Array(repeating: zeroPoints[0], count: channels) : zeroPoints
    var sums = [Int32](repeating: 0, count: channels)
    // Over pointers, which the compiler makes vectors of: this is a good part of the time until the first result.
    kernel = layer.kernel.withUnsafeBufferPointer { source in
      spread.withUnsafeBufferPointer { zeroPoints in
        sums.withUnsafeMutableBufferPointer { sums in
          [Int16](unsafeUninitializedCapacity: source.count) { target, count in
            for start in stride(from: 0, to: source.count, by: channels) {
              for channel in 0..<channels {
                let weight = Int32(source[start &+ channel]) &- zeroPoints[channel]
                target[start &+ channel] = Int16(truncatingIfNeeded: weight)
                sums[channel] &+= weight
              }
            }
            count = source.count
          }
        }
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

  /// A float layer, quantized with one scale for each output channel.
  /// - Parameters:
  ///   - inputScales: a step of each input channel.
  ///   - inputZeroPoint: of all input channels; need be no integer, as it is folded into the bias.
  ///   - inputMeans: of each input channel, in steps; 0 where they do not matter.
  ///   - outputScales: a step of each output channel, whose zero point is 0.
  init(
    _ layer: FloatTensors, kind: Architecture.Kind, inputScales: [Double], inputZeroPoint: Double,
    inputMeans: [Float], outputScales: [Double]
  ) {
    let channels = layer.bias.count
    let depth = layer.kernel.count / channels
    let isDepthwise = kind == .depthwise
    // Inputs of a depthwise channel are neighbours of each other; the first layer's channels take turns.
    var rounding = WeightRounding(
      importance: (0..<depth).map { isDepthwise ? 1 : inputMeans[$0 % inputMeans.count] }, keepsSum: isDepthwise)
    kernel = [Int16](repeating: 0, count: layer.kernel.count)
    bias = []
    scales = []
    var column = [Double](repeating: 0, count: depth)
    for channel in 0..<channels {
      for k in 0..<depth {
        column[k] =
          Double(layer.kernel[k * channels + channel]) * inputScales[isDepthwise ? channel : k % inputScales.count]
      }
      // A channel whose weights are nothing beside its bias: a scale that can hold the bias.
      let least = max(Double(abs(layer.bias[channel])) / Double(1 << 28), 1e-30)
      let scale = rounding.round(column, leastScale: least)
      for k in 0..<depth { kernel[k * channels + channel] = rounding.steps[k] }
      let steps = Double(layer.bias[channel]) / scale - inputZeroPoint * Double(rounding.sum)
      bias.append(Int32(min(max(steps, -Double(1 << 30)), Double(1 << 30)).rounded(.toNearestOrEven)))
      scales.append(Float(scale / outputScales[channel]))
    }
    weightZeroPoint = 0
    range = OutputRange(zeroPoint: 0, low: 0, high: 255)
  }

  /// Whether the weights, less their zero points, are bytes.
  var fitsBytes: Bool {
    kernel.withUnsafeBufferPointer { kernel in
      var (least, largest) = (Int16(0), Int16(0))
      for weight in kernel { (least, largest) = (min(least, weight), max(largest, weight)) }
      return least >= -128 && largest <= 127
    }
  }

  /// Gives the weights their zero point back, where byte products are all there is and they do not fit.
  /// - Returns: what a pixel's sum of inputs must be multiplied by and added to its sums.
  mutating func makeBytes() -> Int32 {
    guard !fitsBytes else { return 0 }
    let zeroPoint = Int16(weightZeroPoint)
    kernel.withUnsafeMutableBufferPointer { kernel in
      for index in kernel.indices { kernel[index] &+= zeroPoint }
    }
    return -weightZeroPoint
  }
}
