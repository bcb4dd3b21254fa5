import Platform

/// Nearest-rank percentiles of the last values of something that takes time. Nothing is allocated after `init`.
public struct LatencyWindow: Sendable {
  /// p99 of fewer values than this would just be their maximum.
  public static let smallestCountForP99 = 100

  public let capacity: Int
  private var values: [Int64]
  private var scratch: [Int64]
  private var next = 0
  /// Values in the window.
  public private(set) var count = 0
  /// The newest value in nanoseconds.
  public private(set) var last: Int64?

  public init(capacity: Int = 512) {
    precondition(capacity > 0)
    self.capacity = capacity
    values = [Int64](repeating: 0, count: capacity)
    scratch = values
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

  /// `nil` while the window is empty. Mutates only its own scratch memory.
  public mutating func summary() -> LatencySummary? {
    guard count > 0, let last else { return nil }
    for index in 0..<count { scratch[index] = values[index] }
    return scratch.withUnsafeMutableBufferPointer { all in
      let sample = UnsafeMutableBufferPointer(rebasing: all[..<count])
      // Each selection leaves the smaller values before its rank, so that the next one looks only at the rest.
      let p50 = nearestRank(50, of: count) - 1
      let p90 = nearestRank(90, of: count) - 1
      let p99 = nearestRank(99, of: count) - 1
      select(p50, in: sample, from: 0)
      select(p90, in: sample, from: p50)
      select(p99, in: sample, from: p90)
      var largest = sample[p99]
      for value in sample[p99...] where value > largest { largest = value }
      return LatencySummary(
        count: count, last: last, p50: sample[p50], p90: sample[p90],
        p99: count >= Self.smallestCountForP99 ? sample[p99] : nil, max: largest)
    }
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

/// Hoare's selection: puts the value of rank `rank` (0-based) in its sorted place, none larger before it, none smaller
/// after it. Everything before `from` must already be no larger than the rest.
private func select(_ rank: Int, in values: UnsafeMutableBufferPointer<Int64>, from: Int) {
  var low = from
  var high = values.count - 1
  while low < high {
    let pivot = values[low + (high - low) / 2]
    var i = low
    var j = high
    while i <= j {
      while values[i] < pivot { i += 1 }
      while values[j] > pivot { j -= 1 }
      if i <= j {
        values.swapAt(i, j)
        i += 1
        j -= 1
      }
    }
    if rank <= j {
      high = j
    } else if rank >= i {
      low = i
    } else {
      return
    }
  }
}
