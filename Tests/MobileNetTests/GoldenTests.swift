import Foundation
import Kernels
import MobileNet
import Model
import ModelFiles
import TestSupport
import Testing

/// TensorFlow's and LiteRT's own outputs (reference/golden), against every instruction set of this machine.
@Suite(.enabled(if: Reference.isUsable, "no reference data beside the checkout"), .serialized)
struct GoldenTests {
  static let resolutions = [224, 192, 160, 128]
  /// Under emulation one instruction set at a time is enough.
  static let isas = InstructionSets.available.map(\.name).filter { name in
    ProcessInfo.processInfo.environment["MOBILECAM_GOLDEN_ISA"].map { $0 == name } ?? true
  }

  @Test("TensorFlow's outputs for the shipped weights", arguments: isas, resolutions)
  func shippedWeights(isa: String, resolution: Int) throws {
    let weights = try PackedWeights(
      SafetensorsFile(path: Checkout.asset("weights/mobilenet_v1_0.25_224.safetensors")),
      kernels: InstructionSets.named(isa))
    for threads in [1, 2, 3] {
      let network = try Network(weights: weights, resolution: resolution, team: WorkerTeam(count: threads))
      let golden = try Reference.floats("reference/golden/keras_0.25_\(resolution)_f32_1000.bin")
      try compare(network, images: 8, with: golden)
    }
  }

  @Test("LiteRT's outputs for random networks", arguments: isas, Alpha.allCases)
  func randomNetworks(isa: String, alpha: Alpha) throws {
    let path = Reference.path("bench/models/mobilenet_v1_\(alpha.name)_random_fp32.tflite")
    guard case .float(let source) = try WeightFile.load(path: path) else {
      Issue.record("expected float weights in \(path)")
      return
    }
    let weights = try PackedWeights(source, kernels: InstructionSets.named(isa))
    for resolution in Self.resolutions {
      let network = try Network(weights: weights, resolution: resolution, team: WorkerTeam(count: 2))
      let golden = try Reference.floats("reference/golden/random_\(alpha.name)_\(resolution)_f32_1000.bin")
      try compare(network, images: 2, with: golden)
    }
  }

  private func compare(_ network: Network, images: Int, with golden: [Float]) throws {
    let resolution = network.architecture.resolution
    let inputs = try Reference.data("reference/golden/input_\(resolution)_u8_nhwc.bin")
    let row = resolution * 3
    try #require(inputs.count == 8 * resolution * row && golden.count == images * 1000)
    for image in 0..<images {
      for y in 0..<resolution {
        for x in 0..<row {
          network.input[y * network.inputRowStride + x] = Float(inputs[(image * resolution + y) * row + x]) / 127.5 - 1
        }
      }
      network.run()
      let expected = Array(golden[image * 1000..<(image + 1) * 1000])
      let found = Array(network.probabilities)
      let difference = Difference(found, expected)
      #expect(
        difference.isWithin(1e-4),
        "\(network.weights.kernels.name) α \(network.architecture.alpha.name) \(resolution) image \(image): \(difference)"
      )
      // The order of the top five holds where the gaps exceed the tolerance.
      let order = expected.indices.sorted { expected[$0] > expected[$1] }
      for rank in 0..<5 where expected[order[rank]] - expected[order[rank + 1]] > 1e-4 {
        #expect(found[order[rank]] > found[order[rank + 1]], "image \(image): ranks \(rank) and \(rank + 1) swapped")
      }
    }
  }
}

/// The largest difference of two vectors and where it is; NaN anywhere makes it NaN, which is within no tolerance.
struct Difference: CustomStringConvertible {
  var largest: Float = 0
  var index = 0

  init(_ a: [Float], _ b: [Float]) {
    precondition(a.count == b.count)
    for i in a.indices {
      let d = abs(a[i] - b[i])
      if !(d <= largest) { (largest, index) = (d, i) }
      if d.isNaN { return }
    }
  }

  func isWithin(_ tolerance: Float) -> Bool { largest <= tolerance }
  var description: String { "largest difference \(largest) at index \(index)" }
}

@Test func differenceOfNaNIsWithinNothing() {
  #expect(!Difference([1, .nan, 3], [1, 2, 3]).isWithin(.infinity))
  #expect(Difference([1, 2], [1, 2.5]).isWithin(0.5))
  #expect(!Difference([1, 2], [1, 2.5]).isWithin(0.4))
}
