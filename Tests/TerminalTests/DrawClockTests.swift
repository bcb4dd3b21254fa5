import Frames
import Platform
import Terminal
import Testing

struct DrawClockTests {
  private static let period = Nanoseconds(milliseconds: 33)

  /// Draws for `frames` periods with results at `resultTimes`; returns when.
  private static func draws(periods: Int, results: [Nanoseconds]) -> [Nanoseconds] {
    var clock = DrawClock(now: .zero)
    var drawn: [Nanoseconds] = []
    var results = results[...]
    while true {
      if let result = results.first, result < clock.due {
        clock.result(at: result, period: period)
        results = results.dropFirst()
        continue
      }
      let now = clock.due
      guard now.count < Int64(periods) * period.count else { return drawn }
      drawn.append(now)
      clock.passed(at: now, period: period)
    }
  }

  /// A source of the same rate, whatever its phase: after two draws every result is shown as it comes.
  @Test(arguments: [1.0, 5, 12, 16, 17, 25, 32]) func fallsIntoStepWithTheResults(phase: Double) {
    let results = (0..<30).map { Nanoseconds(milliseconds: phase + Double($0) * 33) }
    let drawn = Self.draws(periods: 30, results: results)
    #expect(drawn.dropFirst(3).allSatisfy { results.contains($0) }, "\(drawn)")
    #expect((29...31).contains(drawn.count))
  }

  /// Many results a period do not make it draw more often.
  @Test func keepsTheRate() {
    let drawn = Self.draws(periods: 60, results: (0..<2000).map { Nanoseconds(milliseconds: Double($0)) })
    #expect((59...61).contains(drawn.count), "\(drawn.count)")
    for (one, next) in zip(drawn, drawn.dropFirst()) { #expect(next >= one + Nanoseconds(milliseconds: 16.5)) }
  }

  /// Nothing new: an even beat.
  @Test func beatsWithoutResults() {
    let drawn = Self.draws(periods: 10, results: [])
    #expect(drawn == (0..<10).map { Nanoseconds(milliseconds: Double($0) * 33) })
  }

  /// Many keys do not hold up what comes after them, and late draws are left out.
  @Test func keysAndDelays() {
    var clock = DrawClock(now: .zero)
    for millisecond in 1...20 {
      let now = Nanoseconds(milliseconds: Double(millisecond))
      clock.hurry(at: now)
      #expect(clock.due == now)
      clock.passed(at: now, period: Self.period)
    }
    #expect(clock.due == Nanoseconds(milliseconds: 53))
    clock.passed(at: Nanoseconds(milliseconds: 200), period: Self.period)
    #expect(clock.due == Nanoseconds(milliseconds: 218))
  }
}
