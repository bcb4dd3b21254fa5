/// What `bench` prints for people.
enum BenchTable {
  /// One configuration, layer by layer.
  static func one(_ report: Benchmark.Report) -> String {
    let latency = report.latencyUs
    var lines = [
      "α = \(number(report.alpha)), \(report.resolution) px, \(report.precision), \(report.threads) "
        + "\(report.threads == 1 ? "thread" : "threads"), \(report.isa), \(report.runs) runs"
        + (report.convolution == "standard" ? ", standard convolutions" : ""),
      "p50 \(ms(latency.p50)) ms  p90 \(ms(latency.p90))  p99 \(ms(latency.p99))  min \(ms(latency.min))  "
        + "max \(ms(latency.max))",
      "\(fixed(report.gflops, 1)) GFLOP/s, \(fixed(report.peakPercent, 1)) % of the peak of "
        + "\(fixed(report.peakGflops, 1)) in fp32 (register tile in the first-level cache, \(report.threads) × one thread)",
      "",
      left("layer", 14) + right("µs", 10) + right("share %", 9) + right("M mult-adds", 13) + right("GFLOP/s", 10),
    ]
    func row(_ name: String, _ us: Double, _ multAdds: Int?, _ gflops: Double?) -> String {
      left(name, 14) + right(fixed(us, 2), 10) + right(fixed(100 * us / latency.mean, 1), 9)
        + right(multAdds.map { fixed(Double($0) / 1e6, 3) } ?? "", 13) + right(gflops.map { fixed($0, 1) } ?? "", 10)
    }
    for layer in report.layers { lines.append(row(layer.name, layer.us, layer.multAdds, layer.gflops)) }
    lines.append(row("unaccounted", report.unaccountedUs, nil, nil))
    lines.append(row("mean", latency.mean, report.multAdds, nil))
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

  static func sweepHeading(isa: String, runs: Int, peakPerThread: Double) -> String {
    """
    \(isa), \(runs) runs each; peak \(fixed(peakPerThread, 1)) GFLOP/s a thread in fp32 (register tile in the first-level cache)

    \(left("α", 6))\(right("px", 5))\(right("precision", 11))\(right("threads", 9))\(right("p50 ms", 10))\
    \(right("p90", 9))\(right("p99", 9))\(right("layers ms", 11))\(right("M mult-adds", 13))\(right("GFLOP/s", 9))\
    \(right("peak %", 8))
    """
  }

  /// The column `layers ms` is the sum of the layers' mean times and of what none accounts for: the mean.
  static func sweepRow(_ report: Benchmark.Report) -> String {
    let latency = report.latencyUs
    let layers = report.layers.reduce(report.unaccountedUs) { $0 + $1.us }
    return left(number(report.alpha), 6) + right("\(report.resolution)", 5) + right(report.precision.name, 11)
      + right("\(report.threads)", 9) + right(ms(latency.p50), 10) + right(ms(latency.p90), 9)
      + right(ms(latency.p99), 9) + right(ms(layers), 11) + right(fixed(Double(report.multAdds) / 1e6, 1), 13)
      + right(fixed(report.gflops, 1), 9) + right(fixed(report.peakPercent, 1), 8)
  }

  private static func ms(_ us: Double) -> String { fixed(us / 1000, 3) }
}
