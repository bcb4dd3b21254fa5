import Live
import Model
import Platform
import Testing

/// Which frames are kept: results go in at the test's own time.
@Suite struct KeepPlanTests {
  private final class Script {
    var plan: KeepPlan
    var now = Nanoseconds(seconds: 100)
    var looks = 0

    init(isLive: Bool = true) { plan = KeepPlan(below: 0.5, isLive: isLive) }

    /// A result a second after the last one.
    func see(
      _ best: (Int, Float), _ second: Int = 9, shade: UInt8, after seconds: Double = 1
    ) -> KeepPlan.Shot? {
      now += Nanoseconds(seconds: seconds)
      var count = 0
      defer { looks += count }
      return plan.take(
        [
          Prediction(classIndex: best.0, label: "class \(best.0)", probability: best.1),
          Prediction(classIndex: second, probability: 0.01),
        ], at: now, wall: now + Nanoseconds(seconds: 1000)
      ) {
        count += 1
        return Array(repeating: shade, count: 12)
      }
    }
  }

  @Test func onlyTheUncertainOnes() {
    let script = Script()
    #expect(script.see((1, 0.9), shade: 0) == nil && script.see((1, 0.5), shade: 50) == nil)
    #expect(script.see((1, .nan), shade: 0) == nil)
    #expect(script.looks == 0, "of others nothing is looked at")
    #expect(
      script.see((1, 0.49), shade: 100)
        == KeepPlan.Shot(label: "class 1", burst: Nanoseconds(seconds: 1104), number: 1))
  }

  @Test func labelsThatChangePlacesAreUncertain() {
    let script = Script()
    #expect(script.see((1, 0.9), 2, shade: 0) == nil)
    #expect(script.see((2, 0.9), 1, shade: 0)?.label == "class 2")
    #expect(script.see((2, 0.9), 1, shade: 100) == nil, "they stay")
    #expect(script.see((1, 0.9), 3, shade: 100) == nil, "another was second")
    script.plan.reset()
    #expect(script.see((3, 0.9), 1, shade: 100) == nil, "before them were other classes")
  }

  @Test func whatLooksAlikeIsKeptOnce() {
    let script = Script()
    #expect(script.see((1, 0.4), shade: 100) != nil)
    #expect(script.see((1, 0.4), shade: 105) == nil && script.see((1, 0.4), shade: 95) == nil)
    #expect(script.plan.duplicates == 2)
    #expect(script.see((2, 0.4), shade: 100) != nil, "of another label")
    #expect(script.see((1, 0.4), shade: 106)?.number == 2)
  }

  @Test func aBurstEndsWithAPauseAndWithAnotherScene() throws {
    let script = Script()
    let first = try #require(script.see((1, 0.4), shade: 0))
    let second = try #require(script.see((1, 0.4), shade: 20))
    #expect(second.burst == first.burst && second.number == 2)
    let third = try #require(script.see((1, 0.4), shade: 40, after: 11))
    #expect(third.burst == script.now + Nanoseconds(seconds: 1000) && third.number == 1)
    let fourth = try #require(script.see((1, 0.4), shade: 90))
    #expect(fourth.burst > third.burst && fourth.number == 1)
  }

  @Test func ofFramesThatComeByThemselvesTwoASecond() {
    let live = Script()
    let files = Script(isLive: false)
    var kept = (live: 0, files: 0)
    for step in 0..<20 {
      let shade = UInt8(step * 10)
      if live.see((1, 0.4), shade: shade, after: 0.1) != nil { kept.live += 1 }
      if files.see((1, 0.4), shade: shade, after: 0.1) != nil { kept.files += 1 }
    }
    #expect(kept.live == 4 && kept.files == 20)
  }

  @Test func aShotsNumberHasTwoDigits() throws {
    let script = Script(isLive: false)
    var names: Set<[Int]> = []
    for step in 0..<250 {
      let shot = try #require(script.see((1, 0.4), shade: step % 2 == 0 ? 0 : 20, after: 0.1))
      #expect(1...99 ~= shot.number)
      names.insert([Int(shot.burst.count), shot.number])
    }
    #expect(names.count == 250)
  }
}
