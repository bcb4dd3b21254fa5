import Foundation
import MobileNet
import Model
import ModelFiles
import Testing

/// 8-bit networks made here from float weights: one answer, whatever the instruction set and the number of threads.
struct QuantizedNetworkTests {
  @Test(
    "Every instruction set and number of threads gives the same", arguments: Alpha.allCases, [32, 64, 96, 128, 320])
  func agree(alpha: Alpha, resolution: Int) throws {
    var random = SplitMix64(state: UInt64(resolution))
    let pixels = (0..<resolution * resolution * 3).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    var expected: [Float]?
    for kernels in InstructionSets.availableQuantized {
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

  @Test func isNearTheFloatNetwork() throws {
    let source = RandomWeights(alpha: .half)
    let resolution = 128
    let pixels = (0..<resolution * resolution * 3).map { UInt8(truncatingIfNeeded: $0 * 7 / 5 + $0 / 128) }
    let team = try WorkerTeam(count: 1)
    let float = Network(
      weights: try PackedWeights(source, kernels: InstructionSets.available[0]), resolution: resolution, team: team)
    let quantized = QuantizedNetwork(
      weights: try QuantizedPackedWeights(quantizing: source, kernels: InstructionSets.availableQuantized[0]),
      resolution: resolution, team: team)
    for network in [float, quantized] as [any RunnableNetwork] {
      network.setInput(pixels: pixels)
      network.run()
    }
    // Logits differ by some hundredths, and so their exponentials by some hundredths of themselves.
    for (a, b) in zip(float.probabilities, quantized.probabilities) { #expect(abs(log(a / b)) < 0.5, "\(a) \(b)") }
  }
}
