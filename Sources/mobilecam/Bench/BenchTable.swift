import Model
import Platform
import Reports

/// What `bench` prints for people.
enum BenchTable {
  /// One configuration, layer by layer.
  static func one(_ report: Benchmark.Report) -> String {
    let latency = report.latencyUs
    var table = Table([
      .text("layer", 14), .number("µs", 10), .number("share %", 9), .number("M mult-adds", 13), .number("GFLOP/s", 10),
      .number("least µs", 10), .number("peak %", 8),
    ])
    func add(
      _ name: String, _ us: Double, _ multAdds: Int? = nil, _ gflops: Double? = nil, least: Double? = nil
    ) {
      // By the shortest time: how far the layer is from what the machine can do, and not how disturbed it was.
      let ofPeak = least.flatMap { least in
        multAdds.flatMap { $0 > 0 && least > 0 ? 2e-3 * Double($0) / least / report.peakGflops : nil }
      }
      table.rows.append([
        name, fixed(us, 2), fixed(100 * us / latency.mean, 1), multAdds.map { million($0, 3) } ?? "",
        gflops.map { fixed($0, 1) } ?? "", least.map { fixed($0, 2) } ?? "",
        ofPeak.map { fixed(100 * $0, 1) } ?? "",
      ])
    }
    for layer in report.layers { add(layer.name, layer.us, layer.multAdds, layer.gflops, least: layer.minUs) }
    add("unaccounted", report.unaccountedUs)
    add("mean", latency.mean, report.multAdds, least: latency.min)
    var lines = [
      "\(report.title), \(report.isa), \(report.runs) runs"
        + (report.convolution == "standard" ? ", standard convolutions" : ""),
      "p50 \(ms(latency.p50)) ms  p90 \(ms(latency.p90))  p99 \(ms(latency.p99))  min \(ms(latency.min))  "
        + "max \(ms(latency.max))",
    ]
    if report.workers < Double(report.threads) {
      lines.append(
        "others wanted the cores: \(fixed(report.workers, 2)) of \(report.threads) threads took part, on the average")
    }
    if let rate = report.rate, let backToBack = report.backToBackUs {
      lines.append(
        "\(number(rate)) runs a second; back to back p50 \(ms(backToBack.p50)) ms: "
          + "\(fixed(latency.p50 / backToBack.p50, 2)) × as long")
    }
    lines += [
      "\(fixed(report.gflops, 1)) GFLOP/s, \(fixed(report.peakPercent, 1)) % of the peak of "
        + "\(fixed(report.peakGflops, 1)) in \(report.precision) (register tile in the first-level cache, "
        + "\(report.threads) × one thread)",
      "",
    ]
    lines += table.lines
    if let percent = report.layerTimingOverheadPercent {
      lines.append("measuring the layers adds \(fixed(percent, 2)) % (medians with and without, in turns)")
    }
    for log in report.loggingOverhead ?? [] {
      let percent = "\(fixed(log.percent, 2)) % (middle half of \(log.pairs) pairs in turns: "
      let own = fixed(100 * log.writerUs / log.runUs, 2)
      lines.append(
        "logging every layer as \(log.format) costs \(percent)\(fixed(log.lowerQuartilePercent, 2)) to "
          + "\(fixed(log.upperQuartilePercent, 2))); by processor time of the network's thread "
          + "\(fixed(log.threadPercent, 2)) %, of which handing over \(fixed(log.appendUs, 2)) µs a row; "
          + "\(fixed(log.writerUs, 2)) µs (\(own) %) of another thread")
    }
    return lines.joined(separator: "\n")
  }

  /// The rows of a sweep are printed as they come.
  private static let sweep = Table([
    .text("α", 6), .number("px", 5), .number("precision", 11), .number("threads", 9), .number("p50 ms", 10),
    .number("p90", 9), .number("p99", 9), .number("layers ms", 11), .number("M mult-adds", 13), .number("GFLOP/s", 9),
    .number("peak %", 8),
  ])

  static func sweepHeading(isa: String, runs: Int, peaks: [(Precision, Double)]) -> String {
    """
    \(isa), \(runs) runs each; peak GFLOP/s a thread (register tile in the first-level cache): \
    \(peaks.map { "\($0) \(fixed($1, 1))" }.joined(separator: ", "))

    \(sweep.heading)
    """
  }

  /// The column `layers ms` is the sum of the layers' mean times and of what none accounts for: the mean.
  static func sweepRow(_ report: Benchmark.Report) -> String {
    let latency = report.latencyUs
    let layers = report.layers.reduce(report.unaccountedUs) { $0 + $1.us }
    return sweep.line([
      number(report.alpha), "\(report.resolution)", report.precision.name, "\(report.threads)", ms(latency.p50),
      ms(latency.p90), ms(latency.p99), ms(layers), million(report.multAdds, 1), fixed(report.gflops, 1),
      fixed(report.peakPercent, 1),
    ])
  }

  private static func ms(_ us: Double) -> String { fixed(us / 1000, 3) }
}

extension Benchmark.Report {
  var threadsText: String { counted(threads, "thread", "threads") }
  var title: String { "α = \(number(alpha)), \(resolution) px, \(precision), \(threadsText)" }
}
