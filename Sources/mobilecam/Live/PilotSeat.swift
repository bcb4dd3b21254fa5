import Frames
import MobileNet
import Telemetry
import Terminal

/// The budget pilot at work: what it may choose from, and the budget that the user turns.
struct PilotSeat {
  private(set) var pilot: BudgetPilot?
  /// The budget to begin with where `--budget` gave one.
  private var budget: Nanoseconds?
  private let trained: Set<Alpha>
  private var settings: Settings?

  /// - Parameter trained: the α that have trained weights; the others are chosen only where there is no such α.
  init(budget: Nanoseconds?, trained: Set<Alpha>) {
    self.budget = budget
    self.trained = trained
    pilot = budget.map { BudgetPilot(budget: $0) }
  }

  var shown: Snapshot.Pilot? { pilot.map { Snapshot.Pilot(budget: $0.budget, statement: $0.statement) } }

  /// On with the last budget, or one that the running network keeps with some room; or off.
  mutating func toggle(p95: Nanoseconds?) {
    if pilot != nil { return leave() }
    let budget = budget ?? Self.step(above: Nanoseconds((p95?.count ?? 10_000_000) * 3 / 2))
    self.budget = budget
    pilot = BudgetPilot(budget: budget)
  }

  mutating func leave() { pilot = nil }

  /// The next budget of 1, 1.5, 2, 3, 5, 7 times a power of ten milliseconds.
  mutating func turn(up: Bool) {
    guard let now = pilot?.budget else { return }
    let next = up ? Self.step(above: now) : Self.step(below: now)
    pilot?.budget = next
    budget = next
  }

  private static let steps: [Nanoseconds] = [100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000].flatMap { power in
    [10, 15, 20, 30, 50, 70].map { Nanoseconds(Int64($0 * power * 100)) }
  }
  private static func step(above time: Nanoseconds) -> Nanoseconds { steps.first { $0 > time } ?? steps.last! }
  private static func step(below time: Nanoseconds) -> Nanoseconds { steps.last { $0 < time } ?? steps.first! }

  /// A new result; returns the settings to switch to, if any.
  mutating func result(_ record: borrowing FrameRecord, settings: Settings, tradeOff: TradeOff, now: Nanoseconds)
    -> Settings?
  {
    guard pilot != nil else { return nil }
    if settings != self.settings {
      self.settings = settings
      pilot?.networkChanged()
    }
    if !record.isWarmUp, let time = record.networkNanoseconds { pilot?.add(Nanoseconds(time)) }
    let candidates = candidates(tradeOff, settings)
    let pair = NetworkPair(alpha: settings.alpha, resolution: settings.resolution)
    // One that is not among them (untrained, or of a resolution that was never published) is left for any of them.
    let running =
      candidates.first { $0.pair == pair }
      ?? BudgetPilot.Candidate(
        pair: pair, precision: settings.precision, top1Percent: 0,
        p95: tradeOff.latency(of: pair)?.p95 ?? pilot?.p95 ?? .zero)
    guard case .take(let choice) = pilot?.decide(running: running, among: candidates, now: now) else { return nil }
    var next = settings
    next.alpha = choice.pair.alpha
    next.resolution = choice.pair.resolution
    return next
  }

  private func candidates(_ tradeOff: TradeOff, _ settings: Settings) -> [BudgetPilot.Candidate] {
    tradeOff.points(isQuantized: settings.precision == "int8").compactMap { point in
      guard trained.isEmpty || trained.contains(point.pair.alpha), let top1 = point.top1Percent,
        let latency = point.latency
      else { return nil }
      return BudgetPilot.Candidate(
        pair: point.pair, precision: settings.precision, top1Percent: top1, p95: latency.p95)
    }
  }
}
