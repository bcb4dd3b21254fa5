/// Numbers as logs hold them: the form that we write is read digit by digit, any other (an exponent, more decimals than
/// ours, as tools write them that rewrite a log) the general way.
enum LogNumber {
  /// What was expected where `scaled` gave nothing.
  static func expected(_ what: String, insteadOf bytes: UnsafeBufferPointer<UInt8>) -> String {
    isNumber(bytes) ? "a number that 64 bits hold" : what
  }

  static func isNumber(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool { double(bytes) != nil }

  static func integer(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? { scaled(bytes, places: 0) }

  /// A decimal in thousandths: microseconds as nanoseconds.
  @inline(__always)
  static func thousandths(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? { scaled(bytes, places: 3) }

  /// A decimal times 10^places, rounded to nearest; `nil` if it is no number or does not fit. Never `Int64.min`, whose
  /// sign cannot be turned.
  @inline(__always)
  static func scaled(_ bytes: UnsafeBufferPointer<UInt8>, places: Int) -> Int64? {
    // 18 digits fit in 63 bits whatever they are.
    guard bytes.count <= 18 else { return scaledSlowly(bytes, places: places) }
    var index = 0
    let isNegative = bytes.count > 0 && bytes[0] == UInt8(ascii: "-")
    if isNegative { index = 1 }
    let firstDigit = index
    var value: Int64 = 0
    while index < bytes.count, case let digit = bytes[index] &- 48, digit < 10 {
      value = value &* 10 &+ Int64(digit)
      index += 1
    }
    guard index > firstDigit else { return scaledSlowly(bytes, places: places) }
    var decimals = 0
    if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
      index += 1
      while index < bytes.count, decimals < places, case let digit = bytes[index] &- 48, digit < 10 {
        value = value &* 10 &+ Int64(digit)
        index += 1
        decimals += 1
      }
      guard decimals > 0 else { return scaledSlowly(bytes, places: places) }
    }
    guard index == bytes.count else { return scaledSlowly(bytes, places: places) }
    while decimals < places {
      let (larger, overflow) = value.multipliedReportingOverflow(by: 10)
      guard !overflow else { return nil }
      value = larger
      decimals += 1
    }
    return isNegative ? -value : value
  }

  @inline(never)
  private static func scaledSlowly(_ bytes: UnsafeBufferPointer<UInt8>, places: Int) -> Int64? {
    guard let value = double(bytes) else { return nil }
    // Digits beyond a Double's would be lost: move the point in the text instead, where it is plain.
    if let exact = plainDecimal(bytes, places: places) { return exact }
    var scale = 1.0
    for _ in 0..<places { scale *= 10 }
    return Int64(exactly: (value * scale).rounded()).flatMap { $0 > .min ? $0 : nil }
  }

  /// The same for digits and a point only, of any length that fits; further decimals must be zeros.
  private static func plainDecimal(_ bytes: UnsafeBufferPointer<UInt8>, places: Int) -> Int64? {
    var value: Int64 = 0
    var decimals = -1
    let isNegative = bytes.first == UInt8(ascii: "-")
    for byte in bytes.dropFirst(isNegative ? 1 : 0) {
      if byte == UInt8(ascii: "."), decimals < 0 {
        decimals = 0
        continue
      }
      let digit = byte &- 48
      guard digit < 10 else { return nil }
      if decimals == places {
        guard digit == 0 else { return nil }
        continue
      }
      let (tenfold, overflowed) = value.multipliedReportingOverflow(by: 10)
      let (next, overflowedToo) = tenfold.addingReportingOverflow(Int64(digit))
      guard !overflowed, !overflowedToo else { return nil }
      value = next
      if decimals >= 0 { decimals += 1 }
    }
    for _ in max(0, decimals)..<places {
      let (tenfold, overflowed) = value.multipliedReportingOverflow(by: 10)
      guard !overflowed else { return nil }
      value = tenfold
    }
    return isNegative ? -value : value
  }

  static func double(_ bytes: UnsafeBufferPointer<UInt8>) -> Double? {
    guard let first = bytes.first, first == 45 || (first >= 48 && first <= 57),
      // Swift also knows hexadecimal numbers, infinity and not-a-number; JSON and our CSV do not.
      bytes.allSatisfy({ ($0 >= 48 && $0 <= 57) || $0 == 43 || $0 == 45 || $0 == 46 || $0 == 69 || $0 == 101 })
    else { return nil }
    return Double(String(decoding: bytes, as: UTF8.self))
  }
}
