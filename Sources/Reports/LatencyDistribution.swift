import Platform
import Telemetry

/// All latencies of one kind in bounded memory, for percentiles that raw rows give again to the last digit shown.
///
/// The first ones are kept as they are. Where there are more, values are rounded to four significant digits (half up; three
/// where very many configurations share the memory) and counted by what they are rounded to. Rounding keeps the order, so
/// that the nearest-rank percentile of rounded values is the rounded percentile of the raw ones: what is shown has fewer
/// digits, not wrong ones.
final class LatencyDistribution {
  /// Memory that all distributions of one report share.
  final class Budget {
    /// Values that are kept as they are, 8 bytes each.
    var valuesLeft = 3_000_000
    /// Pages of rounded counts; without any left, three digits have to do.
    var pagesLeft = 60_000
  }

  private static let pageSize = 100

  private(set) var count = 0
  private(set) var largest = Int64.min
  private(set) var sum: Int128 = 0

  private let budget: Budget
  private let mostValues: Int
  private var values: [Int64] = []
  /// Pages of counts by `bucket`, made when first needed. Some forty million are counted of a gigabyte.
  @exclusivity(unchecked) private var pages: [[UInt32]] = []
  /// What values are rounded to; `nil` while each is kept.
  private(set) var rounding: Rounding?

  /// - Parameter mostValues: beyond this many they are rounded, whatever is left for others.
  init(budget: Budget, mostValues: Int = 1 << 14) {
    self.budget = budget
    self.mostValues = mostValues
  }

  func add(_ nanoseconds: Int64) {
    count += 1
    sum += Int128(nanoseconds)
    largest = max(largest, nanoseconds)
    if let rounding { return addRounded(rounding.bucket(nanoseconds)) }
    if values.count < mostValues, budget.valuesLeft > 0 {
      budget.valuesLeft -= 1
      return values.append(nanoseconds)
    }
    let rounding = Rounding(digits: budget.pagesLeft > 0 ? 4 : 3)
    self.rounding = rounding
    for value in values + [nanoseconds] { addRounded(rounding.bucket(value)) }
    budget.valuesLeft += values.count
    values = []
  }

  var mean: Double? { count > 0 ? Double(sum) / Double(count) : nil }

  private func addRounded(_ bucket: Int) {
    let page = bucket / Self.pageSize
    while pages.count <= page { pages.append([]) }
    if pages[page].isEmpty {
      pages[page] = [UInt32](repeating: 0, count: Self.pageSize)
      budget.pagesLeft -= 1
    }
    pages[page][bucket % Self.pageSize] &+= 1
  }

  /// Values in rising order, with how often each occurred.
  func forEachValue(_ body: (_ nanoseconds: Int64, _ times: Int) -> Void) {
    guard let rounding else { return values.sorted().forEach { body($0, 1) } }
    for (page, buckets) in pages.enumerated() where !buckets.isEmpty {
      for (index, times) in buckets.enumerated() where times > 0 {
        body(rounding.value(ofBucket: page * Self.pageSize + index), Int(times))
      }
    }
  }

  /// Nearest rank, of at least one value; p99 only of 100 values and more. Computed in one walk, so ask for all at once.
  func percentiles(_ wanted: [Int]) -> [Int64?] {
    var found: [Int64?] = []
    var passed = 0
    forEachValue { value, times in
      passed += times
      while found.count < wanted.count, passed >= nearestRank(wanted[found.count], of: count) {
        let isTold = wanted[found.count] < 99 || count >= LatencyWindow.smallestCountForP99
        found.append(isTold ? value : nil)
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
    let value = max(0, value)
    var whole = value
    var exponent: Int64 = 0
    var unit: Int64 = 1
    while whole >= top {
      whole /= 10
      unit *= 10
      exponent += 1
    }
    let half: Int64 = unit > 1 && (value - whole * unit) * 2 >= unit ? 1 : 0
    return Int(exponent * (top - low) + whole + half)
  }

  /// What the values of a bucket are rounded to.
  func value(ofBucket bucket: Int) -> Int64 {
    guard Int64(bucket) >= top else { return Int64(bucket) }
    let exponent = (Int64(bucket) - low) / (top - low)
    return (0..<exponent).reduce(Int64(bucket) - exponent * (top - low)) { value, _ in value * 10 }
  }
}
