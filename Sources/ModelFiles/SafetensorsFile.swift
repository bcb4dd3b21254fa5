import Model

/// MobileNet V1 in a safetensors file, as mobilecam's own tools write it: float32, batch norm folded.
///
/// Tensors: `conv1.kernel` `[3, 3, 3, C]`, `dwN.kernel` `[3, 3, C]`, `pwN.kernel` `[Cin, Cout]` (N = 1 … 13), `fc.kernel`
/// `[Cin, classes]`, each with a `.bias` `[Cout]`. α and the class count follow from the shapes; `__metadata__` may repeat them
/// (`alpha`, `classes`: then they must agree), and may say `trained_resolution` (pixels) and `trained` (`true`, `false`).
public final class SafetensorsFile: FloatWeightSource {
  public let alpha: Alpha
  public let classCount: Int
  public let trainedResolution: Int?
  public let isTrained: Bool
  public let input: InputNormalization
  private let file: MappedFile
  private let tensors: [String: SafetensorsLayout.Tensor]

  /// Checks the whole file: structure, shapes, and that every value is finite.
  /// - Throws: `UserError`
  public convenience init(path: String) throws {
    try self.init(file: MappedFile(path: path))
  }

  /// - Parameters:
  ///   - isTrained: what to believe where the metadata does not say it.
  ///   - input: what the network reads of a pixel.
  ///   - checksValues: false reads only the header, for listing files.
  package init(
    file: MappedFile, isTrained: Bool = true, input: InputNormalization = .signed, checksValues: Bool = true
  ) throws {
    let (layout, description) = try file.explaining {
      let layout = try SafetensorsLayout(file.bytes)
      return (layout, try Self.describe(layout))
    }
    self.file = file
    self.input = input
    tensors = layout.tensors
    alpha = description.alpha
    classCount = description.classCount
    trainedResolution = description.trainedResolution
    self.isTrained = description.isTrained ?? isTrained
    if checksValues { try file.explaining { try checkValues() } }
  }

  public func layer(named name: String) throws -> FloatWeights.Layer {
    guard let kernel = tensors[name + ".kernel"], let bias = tensors[name + ".bias"] else { throw noLayer(name) }
    let layer = FloatWeights.Layer(name: name, kernel: read(kernel), bias: read(bias))
    return name == "conv1" ? layer.taking(input) : layer
  }

  private func read(_ tensor: SafetensorsLayout.Tensor) -> [Float] {
    defer { file.release() }
    return copyArray(Float.self, from: file.bytes, at: tensor.range.lowerBound, count: tensor.range.count / 4)
  }

  private func checkValues() throws {
    for (name, tensor) in tensors.sorted(by: { $0.value.range.lowerBound < $1.value.range.lowerBound }) {
      defer { file.release() }
      if let index = firstNonFinite(in: file.bytes, at: tensor.range.lowerBound, count: tensor.range.count / 4) {
        throw WeightFault("'\(name)' holds NaN or infinity (value \(index)): expected finite weights")
      }
    }
    if input != .signed { try layer(named: "conv1").checkFinite() }
  }

  private struct Description {
    var alpha: Alpha
    var classCount: Int
    var trainedResolution: Int?
    var isTrained: Bool?
  }

  /// Checks that the tensors are exactly those of MobileNet V1.
  private static func describe(_ layout: SafetensorsLayout) throws -> Description {
    guard let first = layout.tensors["conv1.kernel"], let last = layout.tensors["fc.kernel"] else {
      throw WeightFault(
        "it is not MobileNet V1: expected tensors 'conv1.kernel' and 'fc.kernel', found "
          + "\(layout.tensors.keys.sorted().prefix(3).map(quoted).joined(separator: ", ")) …")
    }
    guard first.shape.count == 4, let alpha = Alpha(firstLayerChannels: first.shape[3]) else {
      throw WeightFault(
        "it is not MobileNet V1: 'conv1.kernel' has shape \(shapeText(first.shape)), "
          + "expected [3, 3, 3, C] with C = 8, 16, 24 or 32")
    }
    let classCount = last.shape.last ?? 0
    try checkClassCount(classCount)
    var expected = 0
    for layer in Architecture(alpha: alpha, resolution: 224, classCount: classCount).layers where layer.hasWeights {
      for (part, shape) in [("kernel", layer.kernelShape), ("bias", [layer.outputChannels])] {
        let name = "\(layer.name).\(part)"
        guard let tensor = layout.tensors[name] else {
          throw WeightFault("it is not MobileNet V1: tensor '\(name)' is missing")
        }
        guard tensor.shape == shape else {
          throw WeightFault(
            "it is not MobileNet V1 at α = \(alpha.name): '\(name)' has shape \(shapeText(tensor.shape)), "
              + "expected \(shapeText(shape))")
        }
        expected += 1
      }
    }
    guard layout.tensors.count == expected else {
      throw WeightFault("it is not MobileNet V1: expected \(expected) tensors, found \(layout.tensors.count)")
    }
    return Description(
      alpha: alpha, classCount: classCount,
      trainedResolution: try trainedResolution(layout.metadata, alpha: alpha, classCount: classCount),
      isTrained: try isTrained(layout.metadata))
  }

  private static func trainedResolution(
    _ metadata: [String: String], alpha: Alpha, classCount: Int
  ) throws -> Int? {
    if let text = metadata["alpha"], Double(text) != alpha.rawValue {
      throw WeightFault("its metadata says alpha \(quoted(text)), its shapes say \(alpha.name)")
    }
    if let text = metadata["classes"], Int(text) != classCount {
      throw WeightFault("its metadata says \(quoted(text)) classes, its shapes say \(classCount)")
    }
    guard let text = metadata["trained_resolution"] else { return nil }
    guard let resolution = Int(text), Architecture.isValid(resolution: resolution) else {
      throw WeightFault("its metadata says trained_resolution \(quoted(text)): expected \(expectedResolution)")
    }
    return resolution
  }

  private static func isTrained(_ metadata: [String: String]) throws -> Bool? {
    guard let text = metadata["trained"] else { return nil }
    guard let value = Bool(text) else {
      throw WeightFault("its metadata says trained \(quoted(text)): expected 'true' or 'false'")
    }
    return value
  }
}

/// What messages say of input sides.
let expectedResolution =
  "a multiple of \(Architecture.resolutionStep) from \(Architecture.resolutionRange.lowerBound) to "
  + "\(Architecture.resolutionRange.upperBound)"

/// - Throws: `WeightFault` for numbers of classes that no classifier has.
func checkClassCount(_ count: Int) throws {
  let range = Architecture.classCountRange
  guard range.contains(count) else {
    throw WeightFault("it has \(count) classes: expected \(range.lowerBound) to \(range.upperBound)")
  }
}
