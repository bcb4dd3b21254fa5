import Platform

/// Nearest-rank percentiles of the last values of something that takes time. Nothing is allocated to add one.
public struct LatencyWindow: Sendable {
  /// p99 of fewer values than this would just be their maximum.
  public static let smallestCountForP99 = 100

  public let capacity: Int
  private var values: [Int64]
  private var next = 0
  /// Values in the window.
  public private(set) var count = 0
  /// The newest value in nanoseconds.
  public private(set) var last: Int64?

  public init(capacity: Int = 512) {
    precondition(capacity > 0)
    self.capacity = capacity
    values = [Int64](repeating: 0, count: capacity)
  }

  public mutating func add(_ nanoseconds: Int64) {
    values[next] = nanoseconds
    next = next + 1 == capacity ? 0 : next + 1
    count = min(count + 1, capacity)
    last = nanoseconds
  }

  public mutating func reset() {
    next = 0
    count = 0
    last = nil
  }

  /// `nil` while the window is empty.
  public var summary: LatencySummary? {
    guard count > 0, let last else { return nil }
    let sorted = values[..<count].sorted()
    return LatencySummary(
      count: count, last: last, p50: sorted.percentile(50), p90: sorted.percentile(90),
      p99: count >= Self.smallestCountForP99 ? sorted.percentile(99) : nil, max: sorted[count - 1])
  }
}

/// Times in nanoseconds.
public struct LatencySummary: Sendable, Hashable {
  public var count: Int
  public var last: Int64
  public var p50: Int64
  public var p90: Int64
  /// `nil` under 100 values.
  public var p99: Int64?
  public var max: Int64

  public init(count: Int, last: Int64, p50: Int64, p90: Int64, p99: Int64?, max: Int64) {
    self.count = count
    self.last = last
    self.p50 = p50
    self.p90 = p90
    self.p99 = p99
    self.max = max
  }
}
