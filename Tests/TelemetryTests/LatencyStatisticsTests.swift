import Telemetry
import Testing

@Suite struct LatencyStatisticsTests {
  @Test func warmUpIsLeftOutAndASwitchStartsAnew() {
    var statistics = LatencyStatistics(layerCount: layerNames.count)
    var now: Int64 = 0
    func add(_ network: Int64, warmUp: Bool = false, isSwitch: Bool = false) {
      var record = fullRecord(networkNanoseconds: network)
      record.isWarmUp = warmUp
      record.isSwitch = isSwitch
      now += 10_000_000
      statistics.add(record, at: now)
    }
    add(9_000_000, warmUp: true)
    #expect(statistics.run(.network) == nil)
    for _ in 0..<99 { add(1_000_000) }
    add(2_000_000)
    let window = statistics.window(.network)
    #expect(
      window
        == LatencySummary(count: 100, last: 2_000_000, p50: 1_000_000, p90: 1_000_000, p99: 1_000_000, max: 2_000_000))
    let layer = statistics.layer(3)
    #expect(layer?.p50 == 3007)
    let unaccounted = statistics.unaccounted()
    #expect(unaccounted?.count == 100)
    let rate = statistics.resultsPerSecond(at: now)
    #expect(rate == 100)
    add(5_000_000, warmUp: true, isSwitch: true)
    #expect(statistics.run(.network) == nil)
    add(6_000_000)
    #expect(statistics.run(.network)?.count == 1)
    #expect(statistics.run(.network)?.max == 6_000_000)
    let outside = statistics.layer(99)
    #expect(outside == nil)
  }

  @Test func runHistogramKeepsThreeDigits() throws {
    var random = SeededGenerator(seed: testSeed())
    var histogram = RunHistogram()
    var all: [Int64] = []
    for _ in 0..<5000 {
      let value = Int64.random(in: 1...(1 << Int64.random(in: 4...34, using: &random)), using: &random)
      all.append(value)
      histogram.add(value)
    }
    all.sort()
    let summary = try #require(histogram.summary)
    #expect(summary.count == 5000)
    #expect(summary.max == all.last)
    for (found, rank) in [(summary.p50, 2500), (summary.p90, 4500), (try #require(summary.p99), 4950)] {
      let exact = all[rank - 1]
      #expect(abs(found - exact) <= exact / 1000 + 1, "\(found) against \(exact)")
    }
    histogram.add(RunHistogram.largestNanoseconds * 2)
    #expect(histogram.summary?.max == RunHistogram.largestNanoseconds * 2)
    histogram.reset()
    #expect(histogram.summary == nil)
  }
}
