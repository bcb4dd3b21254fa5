import Kernels
import MobileNet
import Model
import ModelFiles
import Platform
import Testing

/// The whole network, on every instruction set and several team sizes, against the chain of scalar reference calls.
struct NetworkTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let alpha: Alpha
    let resolution: Int
    var padding = Padding.same
    var testDescription: String { "α \(alpha.name), \(resolution) px, padding \(padding)" }
  }

  /// The largest pictures at the smaller α only: the reference is slow.
  static let cases =
    Alpha.allCases.flatMap { alpha in [32, 64, 96].map { Case(alpha: alpha, resolution: $0) } }
    + [
      Case(alpha: .quarter, resolution: 128), Case(alpha: .half, resolution: 128),
      Case(alpha: .threeQuarters, resolution: 128), Case(alpha: .quarter, resolution: 320),
    ]
    + Alpha.allCases.flatMap { alpha in
      [32, 96].map { Case(alpha: alpha, resolution: $0, padding: .symmetric) }
    }

  /// Of those in 16 bits, whose reference rounds every number by itself, only the small ones; TensorFlow's outputs hold the rest.
  static let shortCases = cases.filter { $0.resolution <= ($0.alpha == .quarter ? 128 : 64) }

  /// More workers than cores, which the system stops wherever it likes, two networks in turns on one team, and a new network every
  /// few runs: a worker that comes late must neither do nor disturb what is done by then.
  @Test func lateWorkersDoNoHarm() throws {
    let side = 32
    var random = Seed.generator("late workers")
    let weights = FloatWeights.random(alpha: .quarter, classCount: 1001, &random)
    let packed = try PackedWeights(weights, kernels: InstructionSets.chosen())
    let inputs = (0..<2).map { _ in random.floats(side * side * 3, -1...1) }
    func run(_ network: Network, _ input: [Float]) -> [Float] {
      for y in 0..<side {
        for x in 0..<side * 3 { network.input[y * network.inputRowStride + x] = input[y * side * 3 + x] }
      }
      network.run()
      // No layer ends before it began, nor after the run.
      #expect(network.layerTimes.allSatisfy { $0 >= .zero && $0 <= network.total })
      return Array(network.probabilities)
    }
    let team = try WorkerTeam(count: 8)
    let first = Network(weights: packed, resolution: side, team: team)
    let expected = inputs.map { run(first, $0) }
    #expect(expected[0] != expected[1])
    var wrong = 0
    // Some are never run, and go on another thread, as those of a key that was pressed twice.
    let other = try SystemThread(name: "other") {
      for _ in 0..<400 { _ = Network(weights: packed, resolution: side, team: team) }
    }
    defer { other.join() }
    for _ in 0..<40 {
      let networks = [first, Network(weights: packed, resolution: side, team: team)]
      for number in 0..<50 {
        if run(networks[number / 3 % 2], inputs[number % 2]) != expected[number % 2] { wrong += 1 }
      }
    }
    #expect(wrong == 0)
  }

  @Test(arguments: cases)
  func agreesWithTheReference(_ test: Case) throws {
    let side = test.resolution
    var random = Seed.generator("network \(test.testDescription)")
    // Both numberings of classes: neither is a multiple of a vector.
    let weights = FloatWeights.random(
      alpha: test.alpha, classCount: side == 64 ? 1001 : 1000, padding: test.padding, &random)
    let input = random.floats(side * side * 3, -1...1)
    let expected = try SlowNetwork(weights: weights, resolution: side).run(input)
    for table in InstructionSets.available {
      let packed = try PackedWeights(weights, kernels: table)
      for threads in [1, 2, 5] {
        let network = try Network(weights: packed, resolution: side, team: WorkerTeam(count: threads))
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

  /// In 16 bits the reference rounds where the kernels do. Where a sum lies half-way between two bfloat16, its last bit
  /// decides, and all layers behind differ by as much as from float32: some thousandths of the probabilities. In half precision
  /// sums round too, and what is stored an eighth as much.
  @Test(
    .enabled(if: !shortTables.isEmpty, "this CPU multiplies no numbers of 16 bits"), arguments: shortCases,
    shortTables.map(\.name))
  func shortFloatsAreNearTheReference(_ test: Case, isa: String) throws {
    let result = try ShortResult(test, isa: isa, seed: Seed.value)
    #expect(result.spreadFromRounding < 0.02, "\(test.testDescription), MOBILECAM_SEED=\(Seed.value)")
    #expect(result.spreadFromExact < 0.02, "\(test.testDescription), MOBILECAM_SEED=\(Seed.value)")
  }

  /// In small networks few sums lie half-way: many give what the reference gives, but for the order of additions in float32.
  /// A kernel that rounded anything else would never.
  @Test(.enabled(if: InstructionSets.bfloat16 != nil, "this CPU multiplies no bfloat16"), arguments: Alpha.allCases)
  func bfloat16RoundsWhereTheReferenceDoes(alpha: Alpha) throws {
    let isa = try #require(InstructionSets.bfloat16).name
    let results = try (1...6).map { try ShortResult(Case(alpha: alpha, resolution: 32), isa: isa, seed: $0) }
    let exact = results.filter { $0.spreadFromRounding < 1e-5 }
    #expect(exact.count >= 2, "\(results.map(\.spreadFromRounding))")
    // A reference that rounds nowhere is no such thing.
    #expect(results.allSatisfy { $0.spreadFromExact > 1e-4 })
  }

  /// A random network in 16 bits, on several team sizes, which must give the same bytes.
  private struct ShortResult {
    var spreadFromRounding: Float
    var spreadFromExact: Float

    init(_ test: Case, isa: String, seed: UInt64) throws {
      let kernels = try #require(shortTables.first { $0.name == isa })
      let side = test.resolution
      var random = SplitMix64(state: seed &+ UInt64(side) &* 4 &+ UInt64(test.alpha.rawValue * 4))
      let weights = FloatWeights.random(
        alpha: test.alpha, classCount: side == 64 ? 1001 : 1000, padding: test.padding, &random)
      let pixels = (0..<side * side * 3).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      let input = pixels.map { Float($0) * (1 / 127.5) - 1 }
      let packed = try PackedWeights(weights, kernels: kernels)
      var first: [Float]?
      for threads in [1, 2, 3, 5] {
        let network = try Network(weights: packed, resolution: side, team: WorkerTeam(count: threads))
        network.setInput(pixels: pixels)
        for run in 1...2 {
          network.run()
          first = first ?? Array(network.probabilities)
          #expect(
            Array(network.probabilities) == first, "\(threads) threads, run \(run): other bytes than one thread's")
        }
      }
      let found = try #require(first)
      let corrected = try weights.withCorrectedBiases(kernels.format)
      spreadFromRounding = NetworkTests.spread(
        found, try SlowNetwork(weights: corrected, resolution: side, format: kernels.format).run(input))
      spreadFromExact = NetworkTests.spread(found, try SlowNetwork(weights: weights, resolution: side).run(input))
    }
  }

  /// The root of the mean square of the probabilities' relative differences: the logits' differences, as good as.
  private static func spread(_ a: [Float], _ b: [Float]) -> Float {
    let squares = zip(a, b).map { (x: Float, y: Float) -> Float in (x / y - 1) * (x / y - 1) }
    return (squares.reduce(0, +) / Float(squares.count)).squareRoot()
  }
}
