import Frames
import MobileNet
import Testing

/// Drives a pilot as the program does: thirty results a second, on a machine that is `load` times slower than measured.
private struct Flight {
  static let candidates: [BudgetPilot.Candidate] = [
    (224, 49.8, 1.0), (192, 47.7, 0.7), (160, 45.5, 0.5), (128, 41.5, 0.3),
  ].map { resolution, top1, p95 in
    .init(
      pair: NetworkPair(alpha: .quarter, resolution: resolution), precision: "fp32", top1Percent: top1,
      p95: Nanoseconds(milliseconds: p95))
  }

  var pilot: BudgetPilot
  var running = Flight.candidates[3]
  var now = Nanoseconds(seconds: 100)
  var switches = 0

  init(budgetMilliseconds: Double) { pilot = BudgetPilot(budget: Nanoseconds(milliseconds: budgetMilliseconds)) }

  /// What the machine really takes may differ from what was measured, by `surprise`.
  mutating func fly(seconds: Double, load: Double, surprise: [Int: Double] = [:]) {
    for frame in 0..<Int(seconds * 30) {
      now = now + Nanoseconds(seconds: 1.0 / 30)
      let jitter = 0.9 + 0.1 * Double(frame * 7 % 11) / 10
      let time = Double(running.p95.count) * load * jitter * surprise[running.pair.resolution, default: 1]
      pilot.add(Nanoseconds(Int64(time)))
      if case .take(let choice) = pilot.decide(running: running, among: Self.candidates, now: now) {
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
    flight.fly(seconds: 10, load: 1)
    #expect(flight.running.pair.resolution == resolution, "\(flight.pilot.statement)")
    let switches = flight.switches
    flight.fly(seconds: 60, load: 1)
    #expect(flight.switches == switches, "it settled")
    #expect(!flight.pilot.statement.isEmpty)
  }

  @Test func `starts too slow: comes down within a second`() {
    var flight = Flight(budgetMilliseconds: 0.6)
    flight.running = Flight.candidates[0]
    flight.fly(seconds: 1.5, load: 1)
    #expect(flight.running.pair.resolution == 160)
    #expect(flight.pilot.statement.contains("α 0.25 at 160"), "\(flight.pilot.statement)")
  }

  @Test func `follows the load, down at once and up with patience`() {
    var flight = Flight(budgetMilliseconds: 1.3)
    flight.fly(seconds: 20, load: 1)
    #expect(flight.running.pair.resolution == 224)
    flight.fly(seconds: 3, load: 2)
    #expect(flight.running.pair.resolution == 160)
    flight.fly(seconds: 2, load: 1)
    #expect(flight.running.pair.resolution == 160, "not yet")
    flight.fly(seconds: 6, load: 1)
    #expect(flight.running.pair.resolution == 224)
  }

  @Test func `a climb that has to be undone is tried ever more rarely`() {
    var flight = Flight(budgetMilliseconds: 0.9)
    // Every estimate says that 192 fits; it does not.
    flight.fly(seconds: 120, load: 1, surprise: [192: 2])
    #expect(flight.switches <= 12, "\(flight.switches) switches in two minutes")
    #expect(flight.switches >= 3)
  }

  @Test func `nothing fits: the fastest, and it says so`() {
    var flight = Flight(budgetMilliseconds: 0.1)
    flight.fly(seconds: 5, load: 1)
    #expect(flight.running.pair.resolution == 128)
    #expect(flight.pilot.statement.contains("fastest"))
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
