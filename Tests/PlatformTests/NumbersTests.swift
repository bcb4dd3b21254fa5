import Platform
import Testing

/// Numbers from outside: whatever they are, nothing traps.
struct NumbersTests {
  static let extremes: [Double] = [
    0, -0.0, 1, -1, 0.5, -0.5, 0x1p31, -0x1p31, 0x1p32, 0x1p53, 0x1p63, -0x1p63, 0x1p64, 1e308, -1e308, .infinity,
    -.infinity,
    .nan, .leastNonzeroMagnitude,
  ]

  @Test(arguments: extremes) func conversionsSaturate(value: Double) {
    #expect(check(Int64.self, value) && check(Int32.self, value) && check(UInt8.self, value) && check(Int.self, value))
    _ = Nanoseconds(seconds: value)
    _ = Nanoseconds(milliseconds: value).pollMilliseconds
  }

  private func check<T: FixedWidthInteger>(_: T.Type, _ value: Double) -> Bool {
    let result = T(saturating: value)
    if value.isNaN { return result == 0 }
    if let exact = T(exactly: value.rounded(.towardZero)) { return result == exact }
    return result == (value < 0 ? .min : .max)
  }

  @Test func sumsSaturate() {
    let all: [Int64] = [.min, .min + 1, -1, 0, 1, .max - 1, .max]
    for a in all {
      for b in all {
        func nearest(_ exact: Int128) -> Int64 { Int64(clamping: exact) }
        #expect(a.addingSaturating(b) == nearest(Int128(a) + Int128(b)))
        #expect(a.subtractingSaturating(b) == nearest(Int128(a) - Int128(b)))
        #expect(a.multipliedSaturating(by: b) == nearest(Int128(a) * Int128(b)))
        #expect((Nanoseconds(a) - Nanoseconds(b)).count == a.subtractingSaturating(b))
        #expect((Nanoseconds(a) + Nanoseconds(b)).count == a.addingSaturating(b))
      }
    }
  }
}
