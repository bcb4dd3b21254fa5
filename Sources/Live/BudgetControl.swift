import Model
import NetworkSelection
import Platform
import Telemetry
import Terminal

/// The budget pilot in the user's hands: on or off, what it may choose from, and the budget that is turned.
///
/// It chooses among trained networks, by what their weights are worth at a resolution and a precision; a larger network on
/// random weights would be slower and right by chance. Only where nothing is trained it goes by the published accuracy.
package struct BudgetControl {
  package private(set) var pilot: BudgetPilot?
  /// The budget to begin with where `--budget` gave one.
  private var budget: Nanoseconds?
  private let offers: [NetworkOffer]
  private let hasTrained: Bool
  /// The one that the user asked for, if any.
  package private(set) var keptPrecision: Precision?
  private var configuration: Configuration?

  package init(budget: Nanoseconds? = nil, offers: [NetworkOffer], keptPrecision: Precision? = nil) {
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

  package var isOn: Bool { pilot != nil }

  private var usable: [NetworkOffer] {
    offers.filter { keptPrecision == nil || $0.configuration.precision == keptPrecision }
  }

  /// What it chooses from, and so must be measured.
  package var configurations: [Configuration] { usable.map(\.configuration) }

  package mutating func keep(precision: Precision) { keptPrecision = precision }

  package func shown(running: Configuration) -> Snapshot.Pilot? {
    guard let pilot else { return nil }
    let limits = [keptPrecision.map { "\($0) kept" }, hasTrained ? nil : "all untrained"].compactMap { $0 }
    return Snapshot.Pilot(
      budget: pilot.budget, choice: running.name, reason: pilot.reason, limits: limits.joined(separator: ", "))
  }

  /// On with the last budget, or one that the running network keeps with some room; or off.
  package mutating func toggle(p95: Nanoseconds?) {
    if isOn { return leave() }
    let budget = budget ?? Self.step(above: Nanoseconds((p95?.count ?? 10_000_000) * 3 / 2))
    self.budget = budget
    pilot = newPilot(budget)
  }

  package mutating func leave() { pilot = nil }

  /// The next budget of 1, 1.5, 2, 3, 5, 7 times a power of ten milliseconds.
  package mutating func turn(up: Bool) {
    guard let now = pilot?.budget else { return }
    let next = up ? Self.step(above: now) : Self.step(below: now)
    pilot?.budget = next
    budget = next
  }

  private static let steps: [Nanoseconds] = [100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000].flatMap { power in
    [10, 15, 20, 30, 50, 70].map { Nanoseconds(Int64($0 * power * 100)) }
  }
  private static func step(above time: Nanoseconds) -> Nanoseconds {
    steps.first { $0 > time } ?? steps[steps.count - 1]
  }
  private static func step(below time: Nanoseconds) -> Nanoseconds { steps.last { $0 < time } ?? steps[0] }

  /// A new result of the network that runs; returns the one to switch to, if any.
  package mutating func result(_ record: borrowing FrameRecord, tradeOff: TradeOff, now: Nanoseconds) -> Configuration?
  {
    guard isOn else { return nil }
    let running = record.configuration
    if running != configuration {
      configuration = running
      pilot?.networkChanged()
    }
    if !record.isWarmUp, let time = record.network { pilot?.add(time) }
    let candidates = usable.compactMap { offer -> BudgetPilot.Candidate? in
      let configuration = offer.configuration.on(threads: running.threads)
      return tradeOff.latency(of: configuration).map {
        .init(configuration: configuration, top1Percent: offer.top1Percent, latency: $0.least)
      }
    }
    // One that is not among them (untrained, or of a resolution that was never published) is left for any of them.
    let own =
      candidates.first { $0.configuration == running }
      ?? BudgetPilot.Candidate(
        configuration: running, top1Percent: 0,
        latency: tradeOff.latency(of: running)?.least ?? pilot?.p95 ?? .zero)
    guard case .take(let taken) = pilot?.decide(running: own, among: candidates, now: now) else { return nil }
    return taken.configuration
  }
}
