import Model

/// How a family of safetensors files names and lays out the tensors of MobileNet V1.
///
/// Ours folds batch normalisation, and has output channels last. Hugging Face's (`google/mobilenet_v1_*`, transformers'
/// `MobileNetV1ForImageClassification`) keeps the normalisation, and has output channels first, as PyTorch does. It pads as
/// TensorFlow does, and reads −1 … 1.
struct SafetensorsNames {
  /// The tensors of one layer, by name.
  struct Layer {
    let layer: Architecture.Layer
    let kernel: String
    /// `nil` where the layer is normalised.
    let bias: String?
    /// In front of `.weight`, `.bias`, `.running_mean` and `.running_var`.
    let normalization: String?

    /// Every tensor with its shape.
    func shapes(outputFirst: Bool) -> [(name: String, shape: [Int])] {
      let channels = [layer.outputChannels]
      return [(kernel, outputFirst ? Self.shapeOutputFirst(layer) : layer.kernelShape)]
        + (bias.map { [($0, channels)] } ?? [])
        + (normalization.map { name in Self.parts.map { ("\(name).\($0)", channels) } } ?? [])
    }

    static let parts = ["weight", "bias", "running_mean", "running_var"]

    /// PyTorch's `[Cout, Cin, 3, 3]`, `[C, 1, 3, 3]`, `[Cout, Cin, 1, 1]`, `[classes, C]`.
    private static func shapeOutputFirst(_ layer: Architecture.Layer) -> [Int] {
      let (input, output) = (layer.inputChannels, layer.outputChannels)
      return switch layer.kind {
      case .convolution: [output, input, 3, 3]
      case .depthwise: [output, 1, 3, 3]
      case .pointwise: [output, input, 1, 1]
      case .fullyConnected: [output, input]
      case .pool, .softmax: []
      }
    }
  }

  /// Whether kernels have their output channels first.
  let isOutputFirst: Bool
  /// The names of the first and the last kernel, by whose shapes α and the classes are known.
  let first: String
  let last: String
  /// Tensors of which the computation needs nothing: PyTorch's counters.
  let ignored: @Sendable (String) -> Bool
  let layer: @Sendable (Architecture.Layer) -> Layer

  /// As mobilecam's own tools write it.
  static let own = SafetensorsNames(
    isOutputFirst: false, first: "conv1.kernel", last: "fc.kernel", ignored: { _ in false },
    layer: { Layer(layer: $0, kernel: $0.name + ".kernel", bias: $0.name + ".bias", normalization: nil) })

  /// - Parameters:
  ///   - body: in front of the names of all but the classifier: `mobilenet_v1.`, and what a wrapper puts before it.
  ///   - head: in front of the classifier's.
  static func huggingFace(body: String, head: String) -> SafetensorsNames {
    SafetensorsNames(
      isOutputFirst: true, first: body + "conv_stem.convolution.weight", last: head + "classifier.weight",
      ignored: { $0.hasSuffix(".num_batches_tracked") },
      layer: { layer in
        if layer.kind == .fullyConnected {
          return Layer(
            layer: layer, kernel: head + "classifier.weight", bias: head + "classifier.bias", normalization: nil)
        }
        // dw1, pw1, dw2 … are layers 0, 1, 2 …
        let number = Int(layer.name.drop { $0.isLetter }) ?? 1
        let name =
          body
          + (layer.kind == .convolution
            ? "conv_stem" : "layer.\(2 * (number - 1) + (layer.kind == .pointwise ? 1 : 0))")
        return Layer(
          layer: layer, kernel: name + ".convolution.weight", bias: nil, normalization: name + ".normalization")
      })
  }

  /// The family that a file's names are of.
  /// - Throws: `WeightFault` that says what the file is instead.
  static func recognised(in names: some Collection<String>) throws -> SafetensorsNames {
    if names.contains(own.first) || names.contains(own.last) { return own }
    let stem = "conv_stem.convolution.weight"
    if let name = names.filter({ $0.hasSuffix(stem) }).min(by: { $0.utf8.count < $1.utf8.count }) {
      let body = String(name.dropLast(stem.count))
      return huggingFace(body: body, head: body.hasSuffix("mobilenet_v1.") ? String(body.dropLast(13)) : body)
    }
    func has(_ part: String) -> Bool { names.contains { $0.contains(part) } }
    if has("mobilenet_v2.") || has("conv_stem.first_conv") || has(".conv_pwl.") {
      throw WeightFault("it is MobileNet V2 or of a later kind, with inverted residuals: expected MobileNet V1")
    }
    if has("conv_stem.weight"), has("blocks.0.0.conv_dw.weight") {
      throw WeightFault(
        "it is a network of PyTorch Image Models (timm), which pads symmetrically where MobileNet V1 of TensorFlow, which "
          + "mobilecam computes, pads at the right and below: its labels would be wrong",
        next: "Take one of google/mobilenet_v1_* (Hugging Face), or convert it to TensorFlow Lite")
    }
    throw WeightFault(
      "it is not MobileNet V1: expected tensors '\(own.first)' and '\(own.last)', or those of Hugging Face's "
        + "google/mobilenet_v1_*, found \(names.sorted().prefix(3).map(quoted).joined(separator: ", "))"
        + (names.count > 3 ? " …" : ""))
  }
}
