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
  let kernels: KernelTable
  private let files: [WeightFileDescription]
  private let given: String?
  private var packed: [String: PackedWeights] = [:]

  /// - Throws: `UserError` if `--weights` names nothing usable.
  init(weights: String?, kernels: KernelTable) throws {
    self.kernels = kernels
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
    func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 } }
    let data = variable("XDG_DATA_HOME") ?? (variable("HOME") ?? "/root") + "/.local/share"
    return data + "/mobilecam/weights"
  }

  /// What α to start with: the given file's, else the smallest that has trained weights.
  var defaultAlpha: Alpha { files.first(where: { !$0.isQuantized })?.alpha ?? .quarter }
  /// The resolution that the given file was made for.
  var defaultResolution: Int { files.first(where: { !$0.isQuantized })?.trainedResolution ?? 224 }

  /// Packed weights of an α: those trained at `resolution` if there are such, else at the nearest.
  /// - Throws: `UserError` if the file cannot be read.
  func weights(alpha: Alpha, resolution: Int) throws -> PackedWeights {
    let file = files.filter { $0.alpha == alpha && !$0.isQuantized }
      .min { distance($0, resolution) < distance($1, resolution) }
    let key = file?.path ?? "random \(alpha.name)"
    if let weights = packed[key] { return weights }
    let weights: PackedWeights
    if let file {
      guard case .float(let source) = try WeightFile.load(path: file.path) else {
        throw UserError("weights '\(file.path)' changed while they were read: expected float32, found quantized ones")
      }
      weights = try PackedWeights(source, kernels: kernels)
    } else {
      if let given, !Self.isDirectory(given) {
        let found = files.map { "α = \($0.alpha.name)\($0.isQuantized ? ", quantized" : "")" }.joined(separator: "; ")
        throw UserError(
          "weights '\(given)' are for \(found): expected float32 weights for α = \(alpha.name). "
            + "Give a file for that α, a folder with several, or another --alpha.")
      }
      weights = try PackedWeights(RandomWeights(alpha: alpha), kernels: kernels)
    }
    packed[key] = weights
    return weights
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
