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
  private let files: [WeightFileDescription]
  private let given: String?
  private let kernels: KernelTable
  private let quantizedKernels: QuantizedKernelTable
  private var packed: [String: PackedWeights] = [:]
  private var packedQuantized: [String: QuantizedPackedWeights] = [:]

  /// - Throws: `UserError` if `--weights` names nothing usable, or `MOBILECAM_ISA` no instruction set of this machine.
  init(weights: String?) throws {
    kernels = try InstructionSets.chosen()
    quantizedKernels = try InstructionSets.chosenQuantized()
    given = weights
    var files: [WeightFileDescription] = []
    if let weights {
      files += try Self.isDirectory(weights) ? Self.descriptions(in: weights) : [WeightFile.describe(path: weights)]
      if files.isEmpty {
        throw UserError(
          "no weights in '\(weights)': expected files ending in .safetensors or .tflite with MobileNet V1 in them. "
            + "Name another folder or a file.")
      }
    }
    if weights.map(Self.isDirectory) ?? true {
      files += (try? Self.descriptions(in: Self.installDirectory)) ?? []
      if let assets = try? Assets.directory() {
        files += (try? Self.descriptions(in: assets + "/weights")) ?? []
      }
    }
    self.files = files
  }

  /// Where `weights install` puts files.
  static var installDirectory: String {
    func variable(_ name: String) -> String? {
      getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
    let data = variable("XDG_DATA_HOME") ?? (variable("HOME") ?? "/root") + "/.local/share"
    return data + "/mobilecam/weights"
  }

  /// What α to start with: the given file's, else the smallest that has trained weights.
  func defaultAlpha(precision: String) -> Alpha { firstFile(precision)?.alpha ?? .quarter }
  /// The resolution that the given file was made for.
  func defaultResolution(precision: String) -> Int { firstFile(precision)?.trainedResolution ?? 224 }

  /// An 8-bit network can be made of any file, a float one only of float files.
  private func firstFile(_ precision: String) -> WeightFileDescription? {
    files.first { precision == "int8" || !$0.isQuantized }
  }

  /// The network that the options choose.
  /// - Throws: `UserError` if the file cannot be read.
  func network(_ options: NetworkOptions) throws -> any RunnableNetwork {
    try network(
      alpha: options.chosenAlpha ?? defaultAlpha(precision: options.precision),
      resolution: options.chosenResolution ?? defaultResolution(precision: options.precision),
      precision: options.precision, team: WorkerTeam(count: options.chosenThreads))
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

  /// Packed weights of an α: those trained at `resolution` if there are such, else at the nearest.
  private func weights(alpha: Alpha, resolution: Int) throws -> PackedWeights {
    let file = file(alpha: alpha, resolution: resolution) { !$0.isQuantized }
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
    let file =
      file(alpha: alpha, resolution: resolution, where: \.isQuantized)
      ?? file(alpha: alpha, resolution: resolution) { _ in true }
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

  private func file(
    alpha: Alpha, resolution: Int, where isWanted: (WeightFileDescription) -> Bool
  ) -> WeightFileDescription? {
    files.filter { $0.alpha == alpha && isWanted($0) }.min { distance($0, resolution) < distance($1, resolution) }
  }

  /// - Throws: `UserError` where one file was given: then nothing else is meant.
  private func randomWeights(_ alpha: Alpha, expected: String) throws -> RandomWeights {
    if let given, !Self.isDirectory(given) {
      let found = files.map { "α = \($0.alpha.name)\($0.isQuantized ? ", quantized" : "")" }.joined(separator: "; ")
      throw UserError(
        "weights '\(given)' are for \(found): expected \(expected) for α = \(alpha.name). "
          + "Give a file for that α, a folder with several, or another --alpha or --precision.")
    }
    return RandomWeights(alpha: alpha)
  }

  private func distance(_ file: WeightFileDescription, _ resolution: Int) -> Int {
    file.trainedResolution.map { abs($0 - resolution) } ?? 1_000
  }

  private static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The readable weight files of a folder, by name; files that are none are passed over.
  private static func descriptions(in folder: String) throws -> [WeightFileDescription] {
    guard let directory = opendir(folder) else {
      throw UserError("cannot read the folder '\(folder)': \(String(cString: strerror(errno)))")
    }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name.hasSuffix(".safetensors") || name.hasSuffix(".tflite") { names.append(name) }
    }
    return names.sorted().compactMap { try? WeightFile.describe(path: folder + "/" + $0) }
  }
}
