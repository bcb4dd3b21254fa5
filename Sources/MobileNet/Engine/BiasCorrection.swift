import Kernels
import Model
import ModelFiles

/// Biases that make up for weights rounded to 16 bits.
///
/// Behind a ReLU6 the mean of every input is far from zero, so that what a channel's weights lose by rounding shifts its
/// output by much the same amount in every image: Σ error × mean of the input, which belongs into the bias. On the shipped
/// weights in bfloat16 this halves the logits' distance from those of float32.
package struct BiasCorrection {
  private var statistics: NoiseStatistics
  private let format: WordFormat

  package init(_ format: WordFormat, padding: Padding = .same) {
    statistics = NoiseStatistics(padding: padding)
    self.format = format
  }

  /// The biases of a layer, corrected. Layers come in the network's order, all that have weights.
  package mutating func biases(of data: FloatTensors, kind: Architecture.Kind, stride: Int) -> [Float] {
    defer { if kind != .fullyConnected { statistics.advance(data, kind: kind, stride: stride) } }
    // The first layer's weights stay float32.
    guard kind != .convolution else { return data.bias }
    let channels = data.bias.count
    let means = statistics.means
    var biases = data.bias
    for (index, weight) in data.kernel.enumerated() {
      let channel = index % channels
      let mean = means[kind == .depthwise ? channel : index / channels]
      biases[channel] += (weight - format.rounded(weight)) * mean
    }
    return biases
  }
}
