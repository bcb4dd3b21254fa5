import Model

/// MobileNet V1 in a TensorFlow Lite file: float32, uint8 with one scale per kernel (the official quantized ones), or int8
/// with a scale per channel; float32 with weights in float16 or bytes. α, class count, resolution, kind and what the input
/// takes of a pixel follow from the file itself.
public final class TFLiteFile: Sendable {
  public var isQuantized: Bool { network.isQuantized }
  private let file: MappedFile
  private let model: TFLiteModel
  private let network: TFLiteNetwork

  /// Checks the structure: that the graph is MobileNet V1, and that every weight lies inside the file.
  /// - Throws: `UserError`
  public convenience init(path: String) throws {
    try self.init(file: MappedFile(path: path))
  }

  package init(file: MappedFile) throws {
    let (model, network) = try file.explaining {
      let model = try TFLiteModel(file.bytes)
      let network = try TFLiteNetwork(model)
      if network.isQuantized { try Self.checkBytes(network) }
      return (model, network)
    }
    self.file = file
    self.model = model
    self.network = network
  }

  /// What the structure alone says.
  var facts: WeightFacts { network.facts() }

  /// All kernels of one type of bytes.
  private static func checkBytes(_ network: TFLiteNetwork) throws {
    let first = network.parts[0].kernel
    for part in network.parts where part.kernel.type != first.type || !part.kernel.isBytes {
      throw WeightFault(
        "the kernel of '\(part.layer.name)' is \(part.kernel.typeName): expected "
          + (first.isBytes ? "\(first.typeName) as 'conv1' has" : "UINT8 or INT8 as its activations are"))
    }
  }

  /// Names of the files in the zip at the file's end that hold the names of its classes, as its metadata says.
  var labelFiles: [String] { model.metadata.labelFiles }

  /// Checks the values as well, and hands out the weights.
  /// - Parameters:
  ///   - isTrained: the file does not say whether it was trained; false for random weights.
  ///   - inputRange: what the input takes of a pixel, where the file does not say it.
  /// - Throws: `UserError`
  public func load(isTrained: Bool = true, inputRange: InputNormalization? = nil) throws -> LoadedWeights {
    try file.explaining {
      isQuantized
        ? .quantized(
          try TFLiteQuantized(network: network, model: model, file: file).read(
            isTrained: isTrained, inputRange: inputRange))
        : .float(try TFLiteFloatWeights(network, file, isTrained: isTrained, inputRange: inputRange))
    }
  }
}

/// The weights of a TFLite file whose activations are float32, copied, made float32 and transposed layer by layer.
final class TFLiteFloatWeights: FloatWeightSource {
  let facts: WeightFacts
  private let file: MappedFile
  private let parts: [TFLiteNetwork.Part]

  /// - Throws: `WeightFault` if a value is NaN or infinite.
  init(_ network: TFLiteNetwork, _ file: MappedFile, isTrained: Bool, inputRange: InputNormalization?) throws {
    self.file = file
    parts = network.parts
    for part in parts {
      try Self.checkValues(part.kernel, "kernel", part, file)
      if let bias = part.bias { try Self.checkValues(bias, "bias", part, file) }
    }
    let first = try Self.layer(parts[0], file)
    let input = try network.input.normalization(inputRange, firstKernel: Self.strength(first))
    facts = network.facts(isTrained: isTrained, input: input)
    try first.taking(input).checkFinite()
  }

  /// How much of a channel's output an image of −1 … 1 can be, at most: of the middle one of those that see an image.
  private static func strength(_ layer: FloatTensors) -> Double? {
    var sums = [Double](repeating: 0, count: layer.bias.count)
    for (index, weight) in layer.kernel.enumerated() { sums[index % sums.count] += Double(abs(weight)) }
    let live = sums.filter { $0 > 1e-6 }.sorted()
    return live.isEmpty ? nil : live[live.count / 2]
  }

  private static func checkValues(
    _ tensor: TFLiteTensor, _ what: String, _ part: TFLiteNetwork.Part, _ file: MappedFile
  ) throws {
    defer { file.release() }
    let (start, bytes) = (tensor.data.lowerBound, tensor.data.count)
    let odd: Int?
    switch tensor.kind {
    case .float32: odd = firstNonFinite(in: file.bytes, at: start, count: bytes / 4)
    case .float16: odd = firstNonFiniteHalf(in: file.bytes, at: start, count: bytes / 2)
    case .uint8, .int8:
      let (scales, _) = try what == "kernel" ? part.kernelQuantization() : part.biasQuantization(tensor)
      // The largest byte less any zero point.
      odd = scales.firstIndex { !($0 * 255).isFinite }
    default: throw WeightFault("the \(what) of '\(part.layer.name)' is \(tensor.typeName): expected FLOAT32")
    }
    if let odd {
      throw WeightFault(
        "the \(what) of '\(part.layer.name)' holds NaN or infinity (value \(odd)): expected finite weights")
    }
  }

  func layer(named name: String) throws -> FloatTensors {
    guard let part = parts.first(where: { $0.layer.name == name }) else { throw noLayer(name) }
    let layer = try Self.layer(part, file)
    return part.layer.kind == .convolution ? layer.taking(facts.input) : layer
  }

  private static func layer(_ part: TFLiteNetwork.Part, _ file: MappedFile) throws -> FloatTensors {
    defer { file.release() }
    let (rows, columns) = part.matrix
    let channels = part.layer.outputChannels
    let kernel = reals(
      part.kernel, file, rows: rows, columns: columns, channels: channels,
      part.kernel.isBytes ? try part.kernelQuantization() : ([], []))
    let bias =
      try part.bias.map {
        reals(
          $0, file, rows: 1, columns: channels, channels: channels,
          $0.isBytes ? try part.biasQuantization($0) : ([], []))
      } ?? Array(repeating: 0, count: channels)
    return FloatTensors(name: part.layer.name, kernel: kernel, bias: bias)
  }

  /// Values of any type as float32, the matrix of `rows` and `columns` transposed; the output channel is then the last
  /// dimension.
  /// - Parameter quantization: of bytes, signed: one for all channels or one for each.
  private static func reals(
    _ tensor: TFLiteTensor, _ file: MappedFile, rows: Int, columns: Int, channels: Int,
    _ quantization: (scales: [Float], zeroPoints: [Int32])
  ) -> [Float] {
    let (bytes, start) = (file.bytes, tensor.data.lowerBound)
    switch tensor.kind {
    case .float16:
      return transposedArray(UInt16.self, from: bytes, at: start, rows: rows, columns: columns) { float(ofHalf: $0) }
    case .uint8, .int8:
      let flip: UInt8 = tensor.kind == .uint8 ? 0x80 : 0
      var values = transposedArray(UInt8.self, from: bytes, at: start, rows: rows, columns: columns) {
        Float(Int8(bitPattern: $0 ^ flip))
      }
      let (scales, zeroPoints) = quantization
      for index in values.indices {
        let channel = scales.count == 1 ? 0 : index % channels
        values[index] = scales[channel] * (values[index] - Float(zeroPoints[channel]))
      }
      return values
    default:
      return transposedArray(Float.self, from: bytes, at: start, rows: rows, columns: columns) { $0 }
    }
  }
}

extension TFLiteNetwork.Part {
  /// The kernel as the matrix whose transpose has our layout. TFLite has output channels first (`[Cout, 3, 3, Cin]`, `[Cout,
  /// 1, 1, Cin]`, `[Cout, Cin]`), except depthwise (`[1, 3, 3, C]`), which stands as ours does.
  var matrix: (rows: Int, columns: Int) {
    let rows = layer.kind == .depthwise ? 1 : layer.outputChannels
    return (rows, layer.kernelShape.reduce(1, *) / rows)
  }
}

extension TFLiteNetwork.Part {
  /// Of a bias in bytes: one scale and zero point, or one for each channel; zero points in signed bytes.
  func biasQuantization(_ bias: TFLiteTensor) throws -> ([Float], [Int32]) {
    let what = "the bias of '\(layer.name)'"
    let (scales, zeroPoints) = try bias.parameters(what, limit: layer.outputChannels)
    guard scales.count == 1 || scales.count == layer.outputChannels else {
      throw WeightFault("\(what) has \(scales.count) scales: expected 1 or \(layer.outputChannels)")
    }
    return (scales, try zeroPoints.map { try bias.shifted($0, to: -128, what) })
  }
}
