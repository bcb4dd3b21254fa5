/// All latencies of one kind in bounded memory, for percentiles that raw rows give again to the last digit shown.
///
/// While there are few different values, each is counted exactly. Beyond that, values are rounded to five significant
/// digits (half up) and counted by what they are rounded to. Rounding keeps the order, so that the nearest-rank
/// percentile of rounded values is the rounded percentile of the raw ones: what is shown has fewer digits, not wrong ones.
final class LatencyDistribution {
  /// Memory that all exact tables of one report may take together, in slots of 12 bytes.
  final class Budget {
    var slotsLeft: Int
    init(slots: Int = 2_000_000) { slotsLeft = slots }
  }

  private static let empty = Int64.min
  /// Above this many slots a single distribution is rounded, whatever is left for others.
  private static let mostSlots = 1 << 16
  private static let firstSlots = 64
  private static let pageSize = 1000

  private(set) var count = 0
  private(set) var smallest = Int64.max
  private(set) var largest = Int64.min
  private(set) var sum: Int64 = 0

  private let budget: Budget
  // Exact: open addressing; as many slots as a power of two, at most half of them used.
  private var keys: [Int64]
  private var counts: [UInt32]
  private var used = 0
  // Rounded: pages of counts by `bucket`, made when first needed.
  private var pages: [[UInt32]] = []
  private(set) var isExact = true

  init(budget: Budget) {
    self.budget = budget
    budget.slotsLeft -= Self.firstSlots
    keys = [Int64](repeating: Self.empty, count: Self.firstSlots)
    counts = [UInt32](repeating: 0, count: Self.firstSlots)
  }

  func add(_ nanoseconds: Int64) {
    count += 1
    sum = sum.addingReportingOverflow(nanoseconds).partialValue
    smallest = min(smallest, nanoseconds)
    largest = max(largest, nanoseconds)
    add(nanoseconds, times: 1)
  }

  var mean: Double? { count > 0 ? Double(sum) / Double(count) : nil }

  private func add(_ value: Int64, times: UInt32) {
    guard isExact else { return addRounded(value, times: times) }
    let mask = keys.count - 1
    var slot = Int(truncatingIfNeeded: (UInt64(bitPattern: value) &* 0x9e37_79b9_7f4a_7c15) >> 32) & mask
    while keys[slot] != value {
      if keys[slot] == Self.empty {
        guard (used + 1) * 2 <= keys.count else {
          growOrRound()
          return add(value, times: times)
        }
        keys[slot] = value
        used += 1
        break
      }
      slot = (slot + 1) & mask
    }
    counts[slot] &+= times
  }

  private func growOrRound() {
    let old = (keys, counts)
    let slots = keys.count * 2
    used = 0
    budget.slotsLeft += keys.count
    if slots <= Self.mostSlots, slots <= budget.slotsLeft {
      budget.slotsLeft -= slots
      keys = [Int64](repeating: Self.empty, count: slots)
      counts = [UInt32](repeating: 0, count: slots)
    } else {
      isExact = false
      keys = []
      counts = []
    }
    for (index, key) in old.0.enumerated() where key != Self.empty { add(key, times: old.1[index]) }
  }

  private func addRounded(_ value: Int64, times: UInt32) {
    let bucket = Self.bucket(value)
    let page = bucket / Self.pageSize
    while pages.count <= page { pages.append([]) }
    if pages[page].isEmpty { pages[page] = [UInt32](repeating: 0, count: Self.pageSize) }
    pages[page][bucket % Self.pageSize] &+= times
  }

  /// Values of up to five digits are their own bucket; 90 000 more follow for each further digit.
  static func bucket(_ value: Int64) -> Int {
    var exponent = 0
    var unit: Int64 = 1
    let value = max(0, value)
    while value / unit >= 100_000 {
      unit *= 10
      exponent += 1
    }
    return exponent * 90_000 + Int(value / unit + (value % unit * 2 >= unit && unit > 1 ? 1 : 0))
  }

  /// What the values of a bucket are rounded to.
  static func value(ofBucket bucket: Int) -> Int64 {
    guard bucket >= 100_000 else { return Int64(bucket) }
    let exponent = (bucket - 10_000) / 90_000
    var unit: Int64 = 1
    for _ in 0..<exponent { unit *= 10 }
    return Int64(bucket - exponent * 90_000) * unit
  }

  /// Values in rising order, with how often each occurred.
  func forEachValue(_ body: (_ nanoseconds: Int64, _ times: Int) -> Void) {
    if isExact {
      let order = keys.indices.filter { keys[$0] != Self.empty }.sorted { keys[$0] < keys[$1] }
      for slot in order { body(keys[slot], Int(counts[slot])) }
      return
    }
    for (page, buckets) in pages.enumerated() where !buckets.isEmpty {
      for (index, times) in buckets.enumerated() where times > 0 {
        body(Self.value(ofBucket: page * Self.pageSize + index), Int(times))
      }
    }
  }

  /// Nearest rank; p99 only of 100 values and more. Computed in one walk, so ask for all at once.
  func percentiles(_ wanted: [Int] = [50, 90, 95, 99]) -> [Int64?] {
    var found = [Int64?](repeating: nil, count: wanted.count)
    guard count > 0 else { return found }
    var passed = 0
    var next = 0
    forEachValue { value, times in
      passed += times
      while next < wanted.count, passed >= nearestRank(wanted[next], of: count) {
        if wanted[next] < 99 || count >= LatencyWindow.smallestCountForP99 { found[next] = value }
        next += 1
      }
    }
    return found
  }
}
