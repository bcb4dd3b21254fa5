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
    let bias: TFLiteTensor
    let output: Int
  }

  let alpha: Alpha
  let classCount: Int
  /// Side of the recorded input.
  let resolution: Int
  let parts: [Part]
  /// Type of the graph's input (`TensorType`), which differs from the first layer's if a QUANTIZE stands before it.
  let inputType: Int
  let poolOutput: Int
  let softmaxInput: Int
  let softmaxOutput: Int

  /// - Throws: `WeightFault` where the graph is not MobileNet V1.
  init(_ model: TFLiteModel) throws {
    var chain = try Self.chain(model)[...]
    if chain.first?.operation == .quantize { chain.removeFirst() }
    while let last = chain.last, last.operation == .dequantize || last.operation == .quantize { chain.removeLast() }
    guard let first = chain.first, first.operation == .convolution, first.inputs.count > 1 else {
      throw Self.unexpected("CONV_2D", "conv1", chain.first)
    }
    let firstKernel = try model.tensor(first.inputs[1])
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
    inputType = image.type
    classCount = try Self.classCount(chain, model)
    try checkClassCount(classCount)

    var parts: [Part] = []
    var pool: TFLiteOperator?
    var softmax: TFLiteOperator?
    for layer in Architecture(alpha: alpha, resolution: resolution, classCount: classCount).layers {
      // Converters put a reshape before FULLY_CONNECTED, or after the last CONV_2D.
      while pool != nil, chain.first?.operation == .reshape || chain.first?.operation == .squeeze {
        chain.removeFirst()
      }
      guard let step = chain.popFirst() else { throw Self.unexpected(Self.expected(layer), layer.name, nil) }
      switch layer.kind {
      case .pool:
        try Self.checkPool(step, layer, model)
        pool = step
      case .softmax:
        try Self.checkSoftmax(step)
        softmax = step
      default:
        parts.append(try Self.part(step, layer, model, alpha))
      }
    }
    guard let pool, let softmax, chain.isEmpty else {
      throw Self.unexpected("the end of the network", "softmax", chain.first)
    }
    self.parts = parts
    poolOutput = pool.outputs[0]
    softmaxInput = softmax.inputs[0]
    softmaxOutput = softmax.outputs[0]
  }

  /// The operators from input to output, in the order in which they run.
  private static func chain(_ model: TFLiteModel) throws -> [TFLiteOperator] {
    var producers: [Int: TFLiteOperator] = [:]
    for step in model.operators { for output in step.outputs { producers[output] = step } }
    var chain: [TFLiteOperator] = []
    var tensor = model.output
    while tensor != model.input {
      guard let step = producers[tensor], let source = step.inputs.first, step.outputs.count == 1 else {
        throw WeightFault("it is not MobileNet V1: no path of operators leads from its input to its output")
      }
      guard chain.count < model.operators.count else {
        throw WeightFault("it is not MobileNet V1: its operators form a loop")
      }
      chain.append(step)
      tensor = source
    }
    return chain.reversed()
  }

  /// Outputs of the last layer that has weights.
  private static func classCount(_ chain: ArraySlice<TFLiteOperator>, _ model: TFLiteModel) throws -> Int {
    guard let last = chain.last(where: { $0.operation == .convolution || $0.operation == .fullyConnected }),
      last.inputs.count > 1
    else { throw unexpected("CONV_2D or FULLY_CONNECTED", "fc", nil) }
    return try model.tensor(last.inputs[1]).shape.first ?? 0
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

  private static func part(
    _ step: TFLiteOperator, _ layer: Architecture.Layer, _ model: TFLiteModel, _ alpha: Alpha
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
    guard step.inputs.count == 3 else {
      throw WeightFault(
        "it is not MobileNet V1: '\(layer.name)' has \(step.inputs.count) inputs, expected 3 with its bias")
    }
    try TFLiteOptions.check(step, layer)
    let part = Part(
      layer: layer, input: step.inputs[0], kernel: try model.tensor(step.inputs[1]),
      bias: try model.tensor(step.inputs[2]), output: step.outputs[0])
    for (what, tensor, expected) in [("kernel", part.kernel, shape), ("bias", part.bias, [channels.output])] {
      guard tensor.shape == expected else {
        throw WeightFault(
          "it is not MobileNet V1 at α = \(alpha.name): the \(what) of '\(layer.name)' has shape \(shapeText(tensor.shape)), "
            + "expected \(shapeText(expected))")
      }
      let bytes = expected.reduce(TFLiteType(rawValue: tensor.type)?.bytes ?? 0, *)
      guard tensor.data.count == bytes, bytes > 0 else {
        throw WeightFault(
          "the \(what) of '\(layer.name)' is \(TFLiteType.name(tensor.type)) in \(tensor.data.count) bytes: expected FLOAT32, "
            + "UINT8 or INT8 values of shape \(shapeText(expected)) (biases FLOAT32 or INT32) in the file")
      }
    }
    return part
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
