import Frames
import MobileNet
import Platform
import Telemetry
import Terminal

/// The budget pilot at work: what it may choose from, and the budget that the user turns.
///
/// It chooses among trained networks, by what their weights are worth at a resolution and a precision; a larger network on
/// random weights would be slower and right by chance. Only where nothing is trained it goes by the published accuracy.
struct PilotSeat {
  private(set) var pilot: BudgetPilot?
  /// The budget to begin with where `--budget` gave one.
  private var budget: Nanoseconds?
  private let offers: [NetworkOffer]
  private let hasTrained: Bool
  /// The one that the user asked for, if any.
  private(set) var keptPrecision: String?
  private var settings: Settings?

  init(budget: Nanoseconds?, offers: [NetworkOffer], keptPrecision: String?) {
    self.budget = budget
    self.keptPrecision = keptPrecision
    let hasTrained = offers.contains { $0.isTrained }
    self.hasTrained = hasTrained
    self.offers = offers.filter { $0.isTrained == hasTrained }
    pilot = budget.map(newPilot)
  }

  private func newPilot(_ budget: Nanoseconds) -> BudgetPilot {
    var pilot = BudgetPilot(budget: budget)
    pilot.hasTrained = hasTrained
    return pilot
  }

  /// What it chooses from, and so must be measured.
  var choices: [NetworkChoice] {
    offers.map(\.choice).filter { keptPrecision == nil || $0.precision == keptPrecision }
  }

  mutating func keep(precision: String) { keptPrecision = precision }

  func shown(running: Settings) -> Snapshot.Pilot? {
    guard let pilot else { return nil }
    let limits = [keptPrecision.map { "\($0) kept" }, hasTrained ? nil : "all untrained"].compactMap { $0 }
    return Snapshot.Pilot(
      budget: pilot.budget, choice: running.choice.name, reason: pilot.reason, limits: limits.joined(separator: ", "))
  }

  /// On with the last budget, or one that the running network keeps with some room; or off.
  mutating func toggle(p95: Nanoseconds?) {
    if pilot != nil { return leave() }
    let budget = budget ?? Self.step(above: Nanoseconds((p95?.count ?? 10_000_000) * 3 / 2))
    self.budget = budget
    pilot = newPilot(budget)
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
    let candidates = candidates(tradeOff)
    // One that is not among them (untrained, or of a resolution that was never published) is left for any of them.
    let running =
      candidates.first { $0.choice == settings.choice }
      ?? BudgetPilot.Candidate(
        choice: settings.choice, top1Percent: 0,
        latency: tradeOff.latency(of: settings.choice)?.least ?? pilot?.p95 ?? .zero)
    guard case .take(let taken) = pilot?.decide(running: running, among: candidates, now: now) else { return nil }
    var next = settings
    next.choice = taken.choice
    return next
  }

  private func candidates(_ tradeOff: TradeOff) -> [BudgetPilot.Candidate] {
    offers.compactMap { offer in
      guard keptPrecision == nil || offer.choice.precision == keptPrecision,
        let latency = tradeOff.latency(of: offer.choice)
      else { return nil }
      return BudgetPilot.Candidate(choice: offer.choice, top1Percent: offer.top1Percent, latency: latency.least)
    }
  }
}
