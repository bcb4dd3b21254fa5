import ArgumentParser
import Frames
import MobileNet

/// `mobilecam bench`: the latency of one configuration.
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "The latency of the network and of each of its layers.")

  @OptionGroup var network: NetworkOptions
  @Option(help: "Runs before the measurement.") var warmup = 10
  @Option(help: "Runs measured.") var runs = 100
  @Flag(help: "Print JSON.") var json = false

  func validate() throws {
    if warmup < 0 { throw ValidationError("--warmup \(warmup): expected 0 or more.") }
    if runs < 1 { throw ValidationError("--runs \(runs): expected 1 or more.") }
  }

  func run() throws {
    let model = try ModelStore(weights: network.weights).network(network)
    let report = Benchmark.run(model, warmup: warmup, runs: runs)
    if json { try printJSON(report) } else { print(Self.table(report)) }
    if report.noisy {
      printError(
        "mobilecam: a noisy run: the middle half of the times spreads by more than 10 % of the median. "
          + "Close other programs, or give more --runs.")
    }
  }

  static func table(_ report: Benchmark.Report) -> String {
    let latency = report.latencyUs
    func ms(_ us: Double) -> String { fixed(us / 1000, 3) }
    var lines = [
      "α = \(number(report.alpha)), \(report.resolution) px, \(report.precision), \(report.threads) "
        + "\(report.threads == 1 ? "thread" : "threads"), \(report.isa), \(report.runs) runs",
      "p50 \(ms(latency.p50)) ms  p90 \(ms(latency.p90))  p99 \(ms(latency.p99))  min \(ms(latency.min))  "
        + "max \(ms(latency.max))  \(fixed(report.gflops, 1)) GFLOP/s",
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
    return lines.joined(separator: "\n")
  }
}
