import Model

/// MobileNet V1 found in a TFLite model: which tensors are which layer's.
///
/// The walk goes from the graph's output back to its input along each operator's first input, so the order of operators
/// and their names don't matter, and what converters put beside the way (shape arithmetic) is not looked at. Recorded shapes of activations are
/// not looked at either: kernels, strides and padding determine them, and LiteRT computes them anew as well.
struct TFLiteNetwork {
  /// One layer with weights; numbers are tensors.
  struct Part {
    let layer: Architecture.Layer
    let input: Int
    let kernel: TFLiteTensor
    /// `nil` for zeros.
    let bias: TFLiteTensor?
    let output: Int
  }

  let alpha: Alpha
  let classCount: Int
  /// Side of the recorded input.
  let resolution: Int
  /// What stands before the first layer.
  let input: TFLiteInput
  let parts: [Part]
  let poolOutput: Int
  /// Tensors of the graph's own softmax; `nil` where it ends with the logits.
  let softmax: (input: Int, output: Int)?
  /// Whether activations are bytes; weights alone may be so too.
  let isQuantized: Bool

  /// - Parameter isTrained: files do not say it.
  func facts(isTrained: Bool = true, input: InputNormalization = .signed) -> WeightFacts {
    WeightFacts(
      alpha: alpha, classCount: classCount, trainedResolution: resolution, isTrained: isTrained, input: input)
  }

  /// - Throws: `WeightFault` where the graph is not MobileNet V1.
  init(_ model: TFLiteModel) throws {
    var chain = try Self.chain(model)[...]
    input = try TFLiteInput(&chain, model)
    while let last = chain.last, Self.changesNothing(last) { chain.removeLast() }
    let first = chain.first { !Self.isPad($0) }
    guard let first, first.operation == .convolution, first.inputs.count > 1 else {
      throw Self.unexpected("CONV_2D", "conv1", first)
    }
    let firstKernel = try model.constant(first.inputs[1])
    guard let alpha = firstKernel.shape.first.flatMap(Alpha.init(firstLayerChannels:)) else {
      throw WeightFault(
        "it is not MobileNet V1: the kernel of 'conv1' has shape \(shapeText(firstKernel.shape)), "
          + "expected [C, 3, 3, 3] with C = 8, 16, 24 or 32")
    }
    let image = try model.tensor(model.input)
    guard image.shape.count == 4, image.shape[1] == image.shape[2], image.shape[3] == 3,
      Architecture.isValid(resolution: image.shape[1])
    else {
      throw WeightFault(
        "its input has shape \(shapeText(image.shape)): expected [1, S, S, 3], for S \(expectedResolution)")
    }
    self.alpha = alpha
    resolution = image.shape[1]
    classCount = try Self.classCount(chain, model)
    try checkClassCount(classCount)

    var parts: [Part] = []
    var pool: TFLiteOperator?
    var softmax: TFLiteOperator?
    for layer in Architecture(alpha: alpha, resolution: resolution, classCount: classCount).layers {
      // Converters put a reshape before FULLY_CONNECTED, or after the last CONV_2D.
      while pool != nil, let next = chain.first, Self.changesNothing(next) { chain.removeFirst() }
      // Without softmax at the end the logits get one.
      if layer.kind == .softmax, chain.isEmpty { break }
      let pad = chain.first.flatMap { Self.isPad($0) && layer.hasSides ? $0 : nil }
      if pad != nil { chain.removeFirst() }
      guard let step = chain.popFirst() else { throw Self.unexpected(Self.expected(layer), layer.name, nil) }
      switch layer.kind {
      case .pool:
        try Self.checkPool(step, layer, model)
        pool = step
      case .softmax:
        try Self.checkSoftmax(step)
        softmax = step
      default:
        let behind = chain.first?.operation == .relu6 && layer.kind != .fullyConnected ? chain.popFirst() : nil
        parts.append(try Self.part(step, pad: pad, activation: behind, layer, model, alpha))
      }
    }
    guard let pool, chain.isEmpty else { throw Self.unexpected("the end of the network", "softmax", chain.first) }
    self.parts = parts
    poolOutput = pool.outputs[0]
    self.softmax = softmax.map { ($0.inputs[0], $0.outputs[0]) }
    let activation = try model.tensor(parts[0].output)
    guard activation.isBytes || activation.kind == .float32 else {
      throw WeightFault("its activations are \(activation.typeName): expected FLOAT32, UINT8 or INT8")
    }
    isQuantized = activation.isBytes
  }

  /// The operators from input to output, in the order in which they run.
  private static func chain(_ model: TFLiteModel) throws -> [TFLiteOperator] {
    var chain: [TFLiteOperator] = []
    var tensor = model.output
    while tensor != model.input {
      guard let step = model.producer(of: tensor), !step.inputs.isEmpty, step.outputs.count == 1 else {
        throw WeightFault("it is not MobileNet V1: no path of operators leads from its input to its output")
      }
      guard chain.count < model.operators.count else {
        throw WeightFault("it is not MobileNet V1: its operators form a loop")
      }
      chain.append(step)
      tensor = try computedInput(step, model)
    }
    return chain.reversed()
  }

  /// The input that comes from the image: where there are two to an arithmetic operator, the other one is a constant.
  private static func computedInput(_ step: TFLiteOperator, _ model: TFLiteModel) throws -> Int {
    guard [.add, .multiply, .subtract, .divide].contains(step.operation), step.inputs.count == 2 else {
      return step.inputs[0]
    }
    if try model.isConstant(step.inputs[0]) { return step.inputs[1] }
    guard try model.isConstant(step.inputs[1]) else {
      throw WeightFault(
        "it is not MobileNet V1: its \(step.name) joins the outputs of two layers, as MobileNet V2 and other residual "
          + "networks do")
    }
    return step.inputs[0]
  }

  private static func isPad(_ step: TFLiteOperator) -> Bool {
    step.operation == .pad || step.operation == .padWithValue
  }

  /// What converters put behind the pool, and what makes numbers of bytes or bytes of numbers.
  private static func changesNothing(_ step: TFLiteOperator) -> Bool {
    [.reshape, .squeeze, .quantize, .dequantize].contains(step.operation)
  }

  /// Outputs of the last layer that has weights.
  private static func classCount(_ chain: ArraySlice<TFLiteOperator>, _ model: TFLiteModel) throws -> Int {
    guard let last = chain.last(where: { $0.operation == .convolution || $0.operation == .fullyConnected }),
      last.inputs.count > 1
    else { throw unexpected("CONV_2D or FULLY_CONNECTED", "fc", nil) }
    return try model.constant(last.inputs[1]).shape.first ?? 0
  }

  private static func unexpected(_ expected: String, _ layer: String, _ found: TFLiteOperator?) -> WeightFault {
    WeightFault(
      "it is not MobileNet V1: expected \(expected) for '\(layer)', found \(found?.name ?? "the end of the network")")
  }

  private static func expected(_ layer: Architecture.Layer) -> String {
    switch layer.kind {
    case .convolution, .pointwise: return "CONV_2D"
    case .depthwise: return "DEPTHWISE_CONV_2D"
    case .pool: return "AVERAGE_POOL_2D or MEAN"
    case .fullyConnected: return "CONV_2D or FULLY_CONNECTED"
    case .softmax: return "SOFTMAX"
    }
  }

  /// - Parameters:
  ///   - pad: the PAD before the operator.
  ///   - activation: the RELU6 behind it.
  private static func part(
    _ step: TFLiteOperator, pad: TFLiteOperator?, activation: TFLiteOperator?, _ layer: Architecture.Layer,
    _ model: TFLiteModel, _ alpha: Alpha
  ) throws -> Part {
    let channels = (input: layer.inputChannels, output: layer.outputChannels)
    let shape: [Int]
    switch (layer.kind, step.operation) {
    case (.convolution, .convolution): shape = [channels.output, 3, 3, channels.input]
    case (.depthwise, .depthwise): shape = [1, 3, 3, channels.output]
    case (.pointwise, .convolution), (.fullyConnected, .convolution): shape = [channels.output, 1, 1, channels.input]
    case (.fullyConnected, .fullyConnected): shape = [channels.output, channels.input]
    default: throw unexpected(expected(layer), layer.name, step)
    }
    guard 2...3 ~= step.inputs.count else {
      throw WeightFault(
        "it is not MobileNet V1: '\(layer.name)' has \(step.inputs.count) inputs, expected 2, or 3 with a bias")
    }
    try TFLiteOptions.check(
      step, layer, pad: try pad.map { try Self.pad($0, layer, model) },
      activation: activation.map { _ in TFLiteOptions.Activation.relu6 })
    // An input that is left out has the number -1.
    let bias = step.inputs.count == 3 && step.inputs[2] >= 0 ? try model.constant(step.inputs[2]) : nil
    let part = Part(
      layer: layer, input: step.inputs[0], kernel: try model.constant(step.inputs[1]), bias: bias,
      output: (activation ?? step).outputs[0])
    try check(part.kernel, "kernel", shape, [.float32, .float16, .uint8, .int8], layer, alpha)
    if let bias {
      try check(bias, "bias", [channels.output], [.float32, .float16, .uint8, .int8, .int32], layer, alpha)
    }
    return part
  }

  private static func check(
    _ tensor: TFLiteTensor, _ what: String, _ shape: [Int], _ kinds: [TFLiteType], _ layer: Architecture.Layer,
    _ alpha: Alpha
  ) throws {
    guard tensor.shape == shape else {
      throw WeightFault(
        "it is not MobileNet V1 at α = \(alpha.name): the \(what) of '\(layer.name)' has shape \(shapeText(tensor.shape)), "
          + "expected \(shapeText(shape))")
    }
    guard let kind = tensor.kind, kinds.contains(kind), tensor.data.count == shape.reduce(kind.bytes, *) else {
      throw WeightFault(
        "the \(what) of '\(layer.name)' is \(tensor.typeName) in \(tensor.data.count) bytes: expected "
          + "\(kinds.map { TFLiteType.name($0.rawValue) }.joined(separator: ", ")) of shape \(shapeText(shape)) in the file"
      )
    }
  }

  private static func pad(
    _ step: TFLiteOperator, _ layer: Architecture.Layer, _ model: TFLiteModel
  ) throws -> TFLiteOptions.Pad {
    let what = "the PAD before '\(layer.name)'"
    guard step.inputs.count > 1 else { throw WeightFault("\(what) has no sizes") }
    let sizes = try model.tensor(step.inputs[1])
    guard sizes.kind == .int32, let pad = TFLiteOptions.Pad(try model.int32s(sizes, limit: 8)) else {
      throw WeightFault("\(what) is no constant padding of height and width")
    }
    if step.operation == .padWithValue {
      guard step.inputs.count == 3,
        try model.reals(model.constant(step.inputs[2]), "the value of \(what)", limit: 1) == [0]
      else { throw WeightFault("\(what) pads with something else than 0") }
    }
    return pad
  }

  private static func checkPool(_ step: TFLiteOperator, _ layer: Architecture.Layer, _ model: TFLiteModel) throws {
    switch step.operation {
    case .averagePool:
      try TFLiteOptions.checkPool(step, layer)
    case .mean:
      guard step.inputs.count == 2 else { throw WeightFault("it is not MobileNet V1: MEAN without its axes") }
      let axes = try model.tensor(step.inputs[1])
      guard axes.type == TFLiteType.int32.rawValue,
        try model.int32s(axes, limit: 2).map({ $0 < 0 ? $0 + 4 : $0 }).sorted() == [1, 2]
      else {
        throw WeightFault("it is not MobileNet V1: expected a MEAN over height and width for 'pool'")
      }
    default:
      throw unexpected(expected(layer), layer.name, step)
    }
  }

  private static func checkSoftmax(_ step: TFLiteOperator) throws {
    guard step.operation == .softmax else { throw unexpected("SOFTMAX", "softmax", step) }
    let beta = try step.options?.scalar(0, default: Float(0)) ?? 0
    guard beta == 1 else { throw WeightFault("it is not MobileNet V1: its SOFTMAX has beta \(beta), expected 1") }
  }
}

extension Architecture.Layer {
  /// Whether it looks at a pixel's neighbours, so that padding matters.
  fileprivate var hasSides: Bool { kind == .convolution || kind == .depthwise }
}
