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
    var values = input
    for layer in weights.facts.architecture(resolution: resolution).layers {
      let own = layer.hasWeights ? try weights.layer(named: layer.name) : nil
      let kernel = layer.kind == .convolution ? own?.kernel : own.map { rounded($0.kernel) }
      defer { if layer.kind != .fullyConnected { values = rounded(values) } }
      switch layer.kind {
      case .convolution:
        values = ScalarReference.convolution(
          values, side: layer.inputSide, inputChannels: layer.inputChannels, kernel: kernel!, bias: own!.bias,
          before: weights.facts.padding.before(stride: layer.stride))
      case .depthwise:
        values = ScalarReference.depthwise(
          values, side: layer.inputSide, kernel: kernel!, bias: own!.bias, stride: layer.stride,
          before: weights.facts.padding.before(stride: layer.stride))
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
    var correction = BiasCorrection(format, padding: facts.padding)
    return FloatWeights(
      facts,
      layers: try architecture.layers.filter(\.hasWeights).map { layer in
        let own = try self.layer(named: layer.name)
        return FloatTensors(
          name: own.name, kernel: own.kernel,
          bias: correction.biases(of: own, kind: layer.kind, stride: layer.stride))
      })
  }

  /// Random weights with biases that differ from channel to channel, and any number of classes.
  static func random(
    alpha: Alpha, classCount: Int, padding: Padding = .same, _ random: inout SplitMix64
  ) -> FloatWeights {
    let facts = WeightFacts(alpha: alpha, classCount: classCount, isTrained: false, padding: padding)
    let layers = facts.architecture().layers.filter(\.hasWeights).map { layer in
      let count = layer.kernelShape.reduce(1, *)
      let fanIn = layer.kind == .depthwise ? 9 : count / layer.outputChannels
      // The activations keep their size through the layers (He initialisation).
      let reach = (6 / Float(fanIn)).squareRoot()
      return FloatTensors(
        name: layer.name, kernel: random.floats(count, -reach...reach),
        bias: random.floats(layer.outputChannels, -0.3...0.5))
    }
    return FloatWeights(facts, layers: layers)
  }
}
