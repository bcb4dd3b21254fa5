import Foundation
import MobileNet
import Model
import ModelFiles
import TestSupport
import Testing

/// Right answers on a hundred photographs of known classes.
@Suite(.enabled(if: Reference.isUsable, "no reference data beside the checkout"), .serialized)
struct QuantizedAccuracyTests {
  /// top-1 and top-5 of the official files, measured with LiteRT (reference data's README).
  static let official: [(alpha: Alpha, resolution: Int, top1: Int, top5: Int)] = [
    (.quarter, 128, 50, 77), (.half, 160, 71, 89), (.threeQuarters, 192, 81, 97), (.one, 224, 91, 98),
  ]

  @Test("The official files are as often right as with LiteRT", arguments: official.indices)
  func officialFile(index: Int) throws {
    let (alpha, resolution, top1, top5) = Self.official[index]
    let file = "reference/weights/mobilenet_v1_\(alpha.name)_\(resolution)_quant.tflite"
    let weights = QuantizedPackedWeights(
      try QuantizedGoldenTests.weights(Reference.path(file)), kernels: InstructionSets.availableQuantized.last!)
    let found = try Photographs.right(
      QuantizedNetwork(weights: weights, resolution: resolution, team: try WorkerTeam(count: 1)))
    #expect(abs(found.top1 - top1) <= 2, "\(file): top-1 \(found.top1), expected \(top1) ± 2")
    #expect(abs(found.top5 - top5) <= 2, "\(file): top-5 \(found.top5), expected \(top5) ± 2")
  }

  @Test("Float32 made of the official files is as often right as they are", arguments: official.indices)
  func dequantized(index: Int) throws {
    let (alpha, resolution, top1, top5) = Self.official[index]
    let file = "reference/weights/mobilenet_v1_\(alpha.name)_\(resolution)_quant.tflite"
    guard case .quantized(let source) = try WeightFile.load(path: Reference.path(file)) else {
      Issue.record("expected quantized weights in \(file)")
      return
    }
    let weights = try PackedWeights(DequantizedWeights(source), kernels: InstructionSets.available.last!)
    let found = try Photographs.right(Network(weights: weights, resolution: resolution, team: try WorkerTeam(count: 1)))
    #expect(abs(found.top1 - top1) <= 3, "\(file): top-1 \(found.top1), expected \(top1) ± 3")
    #expect(abs(found.top5 - top5) <= 3, "\(file): top-5 \(found.top5), expected \(top5) ± 3")
  }

  @Test("8 bits made from the shipped weights lose at most 3 in the top 5")
  func shipped() throws {
    let source = try SafetensorsFile(path: Checkout.asset("weights/mobilenet_v1_0.25_224.safetensors"))
    let team = try WorkerTeam(count: 1)
    let float = try Photographs.right(
      Network(weights: PackedWeights(source, kernels: InstructionSets.available.last!), resolution: 224, team: team))
    let quantized = try Photographs.right(
      QuantizedNetwork(
        weights: QuantizedPackedWeights(quantizing: source, kernels: InstructionSets.availableQuantized.last!),
        resolution: 224, team: team))
    #expect(float.top5 >= 82, "float: \(float)")
    #expect(quantized.top5 >= float.top5 - 3, "8 bits: \(quantized), float: \(float)")
    #expect(quantized.top1 >= float.top1 - 5, "8 bits: \(quantized), float: \(float)")
  }
}
