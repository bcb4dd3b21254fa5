import Frames
import MobileNet
import Model
import NetworkSelection
import Platform
import Testing

/// Drives a pilot as the program does: thirty results a second, on a machine that is `load` times slower than measured.
private struct Flight {
  static let candidates: [BudgetPilot.Candidate] = [
    (224, 49.8, 1.0), (192, 47.7, 0.7), (160, 45.5, 0.5), (128, 41.5, 0.3),
  ].map { resolution, top1, latency in
    .init(
      configuration: Configuration(alpha: .quarter, resolution: resolution),
      top1Percent: top1, latency: Nanoseconds(milliseconds: latency))
  }

  var pilot: BudgetPilot
  var running: BudgetPilot.Candidate
  var now = Nanoseconds(seconds: 100)
  var switches = 0

  let candidates: [BudgetPilot.Candidate]

  init(budgetMilliseconds: Double, candidates: [BudgetPilot.Candidate] = Flight.candidates) {
    self.candidates = candidates
    running = candidates.last!
    pilot = BudgetPilot(budget: Nanoseconds(milliseconds: budgetMilliseconds))
  }

  /// What the machine really takes may differ from what was measured, by `surprise`.
  mutating func run(seconds: Double, load: Double, surprise: [Int: Double] = [:]) {
    for frame in 0..<Int(seconds * 30) {
      now = now + Nanoseconds(seconds: 1.0 / 30)
      let jitter = 0.9 + 0.1 * Double(frame * 7 % 11) / 10
      let time = Double(running.latency.count) * load * jitter * surprise[running.configuration.resolution, default: 1]
      pilot.add(Nanoseconds(Int64(time)))
      if case .take(let choice) = pilot.decide(running: running, among: candidates, now: now) {
        running = choice
        pilot.networkChanged()
        switches += 1
      }
    }
  }
}

@Suite struct BudgetPilotTests {
  @Test(arguments: [(2.0, 224), (1.0, 192), (0.65, 160), (0.4, 128), (0.1, 128)])
  func `takes the most accurate that fits, and keeps it`(budget: Double, resolution: Int) {
    var flight = Flight(budgetMilliseconds: budget)
    flight.run(seconds: 10, load: 1)
    #expect(flight.running.configuration.resolution == resolution, "\(flight.pilot.reason)")
    let switches = flight.switches
    flight.run(seconds: 60, load: 1)
    #expect(flight.switches == switches, "it settled")
    #expect(!flight.pilot.reason.isEmpty)
  }

  @Test func `starts too slow: comes down within a second`() {
    var flight = Flight(budgetMilliseconds: 0.6)
    flight.running = Flight.candidates[0]
    flight.run(seconds: 1.5, load: 1)
    #expect(flight.running.configuration.resolution == 160)
    #expect(flight.pilot.reason == "p95 was 1.00 ms at 224 px")
  }

  @Test func `follows the load, down at once and up with patience`() {
    var flight = Flight(budgetMilliseconds: 1.3)
    flight.run(seconds: 20, load: 1)
    #expect(flight.running.configuration.resolution == 224)
    flight.run(seconds: 3, load: 2)
    #expect(flight.running.configuration.resolution == 160)
    flight.run(seconds: 2, load: 1)
    #expect(flight.running.configuration.resolution == 160, "not yet")
    flight.run(seconds: 6, load: 1)
    #expect(flight.running.configuration.resolution == 224)
  }

  @Test func `a climb that has to be undone is tried ever more rarely`() {
    var flight = Flight(budgetMilliseconds: 0.9)
    // Every estimate says that 192 fits; it does not.
    flight.run(seconds: 120, load: 1, surprise: [192: 2])
    #expect(flight.switches <= 12, "\(flight.switches) switches in two minutes")
    #expect(flight.switches >= 3)
  }

  @Test func `nothing fits: the fastest, and it says so`() {
    var flight = Flight(budgetMilliseconds: 0.1)
    flight.run(seconds: 5, load: 1)
    #expect(flight.running.configuration.resolution == 128)
    #expect(flight.pilot.reason.contains("nothing is faster"))
  }

  /// The same pairs, and each in 8 bits: less accurate than in float, and faster.
  private static let precisions = Flight.candidates.flatMap { float in
    var quantized = float
    quantized.configuration.precision = .int8
    quantized.top1Percent *= 0.986
    quantized.latency = Nanoseconds(float.latency.count * 4 / 10)
    return [float, quantized]
  }

  @Test func `takes 8 bits before it takes a smaller image, and float again when there is room`() {
    var flight = Flight(budgetMilliseconds: 0.8, candidates: Self.precisions)
    flight.run(seconds: 20, load: 1)
    #expect(flight.running.configuration.name == "α 0.25 at 224 int8", "\(flight.pilot.reason)")
    #expect(flight.pilot.reason == "p95 0.40 ms; fp32 would take 1.00", "\(flight.pilot.reason)")
    // Three times slower: 224 in 8 bits takes 1.2 ms.
    flight.run(seconds: 2, load: 3)
    #expect(flight.running.configuration.name == "α 0.25 at 160 int8", "\(flight.pilot.reason)")
    flight.run(seconds: 20, load: 1)
    #expect(flight.running.configuration.name == "α 0.25 at 224 int8")
    flight.pilot.budget = Nanoseconds(milliseconds: 1.5)
    flight.run(seconds: 10, load: 1)
    #expect(flight.running.configuration.name == "α 0.25 at 224 fp32")
    #expect(flight.pilot.reason == "p95 1.00 ms; nothing trained is more accurate")
  }

  @Test func `says what it left and why`() {
    var flight = Flight(budgetMilliseconds: 0.6, candidates: Self.precisions)
    flight.running = Self.precisions[0]
    var reasons: [String] = []
    for _ in 0..<40 {
      flight.run(seconds: 0.05, load: 1)
      if reasons.last != flight.pilot.reason { reasons.append(flight.pilot.reason) }
    }
    #expect(
      reasons.prefix(3) == ["measuring", "p95 0.90 ms is over", "p95 was 0.90 ms with fp32"], "\(reasons)")
    #expect(flight.running.configuration.name == "α 0.25 at 224 int8")
  }

  @Test func `leaves an untrained network for a trained one, even one that is slower`() {
    var flight = Flight(budgetMilliseconds: 2)
    flight.running = .init(
      configuration: Configuration(alpha: .half, resolution: 128), top1Percent: 0,
      latency: Nanoseconds(milliseconds: 0.5))
    flight.run(seconds: 3.9, load: 1)
    #expect(flight.running.configuration == Configuration(alpha: .quarter, resolution: 224))
    #expect(flight.pilot.reason == "α 0.5 at 128 fp32 is untrained", "\(flight.pilot.reason)")
  }

  @Test func `decides nothing on a few results`() {
    var pilot = BudgetPilot(budget: Nanoseconds(milliseconds: 0.1))
    for step in 0..<19 {
      pilot.add(Nanoseconds(milliseconds: 5))
      let decision = pilot.decide(
        running: Flight.candidates[0], among: Flight.candidates, now: Nanoseconds(seconds: Double(step)))
      #expect(decision == .stay && pilot.p95 == nil)
    }
  }
}
