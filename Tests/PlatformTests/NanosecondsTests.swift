import Glibc
import Platform
import Testing

struct NanosecondsTests {
  @Test func conversions() {
    let time = Nanoseconds(1_234_567)
    #expect(time.microseconds == 1234.567)
    #expect(time.milliseconds == 1.234567)
    #expect(time.seconds == 0.001234567)
    #expect(Nanoseconds(milliseconds: 1.5) == Nanoseconds(1_500_000))
    #expect(Nanoseconds(seconds: 2) == Nanoseconds(2_000_000_000))
  }

  @Test func arithmeticAndOrder() {
    let a = Nanoseconds(5)
    let b = Nanoseconds(7)
    #expect(a + b == Nanoseconds(12))
    #expect(a - b == Nanoseconds(-2))
    #expect(a - b < .zero)
    #expect(a < b && !(b < a) && !(a < a))
    #expect([b, a].min() == a)
  }

  /// The clock of V4L2's timestamps: it never goes back and it follows a pause.
  @Test func nowIsMonotonic() {
    var last = Nanoseconds.now()
    for _ in 0..<1000 {
      let now = Nanoseconds.now()
      #expect(now >= last)
      last = now
    }
    let start = Nanoseconds.now()
    usleep(5_000)
    #expect(Nanoseconds.now() - start >= Nanoseconds(milliseconds: 5))
  }
}
