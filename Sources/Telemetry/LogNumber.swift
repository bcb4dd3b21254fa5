import Platform

/// Numbers as logs hold them.
enum LogNumber {
  /// A decimal in units of the last of `places` decimals, rounded to nearest: microseconds with three as nanoseconds. Never
  /// `Int64.min`, whose sign cannot be turned.
  @inline(__always)
  static func units(_ bytes: UnsafeBufferPointer<UInt8>, places: Int) throws(Mismatch) -> Int64 {
    if let units = plain(bytes, places: places) { return units }
    return try unusual(bytes, places: places)
  }

  /// Digits and a point, as we write them; `nil` for any other form, for decimals that would be lost, and for what does not
  /// fit.
  @inline(__always)
  private static func plain(_ bytes: UnsafeBufferPointer<UInt8>, places: Int) -> Int64? {
    let isNegative = bytes.first == UInt8(ascii: "-")
    let first = isNegative ? 1 : 0
    guard bytes.count > first, bytes[first] != UInt8(ascii: ".") else { return nil }
    var value: Int64 = 0
    var overflows = false
    func append(_ digit: UInt8) {
      let (tenfold, isTooLarge) = value.multipliedReportingOverflow(by: 10)
      let (next, isTooLargeToo) = tenfold.addingReportingOverflow(Int64(digit))
      value = next
      overflows = overflows || isTooLarge || isTooLargeToo
    }
    /// Digits behind the point, once there was one.
    var decimals = -1
    for index in first..<bytes.count {
      let digit = bytes[index] &- 48
      if digit < 10, decimals < places {
        append(digit)
        if decimals >= 0 { decimals += 1 }
      } else if bytes[index] == UInt8(ascii: "."), decimals < 0 {
        decimals = 0
      } else if digit != 0 {
        return nil
      }
    }
    for _ in max(0, decimals)..<places { append(0) }
    return overflows ? nil : isNegative ? -value : value
  }

  /// An exponent, or more decimals than ours, as tools write them that rewrite a log.
  @inline(never)
  private static func unusual(_ bytes: UnsafeBufferPointer<UInt8>, places: Int) throws(Mismatch) -> Int64 {
    guard let value = JSONScanner.number(bytes) else {
      throw Mismatch(expected: places == 0 ? "an integer" : "a number", at: bytes)
    }
    let scale = (0..<places).reduce(1.0) { power, _ in power * 10 }
    guard let units = Int64(exactly: (value * scale).rounded()), units > .min else {
      throw Mismatch(expected: "a number that 64 bits hold", at: bytes)
    }
    return units
  }
}
