import ArgumentParser
import Frames
import MobileNet
import Model
import NetworkSelection
import Platform
import Reports
import Telemetry

/// `mobilecam bench`: the latency of one configuration, or of all of them.
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "The latency of the network and of each of its layers.",
    discussion: """
      The share of the machine's peak compares with a micro-kernel measured at the start: the register tile of the \
      pointwise layers in the precision at hand on data that stays in the first-level cache, times the threads. A layer's \
      share, and that of the mean's line, is by the shortest time: what is left is how far it is from its limit.
      """)

  @OptionGroup var network: NetworkOptions
  @Option(parsing: .unconditional, help: "Runs before the measurement, for a tenth of a second at least unless 0.")
  var warmup = 10
  @Option(parsing: .unconditional, help: "Runs measured.") var runs = 100
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Measure so many runs a second, as a camera's frames come, and as many back to back.", valueName: "Hz"))
  var rate: Double?
  @Flag(help: "Also measure what measuring the layers and logging them cost, with and without in turns.") var overhead =
    false
  @Option(
    help: ArgumentHelp(
      "separable, or standard: the blocks as standard convolutions on random weights, beside the separable ones.",
      valueName: "kind"))
  var convolution = Architecture.Convolution.separable
  @Flag(help: "Print JSON: an object; an array of them with --sweep.") var json = false
  @Flag(
    help: "Every α, standard resolution and precision unless one is given; 1 thread and all cores unless --threads is.")
  var sweep = false

  @Option(
    help: ArgumentHelp(
      "With --sweep, also write a self-contained page to this file: the paper's tables and figure on this machine.",
      valueName: "file"))
  var html: String?
  @Flag(help: "Replace the page if there is one.") var force = false

  private static let rates = 0.1...1000.0

  /// Each one's time is kept.
  private static let mostRuns = 1_000_000

  func validate() throws {
    if html != nil, !sweep {
      throw ValidationError("--html goes with --sweep: the page compares every α and resolution.")
    }
    if !(0...Self.mostRuns ~= warmup) { throw ValidationError("--warmup \(warmup): expected 0 to \(Self.mostRuns).") }
    if !(1...Self.mostRuns ~= runs) { throw ValidationError("--runs \(runs): expected 1 to \(Self.mostRuns).") }
    if let rate {
      if !(Self.rates ~= rate) { throw ValidationError("--rate \(number(rate)): expected runs a second, 0.1 to 1000.") }
      if sweep || overhead || convolution == .standard {
        throw ValidationError(
          "--rate measures one α and resolution: leave out --sweep, --overhead and --convolution standard.")
      }
    }
    if convolution == .standard, network.chosenPrecision ?? .fp32 != .fp32 {
      throw ValidationError("--convolution standard runs in fp32 only: leave out --precision.")
    }
    if convolution == .standard, sweep || overhead {
      throw ValidationError("--convolution standard measures one α and resolution: leave out --sweep and --overhead.")
    }
  }

  func run() throws {
    let store = try network.store()
    if sweep { return try runSweep(store) }
    let configuration = network.configuration(in: store)
    let model = try store.network(configuration)
    let peak = try Peak.gigaflopsPerThread(configuration.precision)
    if convolution == .standard { return try compareConvolutions(store, configuration, peak: peak) }
    var report =
      rate.map { Benchmark.run(model, warmup: warmup, runs: runs, peakPerThread: peak, rate: $0) }
      ?? Benchmark.run(model, warmup: warmup, runs: runs, peakPerThread: peak)
    if overhead {
      report.layerTimingOverheadPercent = Benchmark.layerTimingOverheadPercent(model, runs: runs)
      report.loggingOverhead = try LogFormat.allCases.map { try LoggingOverhead.measure(model, format: $0) }
    }
    if json { try printJSON(report) } else { try Output.print(BenchTable.one(report)) }
    warn([report])
  }

  private func compareConvolutions(_ store: NetworkStore, _ configuration: Configuration, peak: Double) throws {
    let comparison = try comparison(store, configuration, peak: peak)
    if json {
      try printJSON(comparison)
    } else {
      try Output.print(BenchTable.one(comparison.standard) + "\n\n" + comparison.text)
    }
    warn([comparison.standard, comparison.separable])
  }

  private func comparison(
    _ store: NetworkStore, _ configuration: Configuration, peak: Double
  ) throws -> ConvolutionComparison {
    ConvolutionComparison.run(
      standard: try store.standardNetwork(configuration), separable: try store.network(configuration), warmup: warmup,
      runs: runs, peakPerThread: peak)
  }

  private func runSweep(_ store: NetworkStore) throws {
    let alphas = network.chosenAlpha.map { [$0] } ?? Alpha.allCases.reversed()
    let resolutions = network.chosenResolution.map { [$0] } ?? Architecture.paperResolutions
    let cores = WorkerTeam.physicalCoreCount()
    let threads = network.threads.map { [$0] } ?? (cores > 1 ? [1, cores] : [1])
    let precisions = network.chosenPrecision.map { [$0] } ?? NetworkOptions.usablePrecisions
    let page = try html.map { try PageFile(path: $0, force: force) }
    var reports: [Benchmark.Report] = []
    let peaks = try precisions.map { ($0, try Peak.gigaflopsPerThread($0)) }
    if !json { try Output.print(BenchTable.sweepHeading(isa: store.kernels.name, runs: runs, peaks: peaks)) }
    for ((precision, peak), count) in peaks.flatMap({ peak in threads.map { (peak, $0) } }) {
      for alpha in alphas {
        for resolution in resolutions {
          let model = try store.network(
            Configuration(alpha: alpha, resolution: resolution, precision: precision, threads: count))
          let report = Benchmark.run(model, warmup: warmup, runs: runs, peakPerThread: peak)
          reports.append(report)
          if !json { try Output.print(BenchTable.sweepRow(report)) }
        }
      }
    }
    if json { try printJSON(reports) }
    if let page, let alpha = alphas.first, let resolution = resolutions.first {
      if !json { try Output.print("\nStandard convolutions, for the page ...") }
      let comparison = try comparison(
        store, Configuration(alpha: alpha, resolution: resolution, threads: threads[0]),
        peak: Peak.gigaflopsPerThread(.fp32))
      try page.write(SweepPage(reports: reports, comparison: comparison, machine: .current).page)
    }
    warn(reports)
  }

  private func warn(_ reports: [Benchmark.Report]) {
    let noisy = reports.filter(\.noisy).count
    guard noisy > 0 else { return }
    let which = reports.count == 1 ? "a noisy run" : "\(noisy) of \(reports.count) runs were noisy"
    Output.tell(
      "\(which): the middle half of the times spreads by more than 10 % of the median. "
        + "Close other programs, or give more --runs.")
  }
}

extension Architecture.Convolution: ExpressibleByArgument {}
