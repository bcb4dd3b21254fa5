import Model
import Platform

/// Picks the most accurate network (α, resolution and precision) whose 95th percentile of latency stays within a budget,
/// and picks again as the load of the machine changes. Pure: it is told times and gives decisions.
///
/// Down at once, up with patience: a network that is over the budget is left after `overTime`; a better one is taken
/// only after it would have fitted with room to spare for `climbTime`, which doubles whenever a climb had to be undone.
public struct BudgetPilot: Sendable {
  /// A network that may be chosen.
  public struct Candidate: Sendable, Hashable {
    public var configuration: Configuration
    /// Of the weights that are there; 0 for untrained ones.
    public var top1Percent: Double
    /// The shortest time, measured or estimated, whatever the machine's load is now.
    public var latency: Nanoseconds

    public init(configuration: Configuration, top1Percent: Double, latency: Nanoseconds) {
      self.configuration = configuration
      self.top1Percent = top1Percent
      self.latency = latency
    }
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
  /// Whether the candidates are trained networks, for the wording of `reason`.
  public var hasTrained = true
  /// Why it runs what it runs, for the screen.
  public private(set) var reason = "measuring"

  private var times: [Int64] = []
  private var next = 0
  private var lastTaken: Configuration?
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
      if lastTaken != running.configuration { reason = "measuring" }
      return .stay
    }
    // What a latency as measured has for a 95th percentile now.
    let load = min(max(Double(p95.count) / Double(max(running.latency.count, 1)), 0.25), 20)
    let others = candidates.filter { $0.configuration != running.configuration }.map { candidate in
      (candidate, Double(candidate.latency.count) * load)
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
      reason = "p95 \(text(p95)) ms is over, but nothing is faster"
      return .stay
    }
    guard now - since >= Self.overTime else {
      reason = "p95 \(text(p95)) ms is over"
      return .stay
    }
    if let climbedAt, now - climbedAt < Self.trialTime { patience = min(patience + patience, Self.longestClimbTime) }
    climbedAt = nil
    return take(choice, because: "p95 was \(text(p95)) ms \(left(running, for: choice))")
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
      let why = next.map { "\($0.candidate.configuration.name(beside: running.configuration)) would take \(text($0))" }
      reason = "p95 \(text(p95)) ms; \(why ?? "nothing\(hasTrained ? " trained" : "") is more accurate")"
      return .stay
    }
    let since = roomSince ?? now
    roomSince = since
    guard now - since >= patience else {
      reason = "p95 \(text(p95)) ms; room for \(choice.candidate.configuration.name(beside: running.configuration))"
      return .stay
    }
    climbedAt = now
    let isUntrained = running.top1Percent == 0
    return take(
      choice,
      because: isUntrained ? "\(running.configuration.name) is untrained" : "there is room: about \(text(choice)) ms")
  }

  private mutating func take(_ option: Option, because why: String) -> Decision {
    reason = why
    networkChanged()
    lastTaken = option.candidate.configuration
    return .take(option.candidate)
  }

  /// What was given up, in the words that tell it from what was taken: `at 224 px fp32`.
  private func left(_ running: Candidate, for option: Option) -> String {
    let taken = option.candidate.configuration
    let isOnlySize = running.configuration.alpha == taken.alpha && running.configuration.resolution != taken.resolution
    return (isOnlySize ? "at " : "with ") + running.configuration.name(beside: taken)
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

  private func text(_ option: Option) -> String { text(Nanoseconds(Int64(option.p95))) }

  /// Milliseconds in three digits.
  private func text(_ time: Nanoseconds) -> String {
    let digits = time.count < 9_995_000 ? 2 : time.count < 99_950_000 ? 1 : 0
    let unit: Int64 = [1_000_000, 100_000, 10_000][digits]
    let steps = (time.count + unit / 2) / unit
    guard digits > 0 else { return "\(steps)" }
    let (whole, rest) = steps.quotientAndRemainder(dividingBy: digits == 2 ? 100 : 10)
    return "\(whole).\(digits == 2 && rest < 10 ? "0" : "")\(rest)"
  }
}
