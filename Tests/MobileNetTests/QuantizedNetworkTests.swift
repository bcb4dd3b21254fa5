import Foundation
import MobileNet
import Model
import ModelFiles
import TestSupport
import Testing

/// 8-bit networks made here from float weights: one answer, whatever the instruction set and the number of threads.
struct QuantizedNetworkTests {
  @Test(
    "Every instruction set and number of threads gives the same", arguments: Alpha.allCases, [32, 64, 96, 128, 320])
  func agree(alpha: Alpha, resolution: Int) throws {
    var random = SplitMix64(state: UInt64(resolution))
    let pixels = (0..<resolution * resolution * 3).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    var expected: [Float]?
    // Spelt out they are slow, and no other than on small pictures.
    for kernels in InstructionSets.availableQuantized + (resolution < 100 ? QuantizedTables.twins : []) {
      let weights = try QuantizedPackedWeights(quantizing: RandomWeights(alpha: alpha), kernels: kernels)
      for threads in [1, 2, 3] {
        let network = try QuantizedNetwork(weights: weights, resolution: resolution, team: WorkerTeam(count: threads))
        network.setInput(pixels: pixels)
        // Twice: what one run leaves behind must not show in the next.
        for run in 1...2 {
          network.run()
          let found = Array(network.probabilities)
          expected = expected ?? found
          // Integers up to the logits; the softmax sums in another order with other vectors.
          let difference = Difference(found, expected!)
          #expect(difference.isWithin(1e-6), "\(kernels.name), \(threads) threads, run \(run): \(difference)")
        }
        #expect(network.layerTimes.reduce(network.unaccounted, +) == network.total)
      }
    }
    // The probabilities are not all alike, or a network that ignores its input would pass.
    #expect(Set(try #require(expected)).count > 10)
  }

  @Test(arguments: [Padding.same, .symmetric]) func isNearTheFloatNetwork(_ padding: Padding) throws {
    func source(_ padding: Padding) throws -> FloatWeights {
      try FloatWeights(
        WeightFacts(alpha: .half, isTrained: false, padding: padding),
        layers: FloatWeights(RandomWeights(alpha: .half)).layers)
    }
    func float(_ padding: Padding) throws -> Network {
      Network(
        weights: try PackedWeights(source(padding), kernels: InstructionSets.available[0]), resolution: resolution,
        team: team)
    }
    let resolution = 128
    let pixels = (0..<resolution * resolution * 3).map { UInt8(truncatingIfNeeded: $0 * 7 / 5 + $0 / 128) }
    let team = try WorkerTeam(count: 1)
    let (same, other) = (try float(padding), try float(padding == .same ? .symmetric : .same))
    for network in [same, other] {
      network.setInput(pixels: pixels)
      network.run()
    }
    for kernels in InstructionSets.availableQuantized {
      let quantized = QuantizedNetwork(
        weights: try QuantizedPackedWeights(quantizing: source(padding), kernels: kernels), resolution: resolution,
        team: team)
      quantized.setInput(pixels: pixels)
      quantized.run()
      func distances(_ network: Network) -> [Float] {
        zip(network.probabilities, quantized.probabilities).map { abs(log($0 / $1)) }
      }
      // Logits differ by some hundredths, and so their exponentials by some hundredths of themselves.
      let found = distances(same)
      #expect(found.max()! < 0.5, "\(kernels.name)")
      #expect(2 * found.reduce(0, +) < distances(other).reduce(0, +), "\(kernels.name): zeros stand elsewhere")
    }
  }
}
