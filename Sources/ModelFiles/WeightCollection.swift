import Model
import Platform

/// The weight files that `--weights` names: one file, or all of a directory (not of directories in it).
public struct WeightCollection: Sendable {
  /// Falling α, then falling resolution, float before quantized.
  public let files: [WeightFileDescription]
  /// Files with a weight file's name that cannot be used, and why.
  public let problems: [UserError]

  /// - Throws: `UserError` if there is no such file or directory, or it holds no usable weights.
  public init(path: String) throws {
    guard Folder.exists(path) else {
      files = [try WeightFile.describe(path: path)]
      problems = []
      return
    }
    var files: [WeightFileDescription] = []
    var problems: [UserError] = []
    let names = try Self.names(in: path)
    for name in names where name.hasSuffix(".safetensors") || name.hasSuffix(".tflite") {
      do {
        files.append(try WeightFile.describe(path: path.hasSuffix("/") ? path + name : "\(path)/\(name)"))
      } catch let problem as UserError {
        problems.append(problem)
      }
    }
    guard !files.isEmpty else {
      if let problem = problems.first { throw problem }
      if names.contains("saved_model.pb") {
        throw UserError("no weights in '\(path)': it is TensorFlow's SavedModel. \(ForeignFile.convert)")
      }
      throw UserError(
        "no weights in '\(path)': expected .safetensors or .tflite files of MobileNet V1, found \(names.count) other files. "
          + "Install some (mobilecam weights install) or name another place: --weights PATH")
    }
    self.files = files.sorted { Self.order($0).lexicographicallyPrecedes(Self.order($1)) }
    self.problems = problems
  }

  private static func order(_ file: WeightFileDescription) -> [Double] {
    [-file.alpha.rawValue, -Double(file.trainedResolution ?? 0), file.isQuantized ? 1 : 0]
  }

  /// The file for `alpha` trained nearest to `resolution` (of two as near the larger; of two alike the float one).
  /// - Parameter quantized: only quantized or only float files; `nil` takes either.
  public func best(alpha: Alpha, resolution: Int, quantized: Bool? = nil) -> WeightFileDescription? {
    files.filter { $0.alpha == alpha && (quantized == nil || $0.isQuantized == quantized) }
      // `min` keeps the first of equals, and the larger resolution and float come first.
      .min { abs(($0.trainedResolution ?? 0) - resolution) < abs(($1.trainedResolution ?? 0) - resolution) }
  }

  /// Names in a directory, sorted.
  private static func names(in path: String) throws -> [String] {
    do throws(SystemError) {
      return try Folder.names(in: path)
    } catch {
      throw UserError("cannot read weights '\(path)': \(error). \(MappedFile.whatToGive)")
    }
  }
}
