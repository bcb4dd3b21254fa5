import Frames
import Platform

/// When to draw next: at an even rate, but as soon after a new result as that rate allows. On a fixed beat a source of the
/// same rate would stay out of step with it, and every result be shown up to a period late.
public struct DrawClock: Sendable {
  /// The next time to draw.
  public private(set) var due: Nanoseconds
  /// Where the even rate has the next draw; never more than two periods ahead.
  private var beat: Nanoseconds
  private var last: Nanoseconds

  public init(now: Nanoseconds) {
    due = now
    beat = now
    last = now
  }

  /// A result that wants to be seen: up to a period before its beat, half a period after the last draw.
  public mutating func result(at now: Nanoseconds, period: Nanoseconds) {
    due = min(due, max(now, last + Nanoseconds(period.count / 2), beat - period))
  }

  /// What the user did shows at once.
  public mutating func hurry(at now: Nanoseconds) {
    beat = now
    due = now
  }

  /// It was drawn, or left out because the terminal was not ready: late draws are not made up for.
  public mutating func passed(at now: Nanoseconds, period: Nanoseconds) {
    last = now
    repeat { beat = beat + period } while beat <= now
    due = beat
  }
}
