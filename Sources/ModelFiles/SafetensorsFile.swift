import Model

/// MobileNet V1 in a safetensors file, as mobilecam's own tools write it, or as Hugging Face's transformers and timm
/// do (`SafetensorsNames`); values in F32, F16 or BF16.
///
/// Ours: `conv1.kernel` `[3, 3, 3, C]`, `dwN.kernel` `[3, 3, C]`, `pwN.kernel` `[Cin, Cout]` (N = 1 … 13), `fc.kernel`
/// `[Cin, classes]`, each with a `.bias` `[Cout]`. α and the class count follow from the shapes; `__metadata__` may repeat them
/// (`alpha`, `classes`: then they must agree), and may say `trained_resolution` (pixels) and `trained` (`true`, `false`).
public final class SafetensorsFile: FloatWeightSource {
  public let facts: WeightFacts
  private let file: MappedFile
  private let tensors: [String: SafetensorsLayout.Tensor]
  private let names: SafetensorsNames
  /// What is added to variances.
  private let epsilon: Double

  /// Checks the whole file: structure, shapes, and that every value is finite.
  /// - Throws: `UserError`
  public convenience init(path: String) throws {
    try self.init(file: MappedFile(path: path))
  }

  /// - Parameters:
  ///   - isTrained: what to believe where the metadata does not say it.
  ///   - input: what the network reads of a pixel, where nothing says it; −1 … 1 for `nil`.
  ///   - checksValues: false reads only the header, for listing files.
  package init(
    file: MappedFile, isTrained: Bool = true, input: InputNormalization? = nil, checksValues: Bool = true
  ) throws {
    (tensors, names, facts, epsilon) = try file.explaining {
      let layout = try SafetensorsLayout(file.bytes)
      let names = try SafetensorsNames.recognised(in: layout.tensors.keys)
      let (facts, epsilon) = try Self.describe(layout, names, path: file.path, isTrained: isTrained, input: input)
      return (layout.tensors, names, facts, epsilon)
    }
    self.file = file
    if checksValues { try file.explaining { try checkValues() } }
  }

  public func layer(named name: String) throws -> FloatTensors {
    guard let layer = architecture.layers.first(where: { $0.name == name && $0.hasWeights }) else {
      throw noLayer(name)
    }
    let found = names.layer(layer)
    var kernel = try kernel(layer, found.kernel)
    var rest = try found.rest.names.map { try values($0) }
    if case .normalization = found.rest {
      let (scale, term) = folded(rest.map { $0.map(Double.init) })
      for index in kernel.indices { kernel[index] *= scale[index % scale.count] }
      rest = [term]
    }
    let weights = FloatTensors(name: name, kernel: kernel, bias: rest[0])
    return name == "conv1" ? weights.taking(facts.input) : weights
  }

  // MARK: Values

  private func values(_ name: String) throws -> [Float] {
    guard let tensor = tensors[name] else { throw noLayer(name) }
    defer { file.release() }
    return tensor.values(in: file.bytes)
  }

  /// In our layout, with the output channels last.
  private func kernel(_ layer: Architecture.Layer, _ name: String) throws -> [Float] {
    let kernel = try values(name)
    guard names.isOutputFirst else { return kernel }
    let output = layer.outputChannels
    if layer.kind == .fullyConnected, Self.isTurnedAlready(kernel, classCount: output) { return kernel }
    let turned = kernel.withUnsafeBytes {
      transposedArray(Float.self, from: $0, at: 0, rows: output, columns: kernel.count / output) { $0 }
    }
    guard layer.kind == .convolution else { return turned }
    // [3, 9, Cout] with the colour in front → [9, 3, Cout].
    return turned.indices.map { index in
      let (tap, color) = (index / output).quotientAndRemainder(dividingBy: 3)
      return turned[(9 * color + tap) * output + index % output]
    }
  }

  /// Whether a classifier's bytes stand as ours do, against its shape: some writers put the bytes of a transposed NumPy array as they lie in
  /// memory, so that the file says `[classes, C]` and holds `[C, classes]`.
  ///
  /// ImageNet's classes stand in WordNet's order, so that neighbours (a breed of dogs and the next) are alike: their weights
  /// correlate by 0.12 to 0.20 in the official networks, and by less than 0.02 where the matrix is read the wrong way. Other classes tell
  /// nothing; then the shape holds.
  private static func isTurnedAlready(_ kernel: [Float], classCount: Int) -> Bool {
    guard Labels.isImageNet(outputs: classCount) else { return false }
    let channels = kernel.count / classCount
    /// Mean correlation of each class with the next, for a place in the matrix of each class and channel.
    func likeness(_ place: (_ class: Int, _ channel: Int) -> Int) -> Double {
      var sum = 0.0
      for index in 0..<classCount - 1 {
        var (product, first, second) = (0.0, 1e-30, 1e-30)
        for channel in 0..<channels {
          let (a, b) = (Double(kernel[place(index, channel)]), Double(kernel[place(index + 1, channel)]))
          product += a * b
          first += a * a
          second += b * b
        }
        sum += product / (first * second).squareRoot()
      }
      return sum / Double(classCount - 1)
    }
    let asShaped = likeness { $0 * channels + $1 }
    let turned = likeness { $1 * classCount + $0 }
    return turned > 0.05 && turned > 3 * abs(asShaped)
  }

  /// What batch normalisation makes of a sum: scale × sum + term (Ioffe, Szegedy 2015, with the running statistics).
  private func folded(_ parts: [[Double]]) -> (scale: [Float], term: [Float]) {
    let (gamma, beta, mean, variance) = (parts[0], parts[1], parts[2], parts[3])
    let scale = gamma.indices.map { gamma[$0] / (variance[$0] + epsilon).squareRoot() }
    return (scale.map { Float($0) }, scale.indices.map { Float(beta[$0] - mean[$0] * scale[$0]) })
  }

  private func checkValues() throws {
    for (name, tensor) in tensors.sorted(by: { $0.value.range.lowerBound < $1.value.range.lowerBound })
    where !names.ignored(name) {
      defer { file.release() }
      if let index = tensor.firstNonFinite(in: file.bytes) {
        throw WeightFault("\(quoted(name)) holds NaN or infinity (value \(index)): expected finite weights")
      }
    }
    for layer in architecture.layers where layer.hasWeights {
      guard case .normalization(let normalization) = names.layer(layer).rest else { continue }
      let name = normalization + ".running_var"
      let variance = try values(name)
      if let index = variance.firstIndex(where: { $0 < 0 }) {
        throw WeightFault("\(quoted(name)) holds \(variance[index]) (value \(index)): expected variances, 0 or more")
      }
      try self.layer(named: layer.name).checkFinite()
    }
    if facts.input != .signed { try layer(named: "conv1").checkFinite() }
  }

  // MARK: Structure

  /// Checks that the tensors are exactly those of MobileNet V1.
  /// - Returns: what is known of them, and what is added to variances.
  private static func describe(
    _ layout: SafetensorsLayout, _ names: SafetensorsNames, path: String, isTrained: Bool, input: InputNormalization?
  ) throws -> (WeightFacts, epsilon: Double) {
    guard let first = layout.tensors[names.first], let last = layout.tensors[names.last] else {
      throw WeightFault(
        "it is not MobileNet V1: expected tensors \(quoted(names.first)) and \(quoted(names.last)), found "
          + "\(layout.tensors.keys.sorted().prefix(3).map(quoted).joined(separator: ", ")) …")
    }
    guard first.shape.count == 4, let alpha = Alpha(firstLayerChannels: first.shape[names.isOutputFirst ? 0 : 3]) else {
      throw WeightFault(
        "it is not MobileNet V1: \(quoted(names.first)) has shape \(shapeText(first.shape)), "
          + "expected \(names.isOutputFirst ? "[C, 3, 3, 3]" : "[3, 3, 3, C]") with C = 8, 16, 24 or 32")
    }
    let classCount = (names.isOutputFirst ? last.shape.first : last.shape.last) ?? 0
    try checkClassCount(classCount)
    var expected: Set<String> = []
    for layer in Architecture(alpha: alpha, resolution: 224, classCount: classCount).layers where layer.hasWeights {
      for (name, shape) in names.layer(layer).shapes(outputFirst: names.isOutputFirst) {
        guard let tensor = layout.tensors[name] else {
          throw WeightFault("it is not MobileNet V1: tensor \(quoted(name)) is missing")
        }
        guard tensor.shape == shape else {
          throw WeightFault(
            "it is not MobileNet V1 at α = \(alpha.name): \(quoted(name)) has shape \(shapeText(tensor.shape)), "
              + "expected \(shapeText(shape))")
        }
        guard SafetensorsLayout.Tensor.realTypes.contains(tensor.type) else {
          throw WeightFault("tensor \(quoted(name)) is \(quoted(tensor.type)): expected F32, F16 or BF16")
        }
        expected.insert(name)
      }
    }
    let found = layout.tensors.keys.filter { !names.ignored($0) }
    guard found.count == expected.count else {
      let other = found.filter { !expected.contains($0) }.min() ?? ""
      throw WeightFault(
        "it is not MobileNet V1: expected \(expected.count) tensors, found \(found.count), of which \(quoted(other)) is none"
      )
    }
    let config =
      names.isOutputFirst ? try SafetensorsConfig.beside(path, alpha: alpha, classCount: classCount) : nil
    if let said = config?.input, let input, !input.covers(said.range) {
      throw WeightFault(
        "--input-range says something else than the mean and standard deviation beside it",
        next: "Leave --input-range out")
    }
    let facts = WeightFacts(
      alpha: alpha, classCount: classCount,
      trainedResolution: try trainedResolution(layout.metadata, alpha: alpha, classCount: classCount)
        ?? config?.imageSide,
      isTrained: try Self.isTrained(layout.metadata) ?? isTrained, input: config?.input ?? input ?? .signed,
      padding: config?.padding ?? names.padding)
    return (facts, config?.epsilon ?? names.epsilon)
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

extension SafetensorsLayout.Tensor {
  /// Types that weights may have.
  static let realTypes: Set<String> = ["F32", "F16", "BF16"]

  /// - Precondition: of a real type, inside `bytes`.
  func values(in bytes: UnsafeRawBufferPointer) -> [Float] {
    let start = range.lowerBound
    return switch type {
    case "F16": copyArray(UInt16.self, from: bytes, at: start, count: count).map { float(ofHalf: $0) }
    case "BF16":
      // The upper half of a float32.
      copyArray(UInt16.self, from: bytes, at: start, count: count).map { Float(bitPattern: UInt32($0) << 16) }
    default: copyArray(Float.self, from: bytes, at: start, count: count)
    }
  }

  /// Index of the first value that is NaN or infinite; `nil` if all are finite.
  /// - Precondition: as `values`.
  func firstNonFinite(in bytes: UnsafeRawBufferPointer) -> Int? {
    let start = range.lowerBound
    switch type {
    case "F16": return firstNonFiniteHalf(in: bytes, at: start, count: count)
    case "BF16": return values(in: bytes).firstIndex { !$0.isFinite }
    default: return ModelFiles.firstNonFinite(in: bytes, at: start, count: count)
    }
  }
}
