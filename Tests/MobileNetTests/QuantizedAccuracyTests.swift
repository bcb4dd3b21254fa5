import Foundation
import MobileNet
import Playback
import Testing

/// Right answers on a hundred photographs of known classes.
@Suite(.enabled(if: Reference.isUsable, Reference.comment), .serialized)
struct QuantizedAccuracyTests {
  /// top-1 and top-5 of the official files, measured with LiteRT (reference data's README).
  static let official: [(alpha: Alpha, resolution: Int, top1: Int, top5: Int)] = [
    (.quarter, 128, 50, 77), (.half, 160, 71, 89), (.threeQuarters, 192, 81, 97), (.one, 224, 91, 98),
  ]

  @Test("The official files are as often right as with LiteRT", arguments: official.indices)
  func officialFile(index: Int) throws {
    let (alpha, resolution, top1, top5) = Self.official[index]
    let file = "reference/weights/mobilenet_v1_\(alpha.name)_\(resolution)_quant.tflite"
    let weights = try QuantizedGoldenTests.weights(
      Reference.directory.appending(path: file).path, QuantizedGoldenTests.isas.last!)
    let found = try Self.right(
      QuantizedNetwork(weights: weights, resolution: resolution, team: WorkerTeam(count: 1)))
    #expect(abs(found.top1 - top1) <= 2, "\(file): top-1 \(found.top1), expected \(top1) ± 2")
    #expect(abs(found.top5 - top5) <= 2, "\(file): top-5 \(found.top5), expected \(top5) ± 2")
  }

  @Test("Float32 made of the official files is as often right as they are", arguments: official.indices)
  func dequantized(index: Int) throws {
    let (alpha, resolution, top1, top5) = Self.official[index]
    let file = "reference/weights/mobilenet_v1_\(alpha.name)_\(resolution)_quant.tflite"
    guard case .quantized(let source) = try WeightFile.load(path: Reference.directory.appending(path: file).path) else {
      Issue.record("expected quantized weights in \(file)")
      return
    }
    let weights = try PackedWeights(DequantizedWeights(source), kernels: InstructionSets.available.last!)
    let found = try Self.right(Network(weights: weights, resolution: resolution, team: WorkerTeam(count: 1)))
    #expect(abs(found.top1 - top1) <= 3, "\(file): top-1 \(found.top1), expected \(top1) ± 3")
    #expect(abs(found.top5 - top5) <= 3, "\(file): top-5 \(found.top5), expected \(top5) ± 3")
  }

  @Test("8 bits made from the shipped weights lose at most 3 in the top 5")
  func shipped() throws {
    let source = try SafetensorsFile(path: Reference.shippedWeights)
    let team = WorkerTeam(count: 1)
    let float = try Self.right(
      Network(weights: PackedWeights(source, kernels: InstructionSets.available.last!), resolution: 224, team: team))
    let quantized = try Self.right(
      QuantizedNetwork(
        weights: QuantizedPackedWeights(quantizing: source, kernels: InstructionSets.availableQuantized.last!),
        resolution: 224, team: team))
    #expect(float.top5 >= 82, "float: \(float)")
    #expect(quantized.top5 >= float.top5 - 3, "8 bits: \(quantized), float: \(float)")
    #expect(quantized.top1 >= float.top1 - 5, "8 bits: \(quantized), float: \(float)")
  }

  private static func right(_ network: any RunnableNetwork) throws -> (top1: Int, top5: Int) {
    let folder = Reference.directory.appending(path: "reference/images").path
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".JPEG") }
    try #require(names.count == 100)
    let labels = try String(
      contentsOf: Reference.directory.appending(path: "reference/imagenet_labels.txt"), encoding: .utf8
    ).split(separator: "\n").dropFirst().map { $0.prefix { $0 != "," }.replacing(" ", with: "_") }
    try #require(labels.count == 1000)
    let preprocessor = Preprocessor(kernels: InstructionSets.available.last!)
    var counts = (top1: 0, top5: 0)
    for name in names {
      let label = name.dropFirst("n00000000_".count).dropLast(".JPEG".count)
      let index = try #require(labels.firstIndex { $0 == label }, "no class is called \(label)")
      let image = try ImageFile.load(path: folder + "/" + name)
      image.pixels.withUnsafeBytes {
        network.setInput(frame: $0, width: image.width, height: image.height, with: preprocessor)
      }
      network.run()
      let top = Prediction.top(5, of: network.probabilities).map(\.classIndex)
      counts.top1 += top[0] == index ? 1 : 0
      counts.top5 += top.contains(index) ? 1 : 0
    }
    return counts
  }
}
