import Foundation
import Model
import ModelFiles
import Platform
import Reports
import Telemetry
import TestSupport
import Testing

@Suite struct ReportTests {
  /// Two configurations, a switch, warm-up, drops, and a processor that slows down.
  func exampleRecords(using random: inout SplitMix64) -> [FrameRecord] {
    (1...600).map { index in
      var record = fullRecord(
        sequence: index, network: Nanoseconds(.random(in: 1_600_000...1_900_000, using: &random)))
      record.configuration.resolution = index > 300 ? 224 : 160
      record.isSwitch = index == 301
      record.isWarmUp = index <= 5 || (301...305).contains(index)
      record.driverDrops = 40 + index / 100
      record.ringDrops = index
      record.cpuFrequencyKilohertz = index > 450 ? 600_000 : 1_800_000
      record.layerTimes = layerNames.map { _ in Nanoseconds(.random(in: 10_000...50_000, using: &random)) }
      record.unaccounted = record.network! - record.layerTimes.reduce(.zero, +)
      return record
    }
  }

  func nearestRank(_ values: [Int64], _ percentile: Double) -> Int64 {
    values.sorted()[Int((percentile / 100 * Double(values.count)).rounded(.up)) - 1]
  }

  @Test(arguments: LogFormat.allCases) func figuresAgreeWithTheRows(format: LogFormat) throws {
    var random = SplitMix64(state: testSeed())
    let folder = TemporaryFolder()
    let path = folder.file("run" + format.pathExtension)
    let records = exampleRecords(using: &random)
    try writeLog(path, format, records, header: header())
    let log = try ReportLog(path: path)
    #expect(log.rows == 600)
    #expect(log.switchCount == 1)
    #expect(log.durationNanoseconds == 599 * 33_333_333)
    #expect(log.configurations.map(\.configuration.resolution) == [160, 224])
    for (figures, rows) in zip(log.configurations, [records[..<300], records[300...]]) {
      let counted = rows.filter { !$0.isWarmUp }
      #expect(figures.results == 295)
      #expect(figures.warmUpResults == 5)
      for stage in Stage.allCases {
        let values = counted.map { $0[stage]!.count }
        let found = try #require(figures[stage])
        #expect(found.digits == nil)
        #expect(found.count == 295)
        #expect(found.p50 == nearestRank(values, 50))
        #expect(found.p90 == nearestRank(values, 90))
        #expect(found.p95 == nearestRank(values, 95))
        #expect(found.p99 == nearestRank(values, 99))
        #expect(found.max == values.max())
        #expect(found.buckets.reduce(0) { $0 + $1.count } == 295)
        for (lower, upper) in zip(found.buckets, found.buckets.dropFirst()) {
          #expect(lower.nanoseconds + lower.widthNanoseconds <= upper.nanoseconds)
        }
      }
      #expect(figures.layers.map(\.name) == layerNames + ["unaccounted"])
      #expect(abs(figures.layers.reduce(0) { $0 + $1.share } - 1) < 1e-9)
      #expect(figures.layers[4].figures.p50 == nearestRank(counted.map { $0.layerTimes[4].count }, 50))
    }
    #expect(log.configurations.map(\.driverDrops) == [3, 3])
    #expect(log.configurations.map(\.ringDrops) == [299, 300])
    #expect(log.configurations.map(\.badFrames) == [0, 0])
    #expect(log.configurations.map(\.machine.isThrottled) == [false, true])
    #expect(log.configurations[1].machine.slowShare == 0.5)
    #expect(log.machine.hottestMillidegrees == 61_250)
    let timeline = log.networkTimeline.bins
    #expect(timeline.count <= 512)
    #expect(timeline.reduce(0) { $0 + $1.count } == 590)
    #expect(timeline.map(\.largest).max() == records.filter { !$0.isWarmUp }.map { $0.network!.count }.max())
  }

  /// More different values than are counted exactly: four digits, and those right.
  @Test func roundedFiguresAreRightToTheLastDigit() throws {
    var random = SplitMix64(state: testSeed())
    let folder = TemporaryFolder()
    let path = folder.file("run.jsonl")
    var values: [Int64] = []
    let records = (0..<40_000).map { index in
      var record = FrameRecord()
      record.sequence = index
      let value = Int64.random(in: 1_000_000...90_000_000, using: &random)
      values.append(value)
      record.network = Nanoseconds(value)
      return record
    }
    try writeLog(path, .jsonLines, records, header: header(layers: []))
    let network = try #require(try ReportLog(path: path).configurations.first?[.network])
    #expect(network.digits == 4)
    #expect(network.count == 40_000)
    #expect(network.max == values.max())
    for (found, percentile) in [
      (network.p50, 50.0), (network.p90, 90), (network.p95, 95), (try #require(network.p99), 99),
    ] {
      let exact = nearestRank(values, percentile)
      var unit: Int64 = 1
      while exact / unit >= 10_000 { unit *= 10 }
      #expect(found == (exact + unit / 2) / unit * unit, "p\(percentile) of \(exact)")
    }
  }

  @Test func terminalSummary() throws {
    let folder = TemporaryFolder()
    let path = folder.file("run.csv")
    var start = header(layers: ["conv1", "fc"])
    start.machine.cpuModel = "AMD EPYC\u{1b}[31m"
    start.source = "demo reel"
    let records = (1...100).map { index in
      var record = fullRecord(sequence: index, network: Nanoseconds(Int64(index) * 1000))
      record.layerTimes = [Nanoseconds(Int64(index) * 600), Nanoseconds(Int64(index) * 300)]
      record.unaccounted = Nanoseconds(Int64(index) * 100)
      record.render = nil
      return record
    }
    try writeLog(path, .csv, records, header: start)
    #expect(
      Report(logs: [try ReportLog(path: path)]).text == """
        \(path): 100 rows in 3.3 s, 1 run, 0 switches
          run run-id, program mobilecam 0.1.0, CPU AMD EPYC\\x1B[31m, source demo reel, weights SHA-256 \(start.network.weightsSHA256!)
          processor: 1800 MHz, up to 61.3 °C, no throttling seen

        α 0.50  160 px  fp32  2 threads: 100 results
          µs                     count         p50         p90         p95         p99         max
          capture wait             100    1000.001    1000.001    1000.001    1000.001    1000.001
          decode                   100    2500.500    2500.500    2500.500    2500.500    2500.500
          queue age                100     300.007     300.007     300.007     300.007     300.007
          preprocess               100     410.000     410.000     410.000     410.000     410.000
          network                  100      50.000      90.000      95.000      99.000     100.000
          glass to label           100    7500.123    7500.123    7500.123    7500.123    7500.123
          layers                                                                                      share
          conv1                    100      30.000      54.000      57.000      59.400      60.000   60.0 %
          fc                       100      15.000      27.000      28.500      29.700      30.000   30.0 %
          unaccounted              100       5.000       9.000       9.500       9.900      10.000   10.0 %
          drops: driver 0, ring 0, bad frames 0
          processor: 1800 MHz, up to 61.3 °C, no throttling seen

        """)
  }

  @Test func emptyAndTornLogs() throws {
    let folder = TemporaryFolder()
    let path = folder.file("run.jsonl")
    try writeLog(path, .jsonLines, [], header: header())
    #expect(Report(paths: [path]).text.hasPrefix("\(path): 0 rows in 0.0 s, 1 run, 0 switches\n"))
    #expect(Report(paths: [path]).page.html.contains("No complete row."))
    unlink(path)
    try writeLog(path, .jsonLines, [fullRecord(), fullRecord()], header: header())
    write(contents(path).dropLast(10), to: path)
    let text = Report(paths: [path]).text
    #expect(text.contains(": 1 row in 0.0 s, 1 run, 0 switches\n"))
    #expect(text.contains("  the last row was cut off: "))
  }

  @Test func pageNeedsNothingElseAndIsWellFormed() throws {
    var random = SplitMix64(state: testSeed())
    let folder = TemporaryFolder()
    let (first, second) = (folder.file("<a & \"b\">.jsonl"), folder.file("b.csv"))
    var start = header(layers: layerNames.map { $0 == "fc" ? "<script>alert('fc')</script>" : $0 })
    start.source = "<img src=x onerror=alert(1)>"
    try writeLog(first, .jsonLines, exampleRecords(using: &random), header: start)
    try writeLog(second, .csv, exampleRecords(using: &random), header: header())
    let report = Report(paths: [first, second])
    let html = report.page.html

    for forbidden in ["<script", "<img", "http:", "https:", "url(", "@import", "<link"] {
      #expect(!html.contains(forbidden), "\(forbidden)")
    }
    #expect(html.contains("&lt;script&gt;alert(&#39;fc&#39;)&lt;/script&gt;"))
    #expect(html.contains("<h2>Side by side</h2>"))
    // Per log: two timelines, distributions, one heat map, and bars for each of two configurations.
    let pictures = html.components(separatedBy: "<svg ").count - 1
    #expect(pictures == 12)
    let network = try #require(report.logs[0].configurations[0][.network])
    let shown = String(format: "%lld.%03lld", network.p50 / 1000, network.p50 % 1000)
    #expect(html.contains("<td>\(shown)</td>"))
    #expect(html.components(separatedBy: "class=\"switch\"").count - 1 == 4)
    #expect(html.components(separatedBy: "nan").count == 1)

    try checkTags(html)
  }

  /// Every element that is opened is closed, in order.
  func checkTags(_ html: String) throws {
    var open: [Substring] = []
    var rest = html[...]
    while let start = rest.firstIndex(of: "<") {
      let end = try #require(rest[start...].firstIndex(of: ">"))
      let tag = rest[rest.index(after: start)..<end]
      rest = rest[rest.index(after: end)...]
      if tag.hasPrefix("!") || tag.hasSuffix("/") || tag.hasPrefix("meta") { continue }
      let name = tag.drop { $0 == "/" }.prefix { $0.isLetter || $0.isNumber }
      if tag.hasPrefix("/") {
        #expect(open.popLast() == name)
      } else {
        open.append(name)
      }
    }
    #expect(open.isEmpty)
  }
}
