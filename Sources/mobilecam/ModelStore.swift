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
  /// In the order in which they are asked.
  private let collections: [WeightCollection]
  /// The path of `--weights` where it is one file: its α is then the only one.
  private let onlyFile: String?
  private var packed: [String: PackedWeights] = [:]

  /// - Throws: `UserError` if `--weights` names nothing usable.
  init(weights: String?, kernels: KernelTable) throws {
    self.kernels = kernels
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

  private var files: [WeightFileDescription] { collections.flatMap(\.files).filter { !$0.isQuantized } }

  /// Whether an α can show labels: all others run on random weights, if at all.
  func hasTrainedWeights(_ alpha: Alpha) -> Bool { files.contains { $0.alpha == alpha } }

  /// What α to start with: that of the first weights there are.
  var defaultAlpha: Alpha { files.first?.alpha ?? .quarter }
  /// The resolution that those were trained at.
  var defaultResolution: Int { files.first?.trainedResolution ?? 224 }

  /// Packed weights of an α: those trained at `resolution` if there are such, else at the nearest.
  /// - Throws: `UserError` if the file cannot be read, or is for another α.
  func weights(alpha: Alpha, resolution: Int) throws -> PackedWeights {
    let file = collections.lazy.compactMap { $0.best(alpha: alpha, resolution: resolution, quantized: false) }.first
    let key = file?.path ?? "random \(alpha.name)"
    if let weights = packed[key] { return weights }
    let weights: PackedWeights
    if let file {
      guard case .float(let source) = try WeightFile.load(path: file.path) else {
        throw UserError("weights '\(file.path)' changed while they were read: expected float32, found quantized ones")
      }
      weights = try PackedWeights(source, kernels: kernels)
    } else {
      if let onlyFile {
        let found = collections.flatMap(\.files)
          .map { "α = \($0.alpha.name)\($0.isQuantized ? ", quantized" : ", float32")" }.joined(separator: "; ")
        throw UserError(
          "weights '\(onlyFile)' are for \(found): expected float32 weights for α = \(alpha.name). "
            + "Give a file for that α, a folder with several, or another --alpha.")
      }
      weights = try PackedWeights(RandomWeights(alpha: alpha), kernels: kernels)
    }
    packed[key] = weights
    return weights
  }

  private static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}
