import Frames
import Glibc
import MobileNet
import Model
import Platform
import Telemetry

/// Runs a network over and over on an input that stays the same, and keeps every time.
struct Benchmark {
  /// Nearest-rank percentiles of the network's time, in microseconds.
  struct Latency: Encodable {
    let min: Double
    let mean: Double
    let p50: Double
    let p90: Double
    let p99: Double
    let max: Double
  }

  struct LayerLatency: Encodable {
    let name: String
    let kind: String
    let multAdds: Int
    /// Mean over the runs, so that the layers and `unaccountedUs` add up to `latencyUs.mean`.
    let us: Double
    /// The shortest time of any run.
    let minUs: Double
    /// Billions of floating-point operations a second, two for each mult-add; nil for a layer without any.
    let gflops: Double?
  }

  struct Report: Encodable {
    let alpha: Double
    let resolution: Int
    /// `separable` or `standard`.
    let convolution: String
    let precision: Precision
    /// The α whose weights were widened.
    let widenedFrom: OrNull<Double>
    let threads: Int
    /// How many of them took part, the mean over the runs.
    let workers: Double
    let isa: String
    let warmup: Int
    let runs: Int
    let multAdds: Int
    let latencyUs: Latency
    let gflops: Double
    /// Of the register tile, all threads together, and the network's share of it.
    let peakGflops: Double
    let peakPercent: Double
    let layers: [LayerLatency]
    let unaccountedUs: Double
    /// With `--overhead`: what measuring the layers adds to the network's time.
    var layerTimingOverheadPercent: Double?
    /// With `--overhead`: what logging costs, in each format.
    var loggingOverhead: [LoggingOverhead]?
    /// With `--rate`: how many runs a second were measured, as a camera's frames come, and the times of as many runs back to back, in
    /// turns with them.
    var rate: Double?
    var backToBackUs: Latency?
    /// True where the middle half of the runs spreads by more than a tenth of the median.
    let noisy: Bool
  }

  static func run(_ network: any RunnableNetwork, warmup: Int, runs: Int, peakPerThread: Double) -> Report {
    var samples = Samples(network, warmup: warmup)
    samples.measure(runs: runs)
    return samples.report(peakPerThread: peakPerThread)
  }

  /// At a camera's pace: between its frames, clocks, caches and workers go to sleep. Back to back in turns, so that a drift of the
  /// machine's speed hits both alike.
  /// - Parameter rate: runs a second.
  static func run(
    _ network: any RunnableNetwork, warmup: Int, runs: Int, peakPerThread: Double, rate: Double
  ) -> Report {
    var (backToBack, paced) = (Samples(network, warmup: warmup), Samples(network, warmup: 0))
    let turns = min(runs, 10)
    for turn in 0..<turns {
      let count = runs * (turn + 1) / turns - runs * turn / turns
      // The pause before it is no part of a run that follows another.
      if warmup > 0 { network.run() }
      backToBack.measure(runs: count)
      paced.measure(runs: count, every: Nanoseconds(seconds: 1 / rate))
    }
    var report = paced.report(peakPerThread: peakPerThread)
    report.rate = rate
    report.backToBackUs = backToBack.latency
    return report
  }

  /// The times of one network's runs.
  struct Samples {
    private let network: any RunnableNetwork
    private let warmup: Int
    private var times: [Int64] = []
    private var workers = 0
    private var layers: [Int64]
    private var shortest: [Int64]

    /// - Parameter warmup: runs that are not measured, for a tenth of a second at least unless 0.
    init(_ network: any RunnableNetwork, warmup: Int) {
      self.network = network
      self.warmup = warmup
      let count = network.architecture.layers.count
      layers = Array(repeating: 0, count: count)
      shortest = Array(repeating: .max, count: count)
      fill(network)
      // Not only the caches must be warm: the system needs a while to give each worker a core of its own.
      let settled = Nanoseconds.now() + settlingTime
      var warmUpRuns = 0
      while warmUpRuns < warmup || (warmup > 0 && .now() < settled) {
        network.run()
        warmUpRuns += 1
      }
    }

    /// - Parameter interval: from the start of one run to that of the next, the first one too; without it they follow each other.
    mutating func measure(runs: Int, every interval: Nanoseconds? = nil) {
      times.reserveCapacity(times.count + runs)
      var began = Nanoseconds.now()
      for _ in 0..<runs {
        if let interval {
          let left = began + interval - .now()
          if left > .zero { usleep(useconds_t(left.count / 1000)) }
          began = .now()
        }
        network.run()
        times.append(network.total.count)
        workers += network.workers
        for index in layers.indices {
          layers[index] += network.layerTimes[index].count
          shortest[index] = min(shortest[index], network.layerTimes[index].count)
        }
      }
    }

    var latency: Latency {
      let times = times.sorted()
      func us(_ time: Int64) -> Double { Self.us(Double(time)) }
      return Latency(
        min: us(times[0]), mean: Self.us(Double(times.reduce(0, +)) / Double(times.count)),
        p50: us(times.percentile(50)), p90: us(times.percentile(90)), p99: us(times.percentile(99)),
        max: us(times[times.count - 1]))
    }

    private static func us(_ nanoseconds: Double) -> Double { (nanoseconds / 10).rounded() / 100 }

    func report(peakPerThread: Double) -> Report {
      let architecture = network.architecture
      let runs = times.count
      let total = times.reduce(0, +)
      let times = times.sorted()
      func gflops(_ multAdds: Int, _ nanoseconds: Double) -> Double {
        (2 * Double(multAdds) / nanoseconds * 100).rounded() / 100
      }
      let median = Double(times.percentile(50))
      let peak = peakPerThread * Double(network.team.count)
      return Report(
        alpha: architecture.alpha.rawValue, resolution: architecture.resolution,
        convolution: architecture.convolution.rawValue, precision: network.precision,
        widenedFrom: OrNull(network.facts.widenedFrom?.rawValue),
        threads: network.team.count, workers: (100 * Double(workers) / Double(runs)).rounded() / 100,
        isa: network.kernelsName, warmup: warmup, runs: runs,
        multAdds: architecture.multAdds, latencyUs: latency,
        gflops: gflops(architecture.multAdds, median), peakGflops: (peak * 10).rounded() / 10,
        peakPercent: (1000 * gflops(architecture.multAdds, median) / peak).rounded() / 10,
        layers: architecture.layers.indices.map { index in
          let layer = architecture.layers[index]
          let mean = Double(layers[index]) / Double(runs)
          return LayerLatency(
            name: layer.name, kind: layer.kind.rawValue, multAdds: layer.multAdds, us: Self.us(mean),
            minUs: Self.us(Double(shortest[index])),
            gflops: layer.multAdds > 0 && mean > 0 ? gflops(layer.multAdds, mean) : nil)
        },
        unaccountedUs: Self.us(Double(total - layers.reduce(0, +)) / Double(runs)),
        noisy: Double(times.percentile(75) - times.percentile(25)) > 0.1 * median)
    }
  }

  private static let settlingTime = Nanoseconds(milliseconds: 100)

  /// What measuring the layers adds to the network's time, in percent: medians with and without, run in turns, so that a
  /// drift of the machine's speed hits both alike.
  static func layerTimingOverheadPercent(_ network: any RunnableNetwork, runs: Int) -> Double {
    fill(network)
    var times: [[Int64]] = [[], []]
    for run in 0..<2 * runs {
      network.timesLayers = run % 2 == 1
      network.run()
      times[run % 2].append(network.total.count)
    }
    network.timesLayers = true
    let medians = times.map { Double($0.sorted().percentile(50)) }
    return ((medians[1] / medians[0] - 1) * 10_000).rounded() / 100
  }

  /// A fixed input of all values: the time does not depend on it, but a float network's would on denormal numbers.
  private static func fill(_ network: any RunnableNetwork) {
    let resolution = network.architecture.resolution
    var state: UInt32 = 12_345
    var pixels = [UInt8](repeating: 0, count: resolution * resolution * 3)
    for index in pixels.indices {
      state = state &* 1_664_525 &+ 1_013_904_223
      pixels[index] = UInt8(state >> 24)
    }
    network.setInput(pixels: pixels)
  }
}
