import Kernels
import MobileNet
import Model
import ModelFiles
import TestSupport

/// MobileNet V1 as nothing but a chain of scalar reference calls.
struct SlowNetwork {
  let weights: FloatWeights
  let resolution: Int
  /// What activations, and all weights but the first layer's, are rounded to.
  var format = WordFormat.float32

  /// - Parameter input: `[resolution, resolution, 3]` in [−1, 1]
  /// - Returns: probabilities `[classCount]`
  func run(_ input: [Float]) throws -> [Float] {
    let architecture = Architecture(alpha: weights.alpha, resolution: resolution, classCount: weights.classCount)
    var values = input
    for layer in architecture.layers {
      let own = layer.hasWeights ? try weights.layer(named: layer.name) : nil
      let kernel = layer.kind == .convolution ? own?.kernel : own.map { rounded($0.kernel) }
      defer { if layer.kind != .fullyConnected { values = rounded(values) } }
      switch layer.kind {
      case .convolution:
        values = ScalarReference.convolution(
          values, side: layer.inputSide, inputChannels: layer.inputChannels, kernel: kernel!, bias: own!.bias,
          before: weights.padding.before(stride: layer.stride))
      case .depthwise:
        values = ScalarReference.depthwise(
          values, side: layer.inputSide, kernel: kernel!, bias: own!.bias, stride: layer.stride,
          before: weights.padding.before(stride: layer.stride))
      case .pointwise:
        values = ScalarReference.pointwise(
          values, inputChannels: layer.inputChannels, kernel: kernel!, bias: own!.bias)
      case .pool: values = ScalarReference.averagePool(values, channels: layer.inputChannels)
      case .fullyConnected:
        values = ScalarReference.fullyConnected(
          values, inputChannels: layer.inputChannels, kernel: kernel!, bias: own!.bias)
      case .softmax: return ScalarReference.softmax(values)
      }
    }
    return values
  }

  private func rounded(_ values: [Float]) -> [Float] { values.map(format.rounded) }
}

extension FloatWeights {
  /// With the biases that go with weights rounded to 16 bits.
  func withCorrectedBiases(_ format: WordFormat) throws -> FloatWeights {
    var correction = BiasCorrection(format, padding: padding)
    let corrected = try Architecture(alpha: alpha, resolution: 224, classCount: classCount).layers
      .filter(\.hasWeights).map { layer in
        let own = try self.layer(named: layer.name)
        return FloatWeights.Layer(
          name: own.name, kernel: own.kernel,
          bias: correction.biases(of: own, kind: layer.kind, stride: layer.stride))
      }
    return FloatWeights(
      alpha: alpha, classCount: classCount, trainedResolution: trainedResolution, isTrained: isTrained,
      padding: padding, layers: corrected)
  }

  /// Random weights with biases that differ from channel to channel, and any number of classes.
  static func random(
    alpha: Alpha, classCount: Int, padding: Padding = .same, _ random: inout SplitMix64
  ) -> FloatWeights {
    let architecture = Architecture(alpha: alpha, resolution: 224, classCount: classCount)
    let layers = architecture.layers.filter(\.hasWeights).map { layer in
      let count = layer.kernelShape.reduce(1, *)
      let fanIn = layer.kind == .depthwise ? 9 : count / layer.outputChannels
      // The activations keep their size through the layers (He initialisation).
      let reach = (6 / Float(fanIn)).squareRoot()
      return FloatWeights.Layer(
        name: layer.name, kernel: random.floats(count, -reach...reach),
        bias: random.floats(layer.outputChannels, -0.3...0.5))
    }
    return FloatWeights(
      alpha: alpha, classCount: classCount, trainedResolution: nil, isTrained: false, padding: padding, layers: layers)
  }
}
