import Foundation
import Frames
import MobileNet
import Model
import ModelFiles
import TestSupport
import Testing

/// Files that the weight tests share.
enum WeightFixtures {
  /// The message of what `body` throws, with `path` in it replaced by `FILE`.
  static func message(_ path: String = "FILE", _ body: () throws -> Void) -> String {
    do {
      try body()
      return "nothing was thrown"
    } catch {
      return "\(error)".replacingOccurrences(of: path, with: "FILE")
    }
  }

  static func withFile<T>(_ bytes: [UInt8], named name: String = "weights", _ body: (String) throws -> T) throws -> T {
    let folder = TemporaryFolder()
    return try withExtendedLifetime(folder) { try body(folder.write(name, bytes)) }
  }

  /// Loads bytes as if they were a file's.
  static func load(_ bytes: [UInt8]) throws -> LoadedWeights {
    try bytes.withUnsafeBytes { try WeightFile.load(file: MappedFile(borrowing: $0, path: "FILE")) }
  }
}
