import ModelFiles
import Telemetry
import TestSupport
import Testing

private func summary(_ window: LatencyWindow) -> LatencySummary? { window.summary }

private func rate(_ meter: RateMeter, at now: Int64) -> Double? {
  var meter = meter
  return meter.eventsPerSecond(at: now)
}

@Suite struct LatencyWindowTests {
  /// The obvious way: sort, and take the value at rank ⌈p·n⌉.
  func reference(_ values: [Int64], _ percentile: Double) -> Int64 {
    let rank = Int((percentile / 100 * Double(values.count)).rounded(.up))
    return values.sorted()[max(1, rank) - 1]
  }

  @Test func agreesWithSorting() throws {
    var random = SplitMix64(state: testSeed())
    for _ in 0..<300 {
      let capacity = Int.random(in: 1...300, using: &random)
      var window = LatencyWindow(capacity: capacity)
      let spread = Int64.random(in: 0...10_000, using: &random)
      var all: [Int64] = []
      for _ in 0..<Int.random(in: 1...700, using: &random) {
        let value = Int64.random(in: 0...spread, using: &random)
        all.append(value)
        window.add(value)
      }
      let kept = Array(all.suffix(capacity))
      let found = try #require(summary(window))
      #expect(found.count == kept.count)
      #expect(found.last == all.last)
      #expect(found.p50 == reference(kept, 50))
      #expect(found.p90 == reference(kept, 90))
      #expect(found.p99 == (kept.count >= 100 ? reference(kept, 99) : nil))
      #expect(found.max == kept.max())
    }
  }

  @Test func noP99UnderAHundredValues() throws {
    var window = LatencyWindow()
    for value in 1...99 { window.add(Int64(value)) }
    #expect(summary(window)?.p99 == nil)
    window.add(100)
    #expect(summary(window)?.p99 == 99)
  }

  @Test func emptyBeforeAndAfterReset() {
    var window = LatencyWindow(capacity: 3)
    #expect(summary(window) == nil)
    for value in 1...5 { window.add(Int64(value)) }
    #expect(summary(window)?.p50 == 4)
    window.reset()
    #expect(summary(window) == nil)
    window.add(9)
    #expect(summary(window) == LatencySummary(count: 1, last: 9, p50: 9, p90: 9, p99: nil, max: 9))
  }
}

@Suite struct RateMeterTests {
  @Test func steadyStream() throws {
    var meter = RateMeter()
    #expect(rate(meter, at: 0) == nil)
    for index in 0..<90 { meter.add(at: Int64(index) * 33_333_333) }
    let now = Int64(89) * 33_333_333
    #expect(abs(try #require(rate(meter, at: now)) - 30) < 0.01)
  }

  @Test func followsAChangeWithinASecond() throws {
    var meter = RateMeter()
    for index in 0..<100 { meter.add(at: Int64(index) * 10_000_000) }
    for index in 0...20 { meter.add(at: 1_000_000_000 + Int64(index) * 50_000_000) }
    #expect(abs(try #require(rate(meter, at: 2_000_000_000)) - 20) < 0.01)
  }

  @Test func pausedStreamFallsToZero() {
    var meter = RateMeter()
    for index in 0..<10 { meter.add(at: Int64(index) * 100_000_000) }
    #expect(rate(meter, at: 900_000_000) == 10)
    #expect(rate(meter, at: 2_500_000_000) == 0)
  }

  @Test func slowStreamHasARate() {
    var meter = RateMeter()
    meter.add(at: 0)
    meter.add(at: 2_000_000_000)
    #expect(rate(meter, at: 3_900_000_000) == 0.5)
  }

  @Test func fasterThanItRemembers() throws {
    var meter = RateMeter(capacity: 8)
    for index in 0..<100 { meter.add(at: Int64(index) * 1_000_000) }
    #expect(abs(try #require(rate(meter, at: 99_000_000)) - 1000) < 0.01)
  }
}

@Suite struct WarmUpMarkerTests {
  @Test func marksStartAndSwitch() {
    var marker = WarmUpMarker(warmUpResults: 2)
    var marks: [String] = []
    for resolution in [224, 224, 224, 160, 160, 160] {
      var record = FrameRecord()
      record.configuration.resolution = resolution
      marker.mark(&record)
      marks.append((record.isSwitch ? "s" : "-") + (record.isWarmUp ? "w" : "-"))
    }
    #expect(marks == ["-w", "-w", "--", "sw", "-w", "--"])
  }

  @Test func everyPartOfTheConfigurationCounts() {
    var marker = WarmUpMarker(warmUpResults: 0)
    var record = FrameRecord()
    marker.mark(&record)
    #expect(!record.isSwitch)
    record.configuration.alpha = .quarter
    marker.mark(&record)
    #expect(record.isSwitch)
    record.configuration.precision = .int8
    marker.mark(&record)
    #expect(record.isSwitch)
    record.configuration.threads = 4
    marker.mark(&record)
    #expect(record.isSwitch)
    marker.mark(&record)
    #expect(!record.isSwitch)
  }
}
