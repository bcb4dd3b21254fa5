import Platform

/// Which frame is due when. Deadlines are absolute (`start + n / rate`), so that lateness never adds up to drift.
package struct Pacer: Sendable {
  private let start: Nanoseconds
  private let framesPerSecond: Int64
  private var last = -1

  package init(start: Nanoseconds, framesPerSecond: Int) {
    precondition(framesPerSecond > 0)
    self.start = start
    self.framesPerSecond = Int64(framesPerSecond)
  }

  /// The number of the frame to make next, at time `now`: the following one or, when that one's successor is due
  /// already, the newest that is due. Frames that were missed are skipped, never made in a burst.
  package mutating func advance(now: Nanoseconds) -> Int {
    let current = Int(max(0, (now - start).count).multipliedSaturating(by: framesPerSecond) / 1_000_000_000)
    last = max(last.addingSaturating(1), current)
    return last
  }

  /// When frame `number` is due.
  package func due(_ number: Int) -> Nanoseconds {
    let ticks = Int64(number).multipliedSaturating(by: 1_000_000_000)
    return start + Nanoseconds(ticks.addingSaturating(framesPerSecond - 1) / framesPerSecond)
  }
}
