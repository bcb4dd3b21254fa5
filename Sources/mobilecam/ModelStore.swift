import Frames
import Glibc
import Kernels
import MobileNet
import Playback

/// Finds the weights for each α and keeps what was packed, so that going back to an α costs nothing.
///
/// Looks in `--weights`, then where weights are installed, then in the program's own assets; an α that none of them has
/// runs on random weights, which are good for latency and nothing else.
final class ModelStore {
  /// Of the float network, and of preprocessing.
  let kernels: KernelTable
  private let quantizedKernels: QuantizedKernelTable
  /// In the order in which they are asked.
  let collections: [WeightCollection]
  /// What `--weights` names.
  private let given: WeightCollection?
  /// The path of `--weights` where it is one file: its α is then the only one.
  private let onlyFile: String?
  private var packed: [String: PackedWeights] = [:]
  private var packedQuantized: [String: QuantizedPackedWeights] = [:]

  /// - Throws: `UserError` if `--weights` names nothing usable, or `MOBILECAM_ISA` no instruction set of this machine.
  init(weights: String?) throws {
    kernels = try InstructionSets.chosen()
    quantizedKernels = try InstructionSets.chosenQuantized()
    var collections: [WeightCollection] = []
    onlyFile = weights.flatMap { Self.isDirectory($0) ? nil : $0 }
    given = try weights.map { try WeightCollection(path: $0) }
    if let given { collections.append(given) }
    if onlyFile == nil {
      let places = [Self.installDirectory, (try? Assets.directory()).map { $0 + "/weights" }].compactMap { $0 }
      collections += places.compactMap { try? WeightCollection(path: $0) }
    }
    self.collections = collections
  }

  /// Where `weights install` puts files.
  static var installDirectory: String {
    func variable(_ name: String) -> String? {
      getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
    let data = variable("XDG_DATA_HOME") ?? (variable("HOME") ?? "/root") + "/.local/share"
    return data + "/mobilecam/weights"
  }

  /// Whether an α can show labels: all others run on random weights, if at all.
  func hasTrainedWeights(_ alpha: Alpha) -> Bool { collections.flatMap(\.files).contains { $0.alpha == alpha } }

  /// The configuration that the options choose; what they leave open is that of the first weights there are.
  func settings(_ options: NetworkOptions) -> Settings {
    let precision = options.precision ?? defaultPrecision
    let first = collections.lazy.flatMap(\.files).first {
      options.chosenAlpha == nil || $0.alpha == options.chosenAlpha
    }
    return Settings(
      alpha: options.chosenAlpha ?? first?.alpha ?? .quarter,
      resolution: options.chosenResolution ?? first?.trainedResolution ?? 224, precision: precision,
      threads: options.chosenThreads)
  }

  /// What the weights that the user named are made for.
  private var defaultPrecision: String {
    given.map { $0.files.allSatisfy(\.isQuantized) } == true ? "int8" : "fp32"
  }

  /// The network that the options choose.
  /// - Throws: `UserError` if the file cannot be read.
  func network(_ options: NetworkOptions) throws -> any RunnableNetwork {
    let settings = settings(options)
    return try network(
      alpha: settings.alpha, resolution: settings.resolution, precision: settings.precision,
      team: WorkerTeam(count: settings.threads))
  }

  /// - Throws: `UserError` if the file cannot be read.
  func network(
    alpha: Alpha, resolution: Int, precision: String, team: WorkerTeam
  ) throws -> any RunnableNetwork {
    precision == "int8"
      ? QuantizedNetwork(
        weights: try quantizedWeights(alpha: alpha, resolution: resolution), resolution: resolution, team: team)
      : Network(weights: try weights(alpha: alpha, resolution: resolution), resolution: resolution, team: team)
  }

  /// The network with standard convolutions, which nobody has trained: float32 on random weights.
  func standardNetwork(alpha: Alpha, resolution: Int, team: WorkerTeam) throws -> any RunnableNetwork {
    let weights = try PackedWeights(RandomWeights(alpha: alpha, convolution: .standard), kernels: kernels)
    return Network(weights: weights, resolution: resolution, team: team)
  }

  /// The file that an α runs on; `nil` where that is random weights. One that was made for the precision comes before
  /// others, but what the user named comes first of all.
  func file(alpha: Alpha, resolution: Int, precision: String) -> WeightFileDescription? {
    let isQuantized = precision == "int8"
    func best(_ collections: [WeightCollection], quantized: Bool) -> WeightFileDescription? {
      collections.lazy.compactMap { $0.best(alpha: alpha, resolution: resolution, quantized: quantized) }.first
    }
    for collections in [given.map { [$0] } ?? [], collections] {
      if let file = best(collections, quantized: isQuantized) ?? best(collections, quantized: !isQuantized) {
        return file
      }
    }
    return nil
  }

  /// Packed weights of an α: those trained at `resolution` if there are such, else at the nearest; quantized ones without
  /// their steps where there are no others.
  private func weights(alpha: Alpha, resolution: Int) throws -> PackedWeights {
    let file = file(alpha: alpha, resolution: resolution, precision: "fp32")
    let key = file?.path ?? "random \(alpha.name)"
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
    let file = file(alpha: alpha, resolution: resolution, precision: "int8")
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
    if let onlyFile {
      let found = collections.flatMap(\.files).map { "α = \($0.alpha.name)" }.joined(separator: "; ")
      throw UserError(
        "weights '\(onlyFile)' are for \(found): expected weights for α = \(alpha.name). "
          + "Give a file for that α, a folder with several, or another --alpha.")
    }
    return RandomWeights(alpha: alpha)
  }

  private static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}
