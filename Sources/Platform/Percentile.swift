// One way to take a percentile: nearest rank, without interpolation (NIST's e-Handbook of Statistical Methods, 7.2.6.2), so
// that it always is a value that was measured: the smallest one that at least that share of all values does not exceed.

/// The 1-based rank of a percentile among `count` sorted values: ⌈percent × count / 100⌉, at least 1.
public func nearestRank(_ percent: Int, of count: Int) -> Int {
  max(1, (percent * count + 99) / 100)
}

extension RandomAccessCollection where Index == Int {
  /// A percentile of values that are sorted; there has to be one.
  public func percentile(_ percent: Int) -> Element { self[startIndex + nearestRank(percent, of: count) - 1] }
}
