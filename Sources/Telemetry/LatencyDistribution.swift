/// All latencies of one kind in bounded memory, for percentiles that raw rows give again to the last digit shown.
///
/// While there are few different values, each is counted exactly. Beyond that, values are rounded to four significant
/// digits (half up; three where very many configurations share the memory) and counted by what they are rounded to.
/// Rounding keeps the order, so that the nearest-rank percentile of rounded values is the rounded percentile of the raw
/// ones: what is shown has fewer digits, not wrong ones.
final class LatencyDistribution {
  /// Memory that all distributions of one report share.
  final class Budget {
    /// Slots of exact tables, 12 bytes each.
    var slotsLeft: Int
    /// Pages of rounded counts; without any left, three digits have to do.
    var pagesLeft: Int

    init(slots: Int = 2_000_000, pages: Int = 60_000) {
      slotsLeft = slots
      pagesLeft = pages
    }
  }

  private static let empty = Int64.min
  private static let firstSlots = 64
  private static let pageSize = 100

  private(set) var count = 0
  private(set) var smallest = Int64.max
  private(set) var largest = Int64.min
  private(set) var sum: Int128 = 0

  private let budget: Budget
  /// Above this many slots a single distribution is rounded, whatever is left for others.
  private let mostSlots: Int
  // Exact: open addressing; as many slots as a power of two, at most half of them used.
  private var keys: [Int64]
  private var counts: [UInt32]
  private var used = 0
  // Rounded: pages of counts by `bucket`, made when first needed.
  private var pages: [[UInt32]] = []
  /// What values are rounded to; `nil` while each is counted exactly.
  private(set) var rounding: Rounding?

  init(budget: Budget, mostSlots: Int = 1 << 15) {
    self.budget = budget
    self.mostSlots = mostSlots
    budget.slotsLeft -= Self.firstSlots
    keys = [Int64](repeating: Self.empty, count: Self.firstSlots)
    counts = [UInt32](repeating: 0, count: Self.firstSlots)
  }

  func add(_ nanoseconds: Int64) {
    count += 1
    sum += Int128(nanoseconds)
    smallest = min(smallest, nanoseconds)
    largest = max(largest, nanoseconds)
    add(nanoseconds, times: 1)
  }

  var mean: Double? { count > 0 ? Double(sum) / Double(count) : nil }

  private func add(_ value: Int64, times: UInt32) {
    if let rounding { return addRounded(rounding.bucket(value), times: times) }
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
    if slots <= mostSlots, slots <= budget.slotsLeft {
      budget.slotsLeft -= slots
      keys = [Int64](repeating: Self.empty, count: slots)
      counts = [UInt32](repeating: 0, count: slots)
    } else {
      rounding = Rounding(digits: budget.pagesLeft > 0 ? 4 : 3)
      keys = []
      counts = []
    }
    for (index, key) in old.0.enumerated() where key != Self.empty { add(key, times: old.1[index]) }
  }

  private func addRounded(_ bucket: Int, times: UInt32) {
    let page = bucket / Self.pageSize
    while pages.count <= page { pages.append([]) }
    if pages[page].isEmpty {
      pages[page] = [UInt32](repeating: 0, count: Self.pageSize)
      budget.pagesLeft -= 1
    }
    pages[page][bucket % Self.pageSize] &+= times
  }

  /// Values in rising order, with how often each occurred.
  func forEachValue(_ body: (_ nanoseconds: Int64, _ times: Int) -> Void) {
    guard let rounding else {
      let order = keys.indices.filter { keys[$0] != Self.empty }.sorted { keys[$0] < keys[$1] }
      for slot in order { body(keys[slot], Int(counts[slot])) }
      return
    }
    for (page, buckets) in pages.enumerated() where !buckets.isEmpty {
      for (index, times) in buckets.enumerated() where times > 0 {
        body(rounding.value(ofBucket: page * Self.pageSize + index), Int(times))
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

/// Rounding to a number of significant digits, as a numbering of what values can be rounded to.
struct Rounding: Sendable, Hashable {
  let digits: Int
  /// Numbers of so many digits end below this one …
  private let top: Int64
  /// … and begin here.
  private let low: Int64

  init(digits: Int) {
    self.digits = digits
    low = (1..<digits).reduce(1) { power, _ in power * 10 }
    top = low * 10
  }

  /// Values of no more digits are their own bucket; as many as there are numbers of so many digits follow for each
  /// further digit.
  func bucket(_ value: Int64) -> Int {
    var exponent: Int64 = 0
    var unit: Int64 = 1
    let value = max(0, value)
    while value / unit >= top {
      unit *= 10
      exponent += 1
    }
    let half: Int64 = unit > 1 && value % unit >= unit / 2 ? 1 : 0
    return Int(exponent * (top - low) + value / unit + half)
  }

  /// What the values of a bucket are rounded to.
  func value(ofBucket bucket: Int) -> Int64 {
    guard Int64(bucket) >= top else { return Int64(bucket) }
    let exponent = (Int64(bucket) - low) / (top - low)
    return (0..<exponent).reduce(Int64(bucket) - exponent * (top - low)) { value, _ in value * 10 }
  }
}
