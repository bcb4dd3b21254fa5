import Glibc

/// A point on, or a span of, the monotonic clock (`CLOCK_MONOTONIC`, the clock of V4L2's timestamps), in nanoseconds.
public struct Nanoseconds: Sendable, Hashable, Comparable, AdditiveArithmetic {
  public var count: Int64

  @inlinable public init(_ count: Int64) { self.count = count }
  public init(milliseconds: Double) { count = Int64(milliseconds * 1e6) }
  public init(seconds: Double) { count = Int64(seconds * 1e9) }

  public static let zero = Nanoseconds(0)

  public static func now() -> Nanoseconds {
    var t = timespec()
    clock_gettime(CLOCK_MONOTONIC, &t)
    return Nanoseconds(Int64(t.tv_sec) * 1_000_000_000 + Int64(t.tv_nsec))
  }

  public var microseconds: Double { Double(count) / 1e3 }
  public var milliseconds: Double { Double(count) / 1e6 }
  public var seconds: Double { Double(count) / 1e9 }

  @inlinable public static func + (a: Nanoseconds, b: Nanoseconds) -> Nanoseconds { Nanoseconds(a.count + b.count) }
  @inlinable public static func - (a: Nanoseconds, b: Nanoseconds) -> Nanoseconds { Nanoseconds(a.count - b.count) }
  @inlinable public static func < (a: Nanoseconds, b: Nanoseconds) -> Bool { a.count < b.count }
}
