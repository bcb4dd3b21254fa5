import Model
import ModelFiles

extension SafetensorsFixture {
  /// Who names the tensors.
  package enum Library: Sendable, CaseIterable, Codable {
    case huggingFace, timm

    package var epsilon: Double { self == .huggingFace ? 0.001 : 1e-5 }
    package var body: String { self == .huggingFace ? "mobilenet_v1." : "" }

    /// A layer's convolution and its normalisation.
    fileprivate func names(_ layer: Architecture.Layer) -> (kernel: String, normalization: String) {
      let block = (Int(layer.name.drop { $0.isLetter }) ?? 1) - 1
      let isPointwise = layer.kind == .pointwise
      switch (self, layer.kind) {
      case (.huggingFace, .convolution): return ("conv_stem.convolution", "conv_stem.normalization")
      case (.timm, .convolution): return ("conv_stem", "bn1")
      case (.huggingFace, _):
        let name = "layer.\(2 * block + (isPointwise ? 1 : 0))"
        return (name + ".convolution", name + ".normalization")
      case (.timm, _):
        let place = ["0.0", "1.0", "1.1", "2.0", "2.1", "3.0", "3.1", "3.2", "3.3", "3.4", "3.5", "4.0", "4.1"][block]
        return isPointwise
          ? ("blocks.\(place).conv_pw", "blocks.\(place).bn2") : ("blocks.\(place).conv_dw", "blocks.\(place).bn1")
      }
    }
  }

  /// As PyTorch's libraries write it: output channels first, normalisation beside the kernels. Weights are those of
  /// `MadeUpWeights`, unfolded: each channel is divided by what its normalisation multiplies it with.
  /// - Parameters:
  ///   - body: in front of the names of all but the classifier, whose have `head`.
  ///   - type: of all that are no counters.
  package init(
    _ library: Library, body: String? = nil, head: String = "", type: String = "F32", alpha: Alpha = .quarter,
    classes: Int = 1000, epsilon: Double? = nil
  ) {
    self.init()
    metadata = ["format": "pt"]
    entries = []
    let body = body ?? library.body
    let epsilon = epsilon ?? library.epsilon
    for layer in Architecture(alpha: alpha, resolution: 224, classCount: classes).layers where layer.hasWeights {
      let (input, output) = (layer.inputChannels, layer.outputChannels)
      let kernel = (0..<layer.kernelShape.reduce(1, *)).map { MadeUpWeights.value("\(layer.name).kernel", $0) }
      let bias = (0..<output).map { MadeUpWeights.value("\(layer.name).bias", $0) }
      if layer.kind == .fullyConnected {
        // [Cin, N] → [N, Cin]
        let turned = kernel.indices.map { kernel[$0 % input * output + $0 / input] }
        entries.append(Entry(name: head + "classifier.weight", type: type, shape: [output, input], values: turned))
        entries.append(Entry(name: head + "classifier.bias", type: type, shape: [output], values: bias))
        continue
      }
      let names = library.names(layer)
      let side = layer.kind == .pointwise ? 1 : 3
      let taps = side * side
      let inputs = layer.kind == .depthwise ? 1 : input
      let gamma = (0..<output).map { 0.5 + Float($0 % 7) * 0.25 }
      let variance = (0..<output).map { Float($0 % 5) * 0.5 + 0.015625 }
      let mean = (0..<output).map { Float($0 % 3) - 1 }
      let scale = gamma.indices.map { Double(gamma[$0]) / (Double(variance[$0]) + epsilon).squareRoot() }
      // Ours [taps, inputs, output] → [output, inputs, taps].
      var unfolded: [Float] = []
      for channel in 0..<output {
        for from in 0..<inputs {
          for tap in 0..<taps {
            unfolded.append(Float(Double(kernel[(tap * inputs + from) * output + channel]) / scale[channel]))
          }
        }
      }
      let beta = bias.indices.map { Float(Double(bias[$0]) + Double(mean[$0]) * scale[$0]) }
      entries.append(
        Entry(name: "\(body)\(names.kernel).weight", type: type, shape: [output, inputs, side, side], values: unfolded))
      for (part, values) in [("weight", gamma), ("bias", beta), ("running_mean", mean), ("running_var", variance)] {
        entries.append(
          Entry(name: "\(body)\(names.normalization).\(part)", type: type, shape: [output], values: values))
      }
      entries.append(
        Entry(name: "\(body)\(names.normalization).num_batches_tracked", type: "I64", shape: [], values: [1234]))
    }
  }
}
