import Foundation

/// Photographs, official weights, golden inputs and outputs: they lie beside the checkout (or in `MOBILECAM_SHARED`) and not
/// in it.
package enum Reference {
  package static let folder: URL = {
    if let path = ProcessInfo.processInfo.environment["MOBILECAM_SHARED"] { return URL(filePath: path) }
    return Checkout.root.deletingLastPathComponent().appending(path: "shared")
  }()

  package static let isRequired = ProcessInfo.processInfo.environment["MOBILECAM_REQUIRE_REFERENCE"] == "1"

  /// For `.enabled(if:)`: a required reference that is missing lets the test run, and fail.
  package static let isUsable = isRequired || FileManager.default.fileExists(atPath: path("reference"))

  package static func path(_ name: String) -> String { folder.appending(path: name).path }

  package static func data(_ name: String) throws -> Data { try Data(contentsOf: folder.appending(path: name)) }

  /// A file of float32, as this machine has them in memory.
  package static func floats(_ name: String) throws -> [Float] {
    try data(name).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
  }
}
