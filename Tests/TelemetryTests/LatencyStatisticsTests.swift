import Model
import ModelFiles
import Platform
import Telemetry
import TestSupport
import Testing

@Suite struct LatencyStatisticsTests {
  @Test func warmUpIsLeftOutAndASwitchStartsAnew() {
    var statistics = LatencyStatistics(layerCount: layerNames.count)
    var now: Int64 = 0
    func add(_ network: Int64, warmUp: Bool = false, isSwitch: Bool = false) {
      var record = fullRecord(network: Nanoseconds(network))
      record.isWarmUp = warmUp
      record.isSwitch = isSwitch
      now += 10_000_000
      statistics.add(record, at: now)
    }
    add(9_000_000, warmUp: true)
    #expect(statistics.run(.network) == nil)
    for _ in 0..<99 { add(1_000_000) }
    add(2_000_000)
    var recent = statistics.recent
    let window = recent.window(.network)
    #expect(
      window
        == LatencySummary(count: 100, last: 2_000_000, p50: 1_000_000, p90: 1_000_000, p99: 1_000_000, max: 2_000_000))
    let layer = recent.layer(3)
    #expect(layer?.p50 == 3007)
    let unaccounted = recent.unaccounted()
    #expect(unaccounted?.count == 100)
    let rate = recent.resultsPerSecond(at: now)
    #expect(rate == 100)
    add(5_000_000, warmUp: true, isSwitch: true)
    #expect(statistics.run(.network) == nil)
    add(6_000_000)
    #expect(statistics.run(.network)?.count == 1)
    #expect(statistics.run(.network)?.max == 6_000_000)
    let outside = recent.layer(99)
    #expect(outside == nil)
  }

  @Test func theRunIsKeptForEachStretchBetweenSwitches() throws {
    var statistics = LatencyStatistics(layerCount: 1)
    func add(_ network: Int64, alpha: Alpha, warmUp: Bool = false, isSwitch: Bool = false) {
      var record = fullRecord(network: Nanoseconds(network))
      (record.configuration.alpha, record.isWarmUp, record.isSwitch) = (alpha, warmUp, isSwitch)
      statistics.add(record, at: network)
    }
    #expect(statistics.runs.isEmpty)
    add(1_000_000, alpha: .quarter, warmUp: true)
    #expect(statistics.runs.isEmpty, "nothing but warm-up")
    for _ in 0..<3 { add(2_000_000, alpha: .quarter) }
    add(9_000_000, alpha: .one, warmUp: true, isSwitch: true)
    add(9_000_000, alpha: .half, warmUp: true, isSwitch: true)
    add(4_000_000, alpha: .half)
    let runs = statistics.runs
    #expect(runs.map(\.configuration.alpha) == [.quarter, .half])
    #expect(runs.map { $0[.network]?.count } == [3, 1])
    #expect(runs.map { $0[.network]?.max } == [2_000_000, 4_000_000])
    for _ in 0..<100 {
      add(1, alpha: .threeQuarters, isSwitch: true)
      add(1, alpha: .quarter, isSwitch: true)
    }
    #expect(statistics.runs.count == LatencyStatistics.mostRuns)
  }

  @Test func whatIsShownLaterCountsInItsOwnConfigurationOnly() throws {
    var statistics = LatencyStatistics(layerCount: 1)
    var record = fullRecord()
    (record.render, record.glassToLabel) = (nil, nil)
    statistics.add(record, at: 1)
    var recent = statistics.recent
    let before = recent.window(.glassToLabel)
    #expect(before == nil)
    record.render = 3
    record.glassToLabel = 5
    let shown = try #require(ShownResult(record))
    statistics.add(shown)
    recent = statistics.recent
    let (whole, render) = (recent.window(.glassToLabel), recent.window(.render))
    #expect(whole?.last == 5 && render?.last == 3)
    record.configuration.alpha = .one
    record.isSwitch = true
    statistics.add(record, at: 2)
    statistics.add(shown)
    #expect(statistics.run(.render)?.count == 1, "the switch's own, not the one from before")
  }

  @Test func runHistogramKeepsThreeDigits() throws {
    var random = SplitMix64(state: testSeed())
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
