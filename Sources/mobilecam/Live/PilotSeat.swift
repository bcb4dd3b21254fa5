import Frames
import MobileNet
import Model
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
  private(set) var keptPrecision: Precision?
  private var settings: Configuration?

  init(budget: Nanoseconds?, offers: [NetworkOffer], keptPrecision: Precision?) {
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
  var choices: [Configuration] {
    offers.map(\.configuration).filter { keptPrecision == nil || $0.precision == keptPrecision }
  }

  mutating func keep(precision: Precision) { keptPrecision = precision }

  func shown(running: Configuration) -> Snapshot.Pilot? {
    guard let pilot else { return nil }
    let limits = [keptPrecision.map { "\($0) kept" }, hasTrained ? nil : "all untrained"].compactMap { $0 }
    return Snapshot.Pilot(
      budget: pilot.budget, choice: running.name, reason: pilot.reason, limits: limits.joined(separator: ", "))
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
  mutating func result(_ record: borrowing FrameRecord, settings: Configuration, tradeOff: TradeOff, now: Nanoseconds)
    -> Configuration?
  {
    guard pilot != nil else { return nil }
    if settings != self.settings {
      self.settings = settings
      pilot?.networkChanged()
    }
    if !record.isWarmUp, let time = record.network { pilot?.add(time) }
    let candidates = candidates(tradeOff, threads: settings.threads)
    // One that is not among them (untrained, or of a resolution that was never published) is left for any of them.
    let running =
      candidates.first { $0.configuration == settings }
      ?? BudgetPilot.Candidate(
        configuration: settings, top1Percent: 0,
        latency: tradeOff.latency(of: settings)?.least ?? pilot?.p95 ?? .zero)
    guard case .take(let taken) = pilot?.decide(running: running, among: candidates, now: now) else { return nil }
    return taken.configuration
  }

  private func candidates(_ tradeOff: TradeOff, threads: Int) -> [BudgetPilot.Candidate] {
    offers.compactMap { offer in
      let configuration = offer.configuration.on(threads: threads)
      guard keptPrecision == nil || configuration.precision == keptPrecision,
        let latency = tradeOff.latency(of: configuration)
      else { return nil }
      return BudgetPilot.Candidate(
        configuration: configuration, top1Percent: offer.top1Percent, latency: latency.least)
    }
  }
}
