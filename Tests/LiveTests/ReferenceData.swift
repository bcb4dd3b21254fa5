import Foundation

/// The photographs, labels and official weights that lie beside the checkout and not in it.
enum ReferenceData {
  private static let shared: URL = {
    if let path = ProcessInfo.processInfo.environment["MOBILECAM_SHARED"] { return URL(filePath: path) }
    return Program.root.deletingLastPathComponent().appending(path: "shared")
  }()
  static let images = shared.appending(path: "reference/images")
  static let labels = shared.appending(path: "reference/imagenet_labels.txt")
  /// One quantized file for each α.
  static let weights = shared.appending(path: "reference/weights")

  /// Where they must not be skipped, missing data lets the test run, and fail.
  static let isUsable =
    FileManager.default.fileExists(atPath: images.path)
    || ProcessInfo.processInfo.environment["MOBILECAM_REQUIRE_REFERENCE"] == "1"
}
