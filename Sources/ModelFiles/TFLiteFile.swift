import Model

/// MobileNet V1 in a TensorFlow Lite file: float32, uint8 with one scale per kernel (the official quantized ones), or int8
/// with a scale per channel. α, class count, resolution and kind follow from the file itself.
public final class TFLiteFile: Sendable {
  public let alpha: Alpha
  public let classCount: Int
  /// Side of the input that the file records.
  public let trainedResolution: Int
  public let isQuantized: Bool
  private let file: MappedFile
  private let model: TFLiteModel
  private let network: TFLiteNetwork

  /// Checks the structure: that the graph is MobileNet V1, and that every weight lies inside the file.
  /// - Throws: `UserError`
  public convenience init(path: String) throws {
    try self.init(file: MappedFile(path: path))
  }

  package init(file: MappedFile) throws {
    let (model, network, isQuantized) = try file.explaining {
      let model = try TFLiteModel(file.bytes)
      let network = try TFLiteNetwork(model)
      return (model, network, try Self.isQuantized(network))
    }
    self.file = file
    self.model = model
    self.network = network
    self.isQuantized = isQuantized
    alpha = network.alpha
    classCount = network.classCount
    trainedResolution = network.resolution
  }

  /// All kernels of one type: float32, or bytes.
  private static func isQuantized(_ network: TFLiteNetwork) throws -> Bool {
    let type = network.parts[0].kernel.type
    guard [TFLiteType.float32, .uint8, .int8].contains(where: { $0.rawValue == type }) else {
      throw WeightFault("its kernels are \(TFLiteType.name(type)): expected FLOAT32, UINT8 or INT8")
    }
    for part in network.parts where part.kernel.type != type {
      throw WeightFault(
        "the kernel of '\(part.layer.name)' is \(TFLiteType.name(part.kernel.type)): expected \(TFLiteType.name(type)) "
          + "as 'conv1' has")
    }
    return type != TFLiteType.float32.rawValue
  }

  /// Checks the values as well, and hands out the weights.
  /// - Parameter isTrained: the file does not say whether it was trained; false for random weights.
  /// - Throws: `UserError`
  public func load(isTrained: Bool = true) throws -> LoadedWeights {
    try file.explaining {
      isQuantized
        ? .quantized(try TFLiteQuantized(network: network, model: model, file: file).read(isTrained: isTrained))
        : .float(try TFLiteFloatWeights(network, file, isTrained: isTrained))
    }
  }
}

/// The float32 weights of a TFLite file, copied and transposed layer by layer.
final class TFLiteFloatWeights: FloatWeightSource {
  let alpha: Alpha
  let classCount: Int
  let trainedResolution: Int?
  let isTrained: Bool
  private let file: MappedFile
  private let parts: [TFLiteNetwork.Part]

  /// - Throws: `WeightFault` if a value is NaN or infinite.
  init(_ network: TFLiteNetwork, _ file: MappedFile, isTrained: Bool) throws {
    alpha = network.alpha
    classCount = network.classCount
    trainedResolution = network.resolution
    self.isTrained = isTrained
    self.file = file
    parts = network.parts
    for part in parts {
      for (what, tensor) in [("kernel", part.kernel), ("bias", part.bias)] {
        guard tensor.type == TFLiteType.float32.rawValue else {
          throw WeightFault("the \(what) of '\(part.layer.name)' is \(TFLiteType.name(tensor.type)): expected FLOAT32")
        }
        defer { file.release() }
        if let index = firstNonFinite(in: file.bytes, at: tensor.data.lowerBound, count: tensor.data.count / 4) {
          throw WeightFault(
            "the \(what) of '\(part.layer.name)' holds NaN or infinity (value \(index)): expected finite weights")
        }
      }
    }
  }

  func layer(named name: String) throws -> FloatWeights.Layer {
    guard let part = parts.first(where: { $0.layer.name == name }) else { throw noLayer(name) }
    defer { file.release() }
    let (rows, columns) = part.matrix
    return FloatWeights.Layer(
      name: name,
      kernel: transposedArray(
        Float.self, from: file.bytes, at: part.kernel.data.lowerBound, rows: rows, columns: columns
      ) { $0 },
      bias: copyArray(
        Float.self, from: file.bytes, at: part.bias.data.lowerBound, count: part.layer.outputChannels))
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
