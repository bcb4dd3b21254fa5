import Histogram

/// The latencies of a whole run in constant memory: a log-bucket histogram of three significant digits
/// (HdrHistogram), up to a minute. Nothing is allocated after `init`.
public struct RunHistogram: Sendable {
  /// Longer times count as this one.
  public static let largestNanoseconds: Int64 = 60_000_000_000

  private var histogram = Histogram<UInt32>(
    lowestDiscernibleValue: 1, highestTrackableValue: UInt64(largestNanoseconds), numberOfSignificantValueDigits: .three
  )
  private var largest: Int64 = 0
  private var last: Int64 = 0

  public init() {}

  public var count: Int { Int(histogram.totalCount) }

  public mutating func add(_ nanoseconds: Int64) {
    last = nanoseconds
    largest = max(largest, nanoseconds)
    histogram.record(UInt64(min(max(0, nanoseconds), Self.largestNanoseconds)))
  }

  public mutating func reset() {
    histogram.reset()
    largest = 0
    last = 0
  }

  /// Nearest rank, to three significant digits; the maximum is exact. `nil` while nothing was recorded.
  public var summary: LatencySummary? {
    guard count > 0 else { return nil }
    func value(_ percentile: Double) -> Int64 { min(largest, Int64(histogram.valueAtPercentile(percentile))) }
    return LatencySummary(
      count: count, last: last, p50: value(50), p90: value(90),
      p99: count >= LatencyWindow.smallestCountForP99 ? value(99) : nil, max: largest)
  }
}
