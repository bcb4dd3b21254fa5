import Foundation
import Kernels
import MobileNet
import Model
import ModelFiles
import TestSupport
import Testing

/// LiteRT's own outputs of the official quantized networks (reference/golden), against every instruction set of this machine.
@Suite(.enabled(if: Reference.isUsable, "no reference data beside the checkout"), .serialized)
struct QuantizedGoldenTests {
  static let isas = InstructionSets.availableQuantized.map(\.name)
  static let official: [(alpha: Alpha, resolution: Int)] = [
    (.quarter, 128), (.half, 160), (.threeQuarters, 192), (.one, 224),
  ]

  static func weights(_ path: String) throws -> QuantizedWeights {
    guard case .quantized(let source) = try WeightFile.load(path: path) else {
      throw UnexpectedWeights(path: path)
    }
    return source
  }
  struct UnexpectedWeights: Error { let path: String }

  @Test("LiteRT's outputs for the official quantized files", arguments: isas, official.indices)
  func officialOutputs(isa: String, index: Int) throws {
    let (alpha, resolution) = Self.official[index]
    let source = try Self.weights(
      Reference.path("reference/weights/mobilenet_v1_\(alpha.name)_\(resolution)_quant.tflite"))
    let weights = QuantizedPackedWeights(source, kernels: try InstructionSets.namedQuantized(isa))
    let steps = source.probabilities
    let golden = try Reference.data("reference/golden/quant_\(alpha.name)_\(resolution)_u8_1001.bin")
    let inputs = try Reference.data("reference/golden/input_\(resolution)_u8_nhwc.bin")
    let imageBytes = resolution * resolution * 3
    try #require(inputs.count == 8 * imageBytes && golden.count == 8 * 1001)
    for threads in [1, 2, 3] {
      let network = try QuantizedNetwork(weights: weights, resolution: resolution, team: WorkerTeam(count: threads))
      for image in 0..<8 {
        network.setInput(pixels: Array(inputs[image * imageBytes..<(image + 1) * imageBytes]))
        network.run()
        let expected = golden[image * 1001..<(image + 1) * 1001].map(Int.init)
        let found = network.probabilities.map {
          min(max(Int(($0 / steps.scale).rounded()) + Int(steps.zeroPoint), 0), 255)
        }
        let largest = zip(found, expected).map { abs($0 - $1) }.max()!
        let name = "\(isa) α \(alpha.name) \(resolution) threads \(threads) image \(image)"
        #expect(largest <= 2, "\(name): largest difference \(largest)")
        let best = expected.max()!
        #expect(found.firstIndex(of: found.max()!)! == expected.firstIndex(of: best)!, "\(name): another top-1")
        // The top five, but for classes that tie with the fifth.
        let order = expected.indices.sorted { expected[$0] > expected[$1] }
        let fifth = expected[order[4]]
        let foundFifth = found.sorted(by: >)[4]
        for index in order.prefix(5) where expected[index] > fifth + 2 || expected[index] > expected[order[5]] + 4 {
          #expect(found[index] >= foundFifth, "\(name): class \(index) left the top five")
        }
      }
    }
  }

  @Test("8-bit networks of random weights run and agree on every instruction set", arguments: Alpha.allCases)
  func randomNetworks(alpha: Alpha) throws {
    let path = Reference.path("bench/models/mobilenet_v1_\(alpha.name)_random_int8.tflite")
    for resolution in [224, 192, 160, 128] {
      let inputs = try Reference.data("reference/golden/input_\(resolution)_u8_nhwc.bin")
      var outputs: [String: [Float]] = [:]
      for isa in Self.isas {
        let weights = QuantizedPackedWeights(
          try Self.weights(path), kernels: try InstructionSets.namedQuantized(isa))
        let network = try QuantizedNetwork(weights: weights, resolution: resolution, team: WorkerTeam(count: 2))
        network.setInput(pixels: Array(inputs[..<(resolution * resolution * 3)]))
        network.run()
        outputs[isa] = Array(network.probabilities)
        #expect(abs(outputs[isa]!.reduce(0, +) - 1) < 1e-3)
      }
      let first = try #require(outputs[Self.isas[0]])
      for (isa, output) in outputs {
        let difference = Difference(output, first)
        #expect(difference.isWithin(1e-6), "\(isa) α \(alpha.name) \(resolution): \(difference)")
      }
    }
  }
}
