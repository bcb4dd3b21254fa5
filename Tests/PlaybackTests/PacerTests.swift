import Frames
import Platform
import Playback
import Testing

@Suite struct PacerTests {
  let start = Nanoseconds(seconds: 1000)

  @Test func framesInTimeFollowOneAnother() {
    var pacer = Pacer(start: start, framesPerSecond: 30)
    for number in 0..<100 {
      // Asked right after the frame before was made.
      let now = pacer.due(max(0, number - 1)) + Nanoseconds(milliseconds: 5)
      #expect(pacer.advance(now: number == 0 ? start : now) == number)
    }
  }

  @Test func lateFramesAreSkippedNotMadeInABurst() {
    var pacer = Pacer(start: start, framesPerSecond: 30)
    #expect(pacer.advance(now: start) == 0)
    #expect(pacer.advance(now: start + Nanoseconds(milliseconds: 350)) == 10)
    #expect(pacer.advance(now: start + Nanoseconds(milliseconds: 351)) == 11)
  }

  @Test func deadlinesDoNotDrift() {
    let pacer = Pacer(start: start, framesPerSecond: 30)
    #expect(pacer.due(0) == start)
    #expect(pacer.due(30) == start + Nanoseconds(seconds: 1))
    #expect(pacer.due(30 * 86_400) == start + Nanoseconds(seconds: 86_400))
  }

  /// Whatever the clock shows and however fast the frames are meant to come, nothing traps, and no frame comes twice.
  @Test func extremes() {
    for rate in [1, 30, 1 << 31, 1 << 53, .max] {
      for time in [.min, -1, 0, 1, 1 << 53, .max] as [Int64] {
        var pacer = Pacer(start: start, framesPerSecond: rate)
        let first = pacer.advance(now: Nanoseconds(time))
        #expect(first >= 0 && pacer.due(first) >= start)
        #expect(pacer.advance(now: Nanoseconds(time)) >= first)
        for number in [0, 1 << 31, 1 << 53, .max] { #expect(pacer.due(number) >= start) }
      }
    }
  }

  @Test func aFrameIsDueWhenItsDeadlineIsReached() {
    for number in [1, 7, 29, 31, 100_003] {
      var pacer = Pacer(start: start, framesPerSecond: 30)
      #expect(pacer.advance(now: pacer.due(number)) == number)
      var early = Pacer(start: start, framesPerSecond: 30)
      #expect(early.advance(now: early.due(number) - Nanoseconds(1)) == number - 1)
    }
  }
}
