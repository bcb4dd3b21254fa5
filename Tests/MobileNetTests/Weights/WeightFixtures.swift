import Foundation
import Frames
import MobileNet
import Model
import Testing

/// Files that the weight tests share.
enum WeightFixtures {
  private static let environment = ProcessInfo.processInfo.environment

  /// Reference data beside the checkout; see the project's README (Tests).
  static let shared: String = {
    if let path = environment["MOBILECAM_SHARED"] { return path }
    var root = URL(fileURLWithPath: #filePath)
    for _ in 0..<4 { root.deleteLastPathComponent() }
    return root.deletingLastPathComponent().appendingPathComponent("shared").path
  }()

  /// Tests of reference data run where it is, and where it must be.
  static let hasReference =
    environment["MOBILECAM_REQUIRE_REFERENCE"] == "1"
    || FileManager.default.fileExists(atPath: shared + "/reference/official_weights.csv")

  static func number(_ name: String, default value: Int) -> Int { environment[name].flatMap { Int($0) } ?? value }

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
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("mobilecam-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent(name)
    try Data(bytes).write(to: file)
    return try body(file.path)
  }

  /// Loads bytes as if they were a file's.
  static func load(_ bytes: [UInt8]) throws -> LoadedWeights {
    try bytes.withUnsafeBytes { try WeightFile.load(file: MappedFile(borrowing: $0, path: "FILE")) }
  }

  /// Value of element `index` of a kernel or bias of a made-up file: small, exact in float32, different for each layer.
  static func value(_ name: String, _ index: Int) -> Float {
    let salt = name.utf8.reduce(0) { ($0 * 31 + Int($1)) % 8191 }
    return Float((index * 37 + salt) % 251 - 125) / 64
  }
}

/// A safetensors file of MobileNet V1 at α = 0.25, or what a test makes of it.
struct SafetensorsFixture: Sendable {
  struct Entry: Sendable {
    var name: String
    var type = "F32"
    var shape: [Int]
    var values: [Float]
  }

  var metadata = ["alpha": "0.25", "classes": "1000", "trained_resolution": "224"]
  var entries: [Entry] = []

  /// Made once: filling arrays of weights is slow in debug builds.
  private static let made = SafetensorsFixture(making: ())

  init() { self = Self.made }

  private init(making: Void) {
    for layer in Architecture(alpha: .quarter, resolution: 224).layers where layer.hasWeights {
      for (part, shape) in [("kernel", layer.kernelShape), ("bias", [layer.outputChannels])] {
        let name = "\(layer.name).\(part)"
        entries.append(
          Entry(
            name: name, shape: shape,
            values: (0..<shape.reduce(1, *)).map { WeightFixtures.value(name, $0) }))
      }
    }
  }

  var header: String {
    var offset = 0
    var parts = [
      "\"__metadata__\":{" + metadata.sorted { $0.key < $1.key }.map { "\"\($0)\":\"\($1)\"" }.joined(separator: ",")
        + "}"
    ]
    for entry in entries {
      let end = offset + entry.values.count * 4
      parts.append(
        "\"\(entry.name)\":{\"dtype\":\"\(entry.type)\",\"shape\":\(entry.shape),\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    return "{" + parts.joined(separator: ",") + "}"
  }

  var data: [UInt8] { entries.flatMap { entry in entry.values.withUnsafeBytes { [UInt8]($0) } } }

  static func file(header: String, data: [UInt8]) -> [UInt8] {
    let text = Array(header.utf8)
    return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text + data
  }

  var bytes: [UInt8] { Self.file(header: header, data: data) }
}
