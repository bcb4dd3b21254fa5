/// Events per second over the last second. Nothing is allocated after `init`.
public struct RateMeter: Sendable {
  private static let second: Int64 = 1_000_000_000

  private var times: [Int64]
  private var oldest = 0
  private var count = 0

  /// - Parameter capacity: events that are remembered; of a faster stream, the rate of the last `capacity` ones is given.
  public init(capacity: Int = 4096) {
    precondition(capacity >= 2)
    times = [Int64](repeating: 0, count: capacity)
  }

  public mutating func add(at nanoseconds: Int64) {
    if count == times.count { dropOldest() }
    times[(oldest + count) % times.count] = nanoseconds
    count += 1
  }

  /// `nil` until two events are known; 0 once the stream has paused for a second and three times its usual gap.
  public mutating func eventsPerSecond(at now: Int64) -> Double? {
    // Two events stay, however old: a stream of less than one event a second has a rate too.
    while count > 2, times[oldest] < now - Self.second { dropOldest() }
    guard count >= 2 else { return nil }
    let newest = times[(oldest + count - 1) % times.count]
    let span = newest - times[oldest]
    guard span > 0 else { return nil }
    if now - newest > max(Self.second, 3 * span / Int64(count - 1)) { return 0 }
    return Double(count - 1) * Double(Self.second) / Double(span)
  }

  public mutating func reset() { count = 0 }

  private mutating func dropOldest() {
    oldest = (oldest + 1) % times.count
    count -= 1
  }
}
