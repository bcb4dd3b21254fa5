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
  /// The path of `--weights` where it is one file: its α is then the only one.
  private let onlyFile: String?
  /// Whether `--weights` is one file.
  var isOneFile: Bool { onlyFile != nil }
  private var packed: [String: PackedWeights] = [:]
  private var packedQuantized: [String: QuantizedPackedWeights] = [:]

  /// - Throws: `UserError` if `--weights` names nothing usable, or `MOBILECAM_ISA` no instruction set of this machine.
  init(weights: String?) throws {
    kernels = try InstructionSets.chosen()
    quantizedKernels = try InstructionSets.chosenQuantized()
    var collections: [WeightCollection] = []
    onlyFile = weights.flatMap { Self.isDirectory($0) ? nil : $0 }
    if let weights { collections.append(try WeightCollection(path: weights)) }
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

  /// What α to start with: that of the first weights there are.
  func defaultAlpha(precision: String) -> Alpha { firstFile(precision)?.alpha ?? .quarter }
  /// The resolution that those were trained at.
  func defaultResolution(precision: String) -> Int { firstFile(precision)?.trainedResolution ?? 224 }

  /// An 8-bit network can be made of any file, a float one only of float files.
  private func firstFile(_ precision: String) -> WeightFileDescription? {
    collections.flatMap(\.files).first { precision == "int8" || !$0.isQuantized }
  }

  /// The network that the options choose.
  /// - Throws: `UserError` if the file cannot be read.
  func network(_ options: NetworkOptions) throws -> any RunnableNetwork {
    try network(
      alpha: options.chosenAlpha ?? defaultAlpha(precision: options.chosenPrecision),
      resolution: options.chosenResolution ?? defaultResolution(precision: options.chosenPrecision),
      precision: options.chosenPrecision, team: WorkerTeam(count: options.chosenThreads))
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

  /// The file that an α runs on; `nil` where that is random weights. For `int8` a quantized one before a float one.
  func file(alpha: Alpha, resolution: Int, precision: String) -> WeightFileDescription? {
    let float = file(alpha: alpha, resolution: resolution, quantized: false)
    return precision == "int8" ? file(alpha: alpha, resolution: resolution, quantized: true) ?? float : float
  }

  /// Packed weights of an α: those trained at `resolution` if there are such, else at the nearest.
  private func weights(alpha: Alpha, resolution: Int) throws -> PackedWeights {
    let file = file(alpha: alpha, resolution: resolution, precision: "fp32")
    let key = file?.path ?? "random \(alpha.name)"
    if let weights = packed[key] { return weights }
    let weights: PackedWeights
    if let file {
      guard case .float(let source) = try WeightFile.load(path: file.path) else {
        throw UserError("weights '\(file.path)' changed while they were read: expected float32, found quantized ones")
      }
      weights = try PackedWeights(source, kernels: kernels)
    } else {
      weights = try PackedWeights(randomWeights(alpha, expected: "float32 weights"), kernels: kernels)
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
        quantizing: randomWeights(alpha, expected: "weights"), kernels: quantizedKernels)
    }
    packedQuantized[key] = weights
    return weights
  }

  /// Of the first place that has such a file, the one trained nearest to `resolution`.
  private func file(alpha: Alpha, resolution: Int, quantized: Bool) -> WeightFileDescription? {
    collections.lazy.compactMap { $0.best(alpha: alpha, resolution: resolution, quantized: quantized) }.first
  }

  /// - Throws: `UserError` where one file was given: then nothing else is meant.
  private func randomWeights(_ alpha: Alpha, expected: String) throws -> RandomWeights {
    if let onlyFile {
      let found = collections.flatMap(\.files)
        .map { "α = \($0.alpha.name)\($0.isQuantized ? ", quantized" : ", float32")" }.joined(separator: "; ")
      throw UserError(
        "weights '\(onlyFile)' are for \(found): expected \(expected) for α = \(alpha.name). "
          + "Give a file for that α, a folder with several, or another --alpha or --precision.")
    }
    return RandomWeights(alpha: alpha)
  }

  private static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}
