import Model

/// How a family of safetensors files names and lays out the tensors of MobileNet V1, and what the network means by them where
/// no `config.json` says it.
///
/// Ours has batch normalisation folded, and output channels last. PyTorch's, of Hugging Face (`google/mobilenet_v1_*`,
/// transformers' `MobileNetV1ForImageClassification`) and of timm (PyTorch Image Models, `mobilenetv1_100`), keep the
/// normalisation, and have output channels first. All read −1 … 1.
struct SafetensorsNames {
  /// The tensors of one layer, by name.
  struct TensorNames {
    let layer: Architecture.Layer
    let kernel: String
    let rest: Rest

    /// What is done to the sums.
    enum Rest {
      case bias(String)
      /// In front of `parts`.
      case normalization(String)

      /// γ, β, and the statistics of training.
      static let parts = ["weight", "bias", "running_mean", "running_var"]

      var names: [String] {
        switch self {
        case .bias(let name): [name]
        case .normalization(let name): Self.parts.map { "\(name).\($0)" }
        }
      }
    }

    /// Every tensor with its shape.
    func shapes(outputFirst: Bool) -> [(name: String, shape: [Int])] {
      [(kernel, outputFirst ? Self.shapeOutputFirst(layer) : layer.kernelShape)]
        + rest.names.map { ($0, [layer.outputChannels]) }
    }

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
  let padding: Padding
  /// What is added to variances.
  let epsilon: Double
  /// The names of the first and the last kernel, by whose shapes α and the classes are known.
  let first: String
  let last: String
  let layer: @Sendable (Architecture.Layer) -> TensorNames

  /// Whether the computation needs nothing of a tensor: PyTorch's counters.
  func ignored(_ name: String) -> Bool { isOutputFirst && name.hasSuffix(".num_batches_tracked") }

  /// As mobilecam's own tools write it.
  static let own = SafetensorsNames(
    isOutputFirst: false, padding: .same, epsilon: 0, first: "conv1.kernel", last: "fc.kernel",
    layer: { TensorNames(layer: $0, kernel: $0.name + ".kernel", rest: .bias($0.name + ".bias")) })

  // MARK: PyTorch's

  /// A library's names, without what stands in front of all of them.
  private struct Library: Sendable {
    /// What the library itself puts before the names of all but the classifier.
    let body: String
    let stem: (kernel: String, normalization: String)
    let padding: Padding
    let epsilon: Double
    /// Of a depthwise or pointwise layer of a block, which counts from 0.
    let block: @Sendable (_ index: Int, _ isPointwise: Bool) -> (kernel: String, normalization: String)
  }

  private static let huggingFace = Library(
    body: "mobilenet_v1.", stem: ("conv_stem.convolution", "conv_stem.normalization"), padding: .same, epsilon: 0.001
  ) { index, isPointwise in
    let name = "layer.\(2 * index + (isPointwise ? 1 : 0))"
    return (name + ".convolution", name + ".normalization")
  }

  private static let timm = Library(
    body: "", stem: ("conv_stem", "bn1"), padding: .symmetric, epsilon: 1e-5
  ) { index, isPointwise in
    // A stage begins where the side is halved.
    let stages = Architecture.blocks.indices.filter { $0 == 0 || Architecture.blocks[$0].stride == 2 }
    let stage = stages.lastIndex { $0 <= index } ?? 0
    let name = "blocks.\(stage).\(index - stages[stage])"
    return isPointwise ? (name + ".conv_pw", name + ".bn2") : (name + ".conv_dw", name + ".bn1")
  }

  /// - Parameters:
  ///   - body: in front of the names of all but the classifier.
  ///   - head: in front of the classifier's.
  private init(_ library: Library, body: String, head: String) {
    self.init(
      isOutputFirst: true, padding: library.padding, epsilon: library.epsilon,
      first: "\(body)\(library.stem.kernel).weight", last: head + "classifier.weight",
      layer: { layer in
        if layer.kind == .fullyConnected {
          return TensorNames(layer: layer, kernel: head + "classifier.weight", rest: .bias(head + "classifier.bias"))
        }
        // dw1, pw1, dw2 …
        let block = (Int(layer.name.drop { $0.isLetter }) ?? 1) - 1
        let (kernel, normalization) =
          layer.kind == .convolution ? library.stem : library.block(block, layer.kind == .pointwise)
        return TensorNames(layer: layer, kernel: "\(body)\(kernel).weight", rest: .normalization(body + normalization))
      })
  }

  private init(
    isOutputFirst: Bool, padding: Padding, epsilon: Double, first: String, last: String,
    layer: @escaping @Sendable (Architecture.Layer) -> TensorNames
  ) {
    self.isOutputFirst = isOutputFirst
    self.padding = padding
    self.epsilon = epsilon
    self.first = first
    self.last = last
    self.layer = layer
  }

  // MARK: Recognition

  /// The family that a file's names are of.
  /// - Throws: `WeightFault` that says what the file is instead.
  static func recognised(in names: some Collection<String>) throws -> SafetensorsNames {
    if names.contains(own.first) || names.contains(own.last) { return own }
    func has(_ part: String) -> Bool { names.contains { $0.contains(part) } }
    if has("mobilenet_v2.") || has("conv_stem.first_conv") || has(".conv_pwl.") {
      throw WeightFault("it is MobileNet V2 or of a later kind, with inverted residuals: expected MobileNet V1")
    }
    for library in [huggingFace, timm] {
      let block = library.block(0, false).kernel + ".weight"
      // Wrappers put their own names in front: 'model.', 'module.', 'timm_model.'.
      guard let body = prefix(of: library.stem.kernel + ".weight", in: names),
        names.contains(body + block) || !has(block)
      else { continue }
      if has(body + "conv_head.") {
        throw WeightFault(
          "it is MobileNet V1 with a further convolution in front of its classifier (\(quoted(body + "conv_head"))), such as "
            + "timm's mobilenetv1_100h: expected one without, such as mobilenetv1_100")
      }
      let wrapper = body.hasSuffix(library.body) ? String(body.dropLast(library.body.count)) : body
      return SafetensorsNames(library, body: body, head: prefix(of: "classifier.weight", in: names) ?? wrapper)
    }
    throw WeightFault(
      "it is not MobileNet V1: expected tensors '\(own.first)' and '\(own.last)', or those of Hugging Face's "
        + "google/mobilenet_v1_* or of timm's mobilenetv1_*, found "
        + names.sorted().prefix(3).map(quoted).joined(separator: ", ") + (names.count > 3 ? " …" : ""))
  }

  /// What stands in front of a name, where it is the whole name behind a point; the shortest.
  private static func prefix(of name: String, in names: some Collection<String>) -> String? {
    names.filter { $0 == name || $0.hasSuffix("." + name) }.min { $0.utf8.count < $1.utf8.count }
      .map { String($0.dropLast(name.count)) }
  }
}
