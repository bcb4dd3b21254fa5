import MobileNet
import Model
import Platform
import Reports

/// The idea that MobileNet grew from, on this machine: each block as a standard convolution against a depthwise separable
/// one (paper section 3.1), mult-adds beside measured times.
struct ConvolutionComparison: Encodable {
  struct Block: Encodable {
    /// `conv2`, and the layers that stand in its place: `dw1`, `pw1`.
    let standard: String
    let separable: String
    /// N: output channels.
    let outputChannels: Int
    let standardMultAdds: Int
    let separableMultAdds: Int
    /// Mean times over the runs.
    let standardUs: Double
    let separableUs: Double

    /// The paper's cost of a separable block over a standard one: 1/N + 1/D_K², D_K = 3.
    var formula: Double { 1 / Double(outputChannels) + 1.0 / 9 }
    var timesFewer: Double { Double(standardMultAdds) / Double(separableMultAdds) }
    var timesFaster: Double { standardUs / separableUs }
  }

  let standard: Benchmark.Report
  let separable: Benchmark.Report
  let blocks: [Block]
  /// Medians of the whole networks.
  let timesFewerMultAdds: Double
  let timesFaster: Double

  /// Measures both in turns, so that a change of the machine's speed hits both alike.
  static func run(
    standard: any RunnableNetwork, separable: any RunnableNetwork, warmup: Int, runs: Int, peakPerThread: Double
  ) -> ConvolutionComparison {
    var samples = [standard, separable].map { Benchmark.Samples($0, warmup: warmup) }
    let turns = min(runs, 10)
    for turn in 0..<turns {
      for index in samples.indices {
        // What the other network left in the caches is no part of the measurement.
        if warmup > 0 { (index == 0 ? standard : separable).run() }
        samples[index].measure(runs: runs * (turn + 1) / turns - runs * turn / turns)
      }
    }
    return ConvolutionComparison(
      standard: samples[0].report(peakPerThread: peakPerThread),
      separable: samples[1].report(peakPerThread: peakPerThread), architecture: standard.architecture)
  }

  private init(standard: Benchmark.Report, separable: Benchmark.Report, architecture: Architecture) {
    self.standard = standard
    self.separable = separable
    let convolutions = architecture.layers.indices.filter { architecture.layers[$0].kind == .convolution }
    blocks = convolutions.dropFirst().enumerated().map { number, index in
      let (whole, depthwise, pointwise) =
        (standard.layers[index], separable.layers[2 * number + 1], separable.layers[2 * number + 2])
      return Block(
        standard: whole.name, separable: "\(depthwise.name) + \(pointwise.name)",
        outputChannels: architecture.layers[index].outputChannels, standardMultAdds: whole.multAdds,
        separableMultAdds: depthwise.multAdds + pointwise.multAdds, standardUs: whole.us,
        separableUs: depthwise.us + pointwise.us)
    }
    timesFewerMultAdds = Self.ratio(Double(standard.multAdds), Double(separable.multAdds))
    timesFaster = Self.ratio(standard.latencyUs.p50, separable.latencyUs.p50)
  }

  static func ratio(_ a: Double, _ b: Double) -> Double { (100 * a / b).rounded() / 100 }

  var text: String {
    var table = Table([
      .text("block", 22), .number("N", 5), .number("standard M", 12), .number("separable", 11), .number("fewer", 8),
      .number("1/(1/N+1/9)", 13), .number("standard µs", 13), .number("separable", 11), .number("faster", 9),
    ])
    table.rows = rows(times: "×")
    table.rows.append([
      "whole network", "", million(standard.multAdds, 2), million(separable.multAdds, 2),
      fixed(timesFewerMultAdds, 2) + "×",
      "", fixed(standard.latencyUs.p50, 1), fixed(separable.latencyUs.p50, 1), fixed(timesFaster, 2) + "×",
    ])
    let lines =
      [
        "standard against depthwise separable convolutions: \(separable.title), \(separable.isa), "
          + "\(separable.runs) runs each in turns", "",
      ] + table.lines + [
        "",
        "Mult-adds in millions. The network's times are medians, the blocks' means. The standard network runs on random "
          + "weights.",
      ]
    return lines.joined(separator: "\n")
  }

  /// A row for each block: name, N, mult-adds of both, how many times fewer, what the formula says, times of both, how many
  /// times faster.
  /// - Parameter times: what a factor is followed by.
  func rows(times: String = "") -> [[String]] {
    blocks.map { block in
      [
        "\(block.standard) : \(block.separable)", "\(block.outputChannels)", million(block.standardMultAdds, 2),
        million(block.separableMultAdds, 2), fixed(block.timesFewer, 2) + times, fixed(1 / block.formula, 2) + times,
        fixed(block.standardUs, 1), fixed(block.separableUs, 1), fixed(block.timesFaster, 2) + times,
      ]
    }
  }
}
