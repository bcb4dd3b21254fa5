import Frames

/// Picks the most accurate network whose 95th percentile of latency stays within a budget, and picks again as the load
/// of the machine changes. Pure: it is told times and gives decisions.
///
/// Down at once, up with patience: a network that is over the budget is left after `overTime`; a better one is taken
/// only after it would have fitted with room to spare for `climbTime`, which doubles whenever a climb had to be undone.
public struct BudgetPilot: Sendable {
  /// A network that may be chosen.
  public struct Candidate: Sendable, Hashable {
    public var pair: NetworkPair
    /// `fp32`, `int8`.
    public var precision: String
    public var top1Percent: Double
    /// On the machine when it was measured (or estimated), whatever its load is now.
    public var p95: Nanoseconds

    public init(pair: NetworkPair, precision: String, top1Percent: Double, p95: Nanoseconds) {
      self.pair = pair
      self.precision = precision
      self.top1Percent = top1Percent
      self.p95 = p95
    }

    func isSame(_ other: Candidate) -> Bool { pair == other.pair && precision == other.precision }
  }

  public enum Decision: Sendable, Hashable {
    case stay
    case take(Candidate)
  }

  /// A step down must leave this much of the budget free, a step up that much.
  static let downMargin = 0.95
  static let upMargin = 0.85
  /// Results that a percentile is taken of, and without which nothing is decided.
  static let windowCount = 64
  static let leastCount = 20
  static let overTime = Nanoseconds(milliseconds: 300)
  static let climbTime = Nanoseconds(seconds: 3)
  static let longestClimbTime = Nanoseconds(seconds: 60)
  /// A climb that is undone sooner than this was a mistake.
  static let trialTime = Nanoseconds(seconds: 10)

  public var budget: Nanoseconds {
    didSet { if budget != oldValue { forget() } }
  }
  /// What was chosen and why, for the screen.
  public private(set) var statement = "measuring"

  private var times: [Int64] = []
  private var next = 0
  private var lastTaken: NetworkPair?
  private var overSince: Nanoseconds?
  private var roomSince: Nanoseconds?
  private var climbedAt: Nanoseconds?
  private var patience = BudgetPilot.climbTime

  public init(budget: Nanoseconds) { self.budget = budget }

  /// The network's time of one result of the running network, warm-up left out.
  public mutating func add(_ time: Nanoseconds) {
    if times.count < Self.windowCount {
      times.append(time.count)
    } else {
      times[next] = time.count
      next = (next + 1) % Self.windowCount
    }
  }

  /// The network was switched, by the pilot or by somebody else: earlier times say nothing about it.
  public mutating func networkChanged() {
    times.removeAll(keepingCapacity: true)
    next = 0
    overSince = nil
    roomSince = nil
  }

  private mutating func forget() {
    overSince = nil
    roomSince = nil
    climbedAt = nil
    patience = Self.climbTime
  }

  /// The 95th percentile of the running network's recent times; `nil` while there are too few.
  public var p95: Nanoseconds? {
    guard times.count >= Self.leastCount else { return nil }
    return TradeOff.Latency(measured: times)?.p95
  }

  /// - Parameters:
  ///   - running: what runs now.
  ///   - candidates: what may be chosen, `running` among them or not.
  public mutating func decide(running: Candidate, among candidates: [Candidate], now: Nanoseconds) -> Decision {
    guard let p95 else {
      // After a switch the reason for it stays until there is more to say.
      if lastTaken != running.pair { statement = "\(running.pair.name): measuring" }
      return .stay
    }
    // How much slower everything is than when it was measured.
    let load = min(max(Double(p95.count) / Double(max(running.p95.count, 1)), 0.25), 20)
    let others = candidates.filter { !$0.isSame(running) }.map { candidate in
      (candidate, Double(candidate.p95.count) * load)
    }
    let limit = Double(budget.count)
    return p95 > budget
      ? descend(running, p95, others, limit, now) : climb(running, p95, others, limit, now)
  }

  private typealias Option = (candidate: Candidate, p95: Double)

  private mutating func descend(
    _ running: Candidate, _ p95: Nanoseconds, _ others: [Option], _ limit: Double, _ now: Nanoseconds
  ) -> Decision {
    roomSince = nil
    let since = overSince ?? now
    overSince = since
    let faster = others.filter { $0.p95 < Double(p95.count) }
    guard let choice = best(faster.filter { $0.p95 <= limit * Self.downMargin }) ?? faster.min(by: { $0.p95 < $1.p95 })
    else {
      statement = "\(running.pair.name) is the fastest, yet its p95 is \(text(p95)) ms"
      return .stay
    }
    guard now - since >= Self.overTime else {
      statement = "\(running.pair.name): p95 \(text(p95)) ms is over"
      return .stay
    }
    if let climbedAt, now - climbedAt < Self.trialTime { patience = min(patience + patience, Self.longestClimbTime) }
    climbedAt = nil
    statement = "took \(choice.candidate.pair.name): \(running.pair.name) had p95 \(text(p95)) ms"
    networkChanged()
    lastTaken = choice.candidate.pair
    return .take(choice.candidate)
  }

  private mutating func climb(
    _ running: Candidate, _ p95: Nanoseconds, _ others: [Option], _ limit: Double, _ now: Nanoseconds
  ) -> Decision {
    overSince = nil
    // One that held for long was none.
    if let climbedAt, now - climbedAt >= Self.trialTime {
      patience = Self.climbTime
      self.climbedAt = nil
    }
    let better = others.filter { isBetter($0, than: (running, Double(p95.count))) }
    guard let choice = best(better.filter { $0.p95 <= limit * Self.upMargin }) else {
      roomSince = nil
      let next = better.min { $0.p95 < $1.p95 }
      let why = next.map { "\($0.candidate.pair.name) would take \(text(Nanoseconds(Int64($0.p95)))) ms" }
      statement = "\(running.pair.name), p95 \(text(p95)) ms; \(why ?? "none is more accurate")"
      return .stay
    }
    let since = roomSince ?? now
    roomSince = since
    guard now - since >= patience else {
      statement = "\(running.pair.name), p95 \(text(p95)) ms; room for \(choice.candidate.pair.name)"
      return .stay
    }
    climbedAt = now
    statement = "took \(choice.candidate.pair.name): about \(text(Nanoseconds(Int64(choice.p95)))) ms"
    networkChanged()
    lastTaken = choice.candidate.pair
    return .take(choice.candidate)
  }

  private func isBetter(_ a: Option, than b: Option) -> Bool {
    a.candidate.top1Percent != b.candidate.top1Percent
      ? a.candidate.top1Percent > b.candidate.top1Percent : a.p95 < 0.8 * b.p95
  }

  /// The most accurate; of equally accurate ones the fastest.
  private func best(_ options: [Option]) -> Option? {
    options.max {
      $0.candidate.top1Percent != $1.candidate.top1Percent
        ? $0.candidate.top1Percent < $1.candidate.top1Percent : $0.p95 > $1.p95
    }
  }

  /// Milliseconds with two digits after the point.
  private func text(_ time: Nanoseconds) -> String {
    let hundredths = (time.count + 5_000) / 10_000
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
  }
}
