/// How often lines of one kind may be told: some at once, since what happens in a row belongs together, then only one in a
/// while, however many there are to tell.
public struct LinePace: Sendable {
  private let burst: Int
  private let period: Nanoseconds
  private var left: Int
  private var refilled = Nanoseconds.zero

  /// - Parameters:
  ///   - burst: lines that may come one after the other.
  ///   - period: until one more may come after them.
  public init(burst: Int, period: Nanoseconds) {
    precondition(burst > 0 && period > .zero)
    self.burst = burst
    self.period = period
    left = burst
  }

  /// Whether a line may be told at time `now`, which it then is.
  public mutating func allows(at now: Nanoseconds) -> Bool {
    let periods = max(0, (now - refilled).count / period.count)
    if left.addingSaturating(Int(periods)) >= burst {
      left = burst
      refilled = now
    } else if periods > 0 {
      left += Int(periods)
      refilled += Nanoseconds(periods * period.count)
    }
    guard left > 0 else { return false }
    left -= 1
    return true
  }
}
