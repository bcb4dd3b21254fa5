import Kernels
import MobileNet
import Testing

/// The whole network, on every instruction set and several team sizes, against the chain of scalar reference calls.
struct NetworkTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let alpha: Alpha
    let resolution: Int
    var testDescription: String { "α \(alpha.name), \(resolution) px" }
  }

  /// The largest pictures at the smaller α only: the reference is slow.
  static let cases =
    Alpha.allCases.flatMap { alpha in [32, 64, 96].map { Case(alpha: alpha, resolution: $0) } }
    + [
      Case(alpha: .quarter, resolution: 128), Case(alpha: .half, resolution: 128),
      Case(alpha: .threeQuarters, resolution: 128), Case(alpha: .quarter, resolution: 320),
    ]

  @Test(arguments: cases)
  func agreesWithTheReference(_ test: Case) throws {
    let side = test.resolution
    var random = Seed.generator("network \(test.testDescription)")
    // Both numberings of classes: neither is a multiple of a vector.
    let weights = FloatWeights.random(alpha: test.alpha, classCount: side == 64 ? 1001 : 1000, &random)
    let input = random.floats(side * side * 3, -1...1)
    let expected = try SlowNetwork(weights: weights, resolution: side).run(input)
    for table in InstructionSets.available {
      let packed = try PackedWeights(weights, kernels: table)
      for threads in [1, 2, 5] {
        let network = Network(weights: packed, resolution: side, team: WorkerTeam(count: threads))
        for y in 0..<side {
          for x in 0..<side * 3 { network.input[y * network.inputRowStride + x] = input[y * side * 3 + x] }
        }
        // Twice: what one run leaves behind must not show in the next.
        for run in 1...2 {
          network.run()
          var findings = Findings()
          findings.compare(
            Array(network.probabilities), with: expected[...], in: "run \(run)",
            tolerance: { _ in Tolerance.wholeNetwork })
          #expect(
            findings.isEmpty,
            "\(table.name), \(threads) threads, \(test.testDescription), MOBILECAM_SEED=\(Seed.value): \(findings)")
        }
        #expect(network.layerTimes.reduce(network.unaccounted, +) == network.total)
      }
    }
    // The probabilities are not all alike, or a network that ignores its input would pass.
    #expect(expected.max()! > 2 * expected.min()!)
  }
}
