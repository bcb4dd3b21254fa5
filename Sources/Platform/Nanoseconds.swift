import Glibc

/// A point on, or a span of, the monotonic clock (`CLOCK_MONOTONIC`, the clock of V4L2's timestamps), in nanoseconds.
///
/// What does not fit is the nearest that does: times come from files, drivers and options too.
public struct Nanoseconds: Sendable, Hashable, Comparable, AdditiveArithmetic {
  public var count: Int64

  @inlinable public init(_ count: Int64) { self.count = count }
  public init(milliseconds: Double) { count = Int64(saturating: milliseconds * 1e6) }
  public init(seconds: Double) { count = Int64(saturating: seconds * 1e9) }

  public static let zero = Nanoseconds(0)

  public static func now() -> Nanoseconds { of(CLOCK_MONOTONIC) }

  /// What a clock of the system shows: `CLOCK_REALTIME`, a thread's processor time.
  public static func of(_ clock: clockid_t) -> Nanoseconds {
    var t = timespec()
    clock_gettime(clock, &t)
    return Nanoseconds(Int64(t.tv_sec) * 1_000_000_000 + Int64(t.tv_nsec))
  }

  /// For the system's calls that wait until a time; they know none before zero.
  var time: timespec {
    let count = max(0, count)
    return timespec(tv_sec: Int(count / 1_000_000_000), tv_nsec: Int(count % 1_000_000_000))
  }

  /// For poll(): whole milliseconds, rounded up so that the time is over when it returns; never negative, which means for ever.
  public var pollMilliseconds: Int32 { Int32(clamping: max(0, count.addingSaturating(999_999) / 1_000_000)) }

  public var microseconds: Double { Double(count) / 1e3 }
  public var milliseconds: Double { Double(count) / 1e6 }
  public var seconds: Double { Double(count) / 1e9 }

  @inlinable public static func + (a: Nanoseconds, b: Nanoseconds) -> Nanoseconds {
    Nanoseconds(a.count.addingSaturating(b.count))
  }
  @inlinable public static func - (a: Nanoseconds, b: Nanoseconds) -> Nanoseconds {
    Nanoseconds(a.count.subtractingSaturating(b.count))
  }
  @inlinable public static func < (a: Nanoseconds, b: Nanoseconds) -> Bool { a.count < b.count }
}
