// Numbers that came from outside: a file, a server, a driver, an option. Swift's own conversions and sums end the process
// where the result does not fit.

extension BinaryInteger where Self: FixedWidthInteger {
  /// The nearest number that fits; 0 for what is no number.
  public init(saturating value: Double) {
    // The largest Double that is not above `max`: `Double(Int64.max)` is 2^63 itself.
    if value.isNaN {
      self = 0
    } else if value >= Double(Self.max) {
      self = Self.max
    } else if value <= Double(Self.min) {
      self = Self.min
    } else {
      self = Self(value)
    }
  }
}

extension FixedWidthInteger {
  /// The sum, or the nearest number that fits.
  @inlinable public func addingSaturating(_ other: Self) -> Self {
    let (sum, overflow) = addingReportingOverflow(other)
    return !overflow ? sum : other < 0 ? .min : .max
  }

  /// The difference, or the nearest number that fits.
  @inlinable public func subtractingSaturating(_ other: Self) -> Self {
    let (difference, overflow) = subtractingReportingOverflow(other)
    return !overflow ? difference : other < 0 ? .max : .min
  }

  /// The product, or the nearest number that fits.
  @inlinable public func multipliedSaturating(by other: Self) -> Self {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return !overflow ? product : (self < 0) != (other < 0) ? .min : .max
  }
}
