import Foundation
import Frames
import MobileNet
import Model
import ModelFiles
import TestSupport
import Testing

struct WeightCollectionTests {
  private func withDirectory(_ files: [String: [UInt8]], _ body: (String) throws -> Void) throws {
    let folder = TemporaryFolder()
    for (name, bytes) in files { try folder.write(name, bytes) }
    try withExtendedLifetime(folder) { try body(folder.path) }
  }

  /// The fixture as if it had been trained at `resolution`.
  private func safetensors(_ resolution: Int) -> [UInt8] {
    var fixture = SafetensorsFixture()
    fixture.metadata["trained_resolution"] = "\(resolution)"
    return fixture.bytes
  }

  @Test func theNearestResolutionWins() throws {
    let files = [
      "a.safetensors": safetensors(128), "b.safetensors": safetensors(192), "c.tflite": TFLiteFixture(.uint8).bytes,
      "d.tflite": [1, 2, 3], "notes.txt": [1],
    ]
    try withDirectory(files) { path in
      let weights = try WeightCollection(path: path)
      #expect(weights.files.map(\.trainedResolution) == [224, 192, 128])
      #expect(weights.problems.map { $0.message.contains("d.tflite") } == [true])
      func best(_ resolution: Int, quantized: Bool? = nil) -> Int? {
        weights.best(alpha: .quarter, resolution: resolution, quantized: quantized)?.trainedResolution
      }
      #expect([320, 224, 208, 192, 160, 128, 32].map { best($0) } == [224, 224, 224, 192, 192, 128, 128])
      #expect(best(224, quantized: false) == 192)
      #expect(best(128, quantized: true) == 224)
      #expect(weights.best(alpha: .one, resolution: 224) == nil)
    }
  }

  @Test func aFileIsACollectionOfOne() throws {
    try WeightFixtures.withFile(TFLiteFixture(.int8).bytes, named: "x.bin") { path in
      let files = try WeightCollection(path: path).files
      #expect(
        files == [
          WeightFileDescription(
            path: path, alpha: .quarter, classCount: 1000, trainedResolution: 224, isQuantized: true, isTrained: true)
        ])
    }
  }

  @Test func aDirectoryWithoutWeightsSaysSo() throws {
    try withDirectory(["a.txt": [1], "b.png": [2]]) { path in
      #expect(
        WeightFixtures.message(path) { _ = try WeightCollection(path: path) }
          == "no weights in 'FILE': expected .safetensors or .tflite files of MobileNet V1, found 2 other files. "
          + "Install some (mobilecam weights install) or name another place: --weights PATH")
    }
    try withDirectory(["saved_model.pb": [8, 1], "fingerprint.pb": [1]]) { path in
      let message = WeightFixtures.message(path) { _ = try WeightCollection(path: path) }
      #expect(message.hasPrefix("no weights in 'FILE': it is TensorFlow's SavedModel. Convert it to TFLite"))
    }
    try withDirectory(["a.tflite": [1, 2]]) { path in
      #expect(
        WeightFixtures.message(path) { _ = try WeightCollection(path: path) }
          == "cannot use weights 'FILE/a.tflite': it is neither TFLite (bytes 4 to 7 'TFL3') nor safetensors (byte 8 '{'): "
          + "it starts 01 02. \(WeightErrorTests.remedy)")
    }
  }

  /// The pages of a file that was read are given back: the engine's own copy is the only one in memory.
  @Test(arguments: ["safetensors", "tflite"])
  func readingKeepsNoPages(_ format: String) throws {
    let bytes = format == "tflite" ? TFLiteFixture(.float).bytes : SafetensorsFixture().bytes
    try WeightFixtures.withFile(bytes, named: "\(UUID().uuidString).\(format)") { path in
      guard case .float(let source) = try WeightFile.load(path: path) else {
        Issue.record("expected float weights")
        return
      }
      let afterLoading = try residentKilobytes(of: path)
      for layer in source.architecture.layers where layer.hasWeights { _ = try source.layer(named: layer.name) }
      let afterReading = try residentKilobytes(of: path)
      #expect(afterLoading >= 0 && afterLoading < 256)
      #expect(afterReading >= 0 && afterReading < 256)
      _ = source.facts.alpha
    }
  }

  /// `Rss` of the mapping of `path` in /proc/self/smaps; -1 if it is not mapped.
  private func residentKilobytes(of path: String) throws -> Int {
    // Files of /proc have no size, and come in many reads.
    let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/self/smaps"))
    var bytes = Data()
    while let more = try handle.read(upToCount: 1 << 16), !more.isEmpty { bytes += more }
    let maps = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    guard let index = maps.firstIndex(where: { $0.hasSuffix(path) }),
      let line = maps[index...].first(where: { $0.hasPrefix("Rss:") })
    else { return -1 }
    return Int(line.split(separator: " ")[1]) ?? -1
  }
}
