import Frames
import MobileNet
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

  struct Layer: Encodable {
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
    let precision: String
    let threads: Int
    let isa: String
    let warmup: Int
    let runs: Int
    let multAdds: Int
    let latencyUs: Latency
    let gflops: Double
    let layers: [Layer]
    let unaccountedUs: Double
    /// True where the middle half of the runs spreads by more than a tenth of the median.
    let noisy: Bool
  }

  static func run(_ network: Network, warmup: Int, runs: Int) -> Report {
    let architecture = network.architecture
    fill(network)
    for _ in 0..<warmup { network.run() }
    var times: [Int64] = []
    times.reserveCapacity(runs)
    var layers = [Int64](repeating: 0, count: architecture.layers.count)
    var shortest = [Int64](repeating: .max, count: architecture.layers.count)
    for _ in 0..<runs {
      network.run()
      times.append(network.total.count)
      for index in layers.indices {
        layers[index] += network.layerTimes[index].count
        shortest[index] = min(shortest[index], network.layerTimes[index].count)
      }
    }
    let total = times.reduce(0, +)
    times.sort()
    func us(_ nanoseconds: Double) -> Double { (nanoseconds / 10).rounded() / 100 }
    func percentile(_ p: Double) -> Double {
      // Nearest rank (Hyndman and Fan's definition 1).
      let rank = max(1, Int((p / 100 * Double(runs)).rounded(.up)))
      return Double(times[rank - 1])
    }
    func gflops(_ multAdds: Int, _ nanoseconds: Double) -> Double {
      (2 * Double(multAdds) / nanoseconds * 100).rounded() / 100
    }
    let median = percentile(50)
    return Report(
      alpha: architecture.alpha.rawValue, resolution: architecture.resolution, precision: network.precision,
      threads: network.team.count, isa: network.weights.kernels.name, warmup: warmup, runs: runs,
      multAdds: architecture.multAdds,
      latencyUs: Latency(
        min: us(Double(times[0])), mean: us(Double(total) / Double(runs)), p50: us(median), p90: us(percentile(90)),
        p99: us(percentile(99)), max: us(Double(times[runs - 1]))),
      gflops: gflops(architecture.multAdds, median),
      layers: architecture.layers.indices.map { index in
        let layer = architecture.layers[index]
        let mean = Double(layers[index]) / Double(runs)
        return Layer(
          name: layer.name, kind: layer.kind.rawValue, multAdds: layer.multAdds, us: us(mean),
          minUs: us(Double(shortest[index])),
          gflops: layer.multAdds > 0 && mean > 0 ? gflops(layer.multAdds, mean) : nil)
      },
      unaccountedUs: us(Double(total - layers.reduce(0, +)) / Double(runs)),
      noisy: percentile(75) - percentile(25) > 0.1 * median)
  }

  /// A fixed input with values all over [−1, 1]: the time does not depend on it, but denormal numbers would.
  private static func fill(_ network: Network) {
    let resolution = network.architecture.resolution
    var state: UInt32 = 12_345
    for y in 0..<resolution {
      for x in 0..<resolution * 3 {
        state = state &* 1_664_525 &+ 1_013_904_223
        network.input[y * network.inputRowStride + x] = Float(state >> 8) / 8_388_608 - 1
      }
    }
  }
}
