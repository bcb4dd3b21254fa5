import Frames
import Kernels
import MobileNet
import Model
import Platform

/// Makes networks, and keeps what was packed, so that going back to an α costs nothing. An α that has no weights anywhere
/// runs on random ones, which are good for latency and nothing else.
final class ModelStore {
  /// Of the float network, and of preprocessing.
  let kernels: KernelTable
  private let quantizedKernels: QuantizedKernelTable
  let places: WeightPlaces
  /// By place and precision.
  private var packed: [String: PackedWeights] = [:]
  private var packedQuantized: [String: QuantizedPackedWeights] = [:]

  /// - Throws: `UserError` if `--weights` names nothing usable, or `MOBILECAM_ISA` no instruction set of this machine.
  init(weights: String?) throws {
    kernels = try InstructionSets.chosen()
    quantizedKernels = try InstructionSets.chosenQuantized()
    places = try WeightPlaces(weights: weights)
  }

  /// The configuration that the options choose; what they leave open is that of the first weights there are.
  func configuration(_ options: NetworkOptions) -> Configuration {
    let precision = options.chosenPrecision ?? places.defaultPrecision
    let first = places.files.first {
      options.chosenAlpha == nil || $0.alpha == options.chosenAlpha
    }
    return Configuration(
      alpha: options.chosenAlpha ?? first?.alpha ?? .quarter,
      resolution: options.chosenResolution ?? first?.trainedResolution ?? 224, precision: precision,
      threads: options.chosenThreads)
  }

  /// The network that the options choose.
  /// - Throws: `UserError` if the file cannot be read.
  func network(_ options: NetworkOptions) throws -> any RunnableNetwork {
    let configuration = configuration(options)
    return try network(configuration, team: try WorkerTeam(count: configuration.threads))
  }

  /// - Parameter team: as many workers as the configuration has threads.
  /// - Throws: `UserError` if the file cannot be read.
  func network(_ configuration: Configuration, team: WorkerTeam) throws -> any RunnableNetwork {
    let (alpha, resolution) = (configuration.alpha, configuration.resolution)
    func network(_ kernels: KernelTable) throws -> Network {
      Network(
        weights: try weights(alpha: alpha, resolution: resolution, kernels: kernels), resolution: resolution, team: team
      )
    }
    switch configuration.precision {
    case .fp32: return try network(kernels)
    case .bf16: return try network(InstructionSets.chosenBFloat16())
    case .int8:
      return QuantizedNetwork(
        weights: try quantizedWeights(alpha: alpha, resolution: resolution), resolution: resolution, team: team)
    }
  }

  /// The network with standard convolutions, which nobody has trained: float32 on random weights.
  func standardNetwork(alpha: Alpha, resolution: Int, team: WorkerTeam) throws -> any RunnableNetwork {
    let weights = try PackedWeights(RandomWeights(alpha: alpha, convolution: .standard), kernels: kernels)
    return Network(weights: weights, resolution: resolution, team: team)
  }

  /// Packed weights of an α: those trained at `resolution` if there are such, else at the nearest; quantized ones without
  /// their steps where there are no others.
  private func weights(alpha: Alpha, resolution: Int, kernels: KernelTable) throws -> PackedWeights {
    let file = places.file(alpha: alpha, resolution: resolution, precision: kernels.precision)
    let key = "\(kernels.precision) \(file?.path ?? "random \(alpha.name)")"
    if let weights = packed[key] { return weights }
    let weights: PackedWeights
    if let file {
      switch try WeightFile.load(path: file.path) {
      case .float(let source): weights = try PackedWeights(source, kernels: kernels)
      case .quantized(let source): weights = try PackedWeights(DequantizedWeights(source), kernels: kernels)
      }
    } else {
      weights = try PackedWeights(randomWeights(alpha), kernels: kernels)
    }
    packed[key] = weights
    return weights
  }

  /// The same for an 8-bit network: quantized files as they are, float ones quantized here. Of two trained at the same resolution the quantized one.
  private func quantizedWeights(alpha: Alpha, resolution: Int) throws -> QuantizedPackedWeights {
    let file = places.file(alpha: alpha, resolution: resolution, precision: .int8)
    let key = file?.path ?? "random \(alpha.name)"
    if let weights = packedQuantized[key] { return weights }
    let weights: QuantizedPackedWeights
    if let file {
      switch try WeightFile.load(path: file.path) {
      case .quantized(let source): weights = QuantizedPackedWeights(source, kernels: quantizedKernels)
      case .float(let source): weights = try QuantizedPackedWeights(quantizing: source, kernels: quantizedKernels)
      }
    } else {
      weights = try QuantizedPackedWeights(
        quantizing: randomWeights(alpha), kernels: quantizedKernels)
    }
    packedQuantized[key] = weights
    return weights
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
