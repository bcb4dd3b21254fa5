import Platform
import Testing

@Suite struct NumberTextTests {
  @Test func decimalsAreRoundedToNearest() {
    #expect(fixed(-0.04, 1) == "0.0")
    #expect(fixed(-12.345, 2) == "-12.35")
    #expect(fixed(0.005, 2) == "0.01")
    #expect(fixed(7, 0) == "7")
    #expect(fixed(1e300, 1) == "1e+300")
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity]) func whatIsNoNumber(_ value: Double) {
    #expect(fixed(value, 2) == "–")
  }

  @Test func unitsKeepEveryDigit() {
    #expect(decimal(1_234_567, places: 3) == "1234.567")
    #expect(decimal(-5, places: 3) == "-0.005")
    #expect(decimal(0, places: 3) == "0.000")
    #expect(decimal(.min, places: 3) == "-9223372036854775.808")
    #expect(decimal(12, places: 0) == "12")
  }

  /// Against the definition: the smallest value that at least this share of all does not exceed.
  @Test func percentilesAreNearestRank() {
    for count in 1...120 {
      let values = (1...count).map { $0 * 10 }
      for percent in [1, 25, 50, 75, 90, 95, 99, 100] {
        let expected = values.first { value in values.count { $0 <= value } * 100 >= percent * count }
        #expect(values.percentile(percent) == expected, "p\(percent) of \(count)")
      }
    }
  }
}
