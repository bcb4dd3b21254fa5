import Kernels
import MobileNet
import Model
import ModelFiles
import Platform

/// Makes networks, and keeps what was packed, so that going back to an α costs nothing. An α that has no weights anywhere
/// runs on random ones, which are good for latency and nothing else.
public final class NetworkStore {
  /// Of the float network, and of preprocessing.
  public let kernels: KernelTable
  private let quantizedKernels: QuantizedKernelTable
  public let places: WeightPlaces
  /// What given weights read of a pixel, where their files do not say it.
  private let inputRange: InputNormalization?
  /// `--labels`
  private let givenLabels: LabelList?
  /// Where ImageNet's names are.
  private let assets: String?
  /// By the weights' path.
  private var labels: [String: Labels] = [:]
  /// By place and precision.
  private var packed: [String: PackedWeights] = [:]
  private var packedQuantized: [String: QuantizedPackedWeights] = [:]
  /// By the number of threads.
  private var teams: [Int: WorkerTeam] = [:]

  /// - Parameters:
  ///   - weights: `--weights`.
  ///   - assets: the program's own folder, if there is one.
  ///   - inputRange: `--input-range`, for the weights that `weights` names.
  ///   - labels: the path of `--labels`, for the same, or for all weights where none are named.
  /// - Throws: `UserError` if `--weights` or `--labels` names nothing usable, or `MOBILECAM_ISA` no instruction set of this
  ///   machine.
  public init(
    weights: String?, assets: String?, inputRange: InputNormalization? = nil, labels: String? = nil
  ) throws {
    self.inputRange = inputRange
    self.assets = assets
    givenLabels = try labels.map { try LabelList(path: $0) }
    kernels = try InstructionSets.chosen()
    quantizedKernels = try InstructionSets.chosenQuantized()
    places = try WeightPlaces(weights: weights, assets: assets)
  }

  /// What is chosen, and for the rest what the first weights there are were made for.
  public func configuration(alpha: Alpha?, resolution: Int?, precision: Precision?, threads: Int) -> Configuration {
    let first = places.files.first { alpha == nil || $0.alpha == alpha }
    return Configuration(
      alpha: alpha ?? first?.alpha ?? .quarter, resolution: resolution ?? first?.trainedResolution ?? 224,
      precision: precision ?? places.defaultPrecision, threads: threads)
  }

  /// - Throws: `UserError` if the file cannot be read, its labels do not fit, or no thread can be started.
  public func network(_ configuration: Configuration) throws -> any RunnableNetwork {
    let labels = try labels(of: places.file(configuration))
    let network = try unnamedNetwork(configuration)
    network.labels = labels
    return network
  }

  /// Names of the classes of the weights in a file; of random ones there is nothing to say.
  private func labels(of file: WeightFileDescription?) throws -> Labels {
    guard let file else { return .numbered(outputs: Labels.count) }
    if let known = labels[file.path] { return known }
    let found: Labels
    if let givenLabels, places.isGiven(file) || !places.hasGiven {
      found = try Labels(givenLabels, outputs: file.classCount)
    } else if file.isImageNet, let assets {
      found = try Labels(path: assets + "/labels.txt", outputs: file.classCount)
    } else {
      found = try WeightFile.labels(of: file)
    }
    labels[file.path] = found
    return found
  }

  private func unnamedNetwork(_ configuration: Configuration) throws -> any RunnableNetwork {
    let (resolution, team) = (configuration.resolution, try team(of: configuration.threads))
    switch configuration.precision {
    case .fp32, .bf16, .fp16:
      let kernels =
        configuration.precision == .fp32 ? kernels : try InstructionSets.chosen(for: configuration.precision)
      return Network(weights: try weights(configuration, kernels: kernels), resolution: resolution, team: team)
    case .int8:
      return QuantizedNetwork(weights: try quantizedWeights(configuration), resolution: resolution, team: team)
    }
  }

  /// The weights of a configuration's α in float32, to be written to a file; `nil` where there are none.
  /// - Throws: `UserError` if the file cannot be read.
  public func floatWeights(_ configuration: Configuration) throws -> (any FloatWeightSource)? {
    try places.file(configuration).map { try floatSource(configuration, $0) }
  }

  /// The network with standard convolutions, which nobody has trained: float32 on random weights.
  /// - Throws: `UserError` if no thread can be started.
  public func standardNetwork(_ configuration: Configuration) throws -> any RunnableNetwork {
    let weights = try PackedWeights(
      RandomWeights(alpha: configuration.alpha, convolution: .standard), kernels: kernels)
    return Network(
      weights: weights, resolution: configuration.resolution, team: try team(of: configuration.threads))
  }

  private func team(of count: Int) throws -> WorkerTeam {
    if let team = teams[count] { return team }
    let team = try WorkerTeam(count: count)
    teams[count] = team
    return team
  }

  /// Packed weights of an α: those trained at `resolution` if there are such, else at the nearest; quantized ones without
  /// their steps where there are no others, and a smaller α's widened where there are none of this one.
  private func weights(_ configuration: Configuration, kernels: KernelTable) throws -> PackedWeights {
    let file = places.file(configuration)
    let key = "\(kernels.precision) \(configuration.alpha.name) \(file?.path ?? "random")"
    if let weights = packed[key] { return weights }
    let weights = try PackedWeights(try floatSource(configuration, file), kernels: kernels)
    packed[key] = weights
    return weights
  }

  /// The same for an 8-bit network: quantized files as they are, float ones quantized here. Of two trained at the same resolution the quantized one.
  private func quantizedWeights(_ configuration: Configuration) throws -> QuantizedPackedWeights {
    let file = places.file(configuration)
    let key = "\(configuration.alpha.name) \(file?.path ?? "random")"
    if let weights = packedQuantized[key] { return weights }
    let weights: QuantizedPackedWeights
    if let file, file.isQuantized, file.alpha == configuration.alpha,
      case .quantized(let source) = try load(file)
    {
      weights = QuantizedPackedWeights(source, kernels: quantizedKernels)
    } else {
      weights = try QuantizedPackedWeights(
        quantizing: try floatSource(configuration, file), kernels: quantizedKernels)
    }
    packedQuantized[key] = weights
    return weights
  }

  private func load(_ file: WeightFileDescription) throws -> LoadedWeights {
    try WeightFile.load(path: file.path, inputRange: places.isGiven(file) ? inputRange : nil)
  }

  /// Weights of the configuration's α in float32, from `file` or at random.
  private func floatSource(
    _ configuration: Configuration, _ file: WeightFileDescription?
  ) throws -> any FloatWeightSource {
    guard let file else { return try randomWeights(configuration.alpha) }
    let source: any FloatWeightSource =
      switch try load(file) {
      case .float(let source): source
      case .quantized(let source): DequantizedWeights(source)
      }
    return WidenedWeights(source, to: configuration.alpha) ?? source
  }

  /// - Throws: `UserError` where one file was given: then nothing else is meant.
  private func randomWeights(_ alpha: Alpha) throws -> RandomWeights {
    if let onlyFile = places.onlyFile {
      let found = places.files.map { "α = \($0.alpha.name)" }.joined(separator: "; ")
      throw UserError(
        "weights '\(onlyFile)' are for \(found): expected weights for α = \(alpha.name). "
          + "Give a file for that α, a folder with several, or another --alpha.")
    }
    return RandomWeights(alpha: alpha)
  }
}
