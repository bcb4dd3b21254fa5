import Foundation
import Testing

/// Golden inputs and outputs, which lie beside the checkout and not in it.
enum Reference {
  static let packageRoot = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static let directory: URL = {
    if let path = ProcessInfo.processInfo.environment["MOBILECAM_SHARED"] { return URL(filePath: path) }
    return packageRoot.deletingLastPathComponent().appending(path: "shared")
  }()

  static var isMissing: Bool { !FileManager.default.fileExists(atPath: directory.appending(path: "reference").path) }
  static var isRequired: Bool { ProcessInfo.processInfo.environment["MOBILECAM_REQUIRE_REFERENCE"] == "1" }
  /// For `.enabled(if:)`: a required reference that is missing lets the test run, and fail.
  static var isUsable: Bool { !isMissing || isRequired }
  static let comment: Comment = "no reference data beside the checkout"

  static func data(_ path: String) throws -> Data {
    try Data(contentsOf: directory.appending(path: path))
  }

  static func floats(_ path: String) throws -> [Float] {
    try data(path).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
  }

  static let shippedWeights = packageRoot.appending(path: "assets/weights/mobilenet_v1_0.25_224.safetensors").path
}
