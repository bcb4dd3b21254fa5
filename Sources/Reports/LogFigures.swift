import Model
import Telemetry

/// What a report says of one kind of latency. Nanoseconds; percentiles are nearest-rank.
package struct LatencyFigures: Sendable, Hashable {
  package var count: Int
  package var p50: Int64
  package var p90: Int64
  package var p95: Int64
  /// `nil` under 100 values.
  package var p99: Int64?
  package var max: Int64
  package var mean: Double
  /// Significant digits of the percentiles where there were too many different values to count each; `nil` if they are
  /// exact. Count and maximum always are.
  package var digits: Int?
  /// How the values spread, for drawing: lower edges of buckets in nanoseconds, rising, and how many fell into each.
  package var buckets: [Bucket]

  package struct Bucket: Sendable, Hashable {
    package var nanoseconds: Int64
    package var widthNanoseconds: Int64
    package var count: Int
  }

  init?(_ distribution: LatencyDistribution) {
    guard let mean = distribution.mean else { return nil }
    let found = distribution.percentiles([50, 90, 95, 99])
    count = distribution.count
    p50 = found[0] ?? distribution.largest
    p90 = found[1] ?? distribution.largest
    p95 = found[2] ?? distribution.largest
    p99 = found[3]
    max = distribution.largest
    self.mean = mean
    digits = distribution.rounding?.digits
    // A sixteenth of an octave each: about 4 % wide, finer than a picture shows.
    var buckets: [Bucket] = []
    distribution.forEachValue { value, times in
      let value = Swift.max(0, value)
      let width: Int64 = value < 32 ? 1 : 1 << Int64(63 - value.leadingZeroBitCount - 4)
      let edge = value / width * width
      if buckets.last?.nanoseconds == edge {
        buckets[buckets.count - 1].count += times
      } else {
        buckets.append(Bucket(nanoseconds: edge, widthNanoseconds: width, count: times))
      }
    }
    self.buckets = buckets
  }
}

/// One configuration's part of a log.
package struct ConfigurationFigures: Sendable {
  package var configuration: Configuration
  /// Results that count, and those left out as warm-up.
  package var results: Int
  package var warmUpResults: Int
  /// By `Stage.rawValue`; `nil` where the log does not know the stage.
  package var stages: [LatencyFigures?]
  /// In the network's order, and last `unaccounted`: with it the shares add up to 1.
  package var layers: [LayerFigures]
  /// Frames lost while this configuration ran; `nil` where the log does not say.
  package var driverDrops: Int?
  package var ringDrops: Int?
  package var badFrames: Int?
  package var machine: MachineFigures

  package subscript(stage: Stage) -> LatencyFigures? { stages[stage.rawValue] }
}

/// One layer's part of a configuration.
package struct LayerFigures: Sendable {
  package var name: String
  /// `nil` for a layer whose kind the log does not say.
  package var kind: String?
  package var figures: LatencyFigures
  /// Of the network's time, 0…1.
  package var share: Double
}

/// How fast and how hot the processor was; `nil` where the log does not say.
package struct MachineFigures: Sendable, Hashable {
  package var lowestKilohertz: Int?
  package var highestKilohertz: Int?
  /// Of the rows, 0…1, how many ran below four fifths of the highest frequency that the whole log saw.
  package var slowShare: Double?
  package var hottestMillidegrees: Int?

  /// Slow rows in any number: figures of this log are not figures of the machine at its best.
  package var isThrottled: Bool { (slowShare ?? 0) > 0 }
}

/// A stage over time, thinned to a bounded number of bins.
package struct Timeline: Sendable {
  package struct Bin: Sendable, Hashable {
    package var count = 0
    /// Nanoseconds.
    package var smallest = Int64.max
    package var largest = Int64.min
    /// Times come from a file: many of 64 bits do not fit in 64 bits.
    package var sum: Int128 = 0

    mutating func merge(_ other: Bin) {
      count += other.count
      smallest = min(smallest, other.smallest)
      largest = max(largest, other.largest)
      sum += other.sum
    }
  }

  static let capacity = 512

  package private(set) var bins: [Bin] = []
  /// What one bin spans.
  package private(set) var binNanoseconds: Int64 = 1_000_000

  mutating func add(_ value: Int64, at time: Int64) {
    let time = max(0, time)
    while time / binNanoseconds >= Int64(Self.capacity) { halve() }
    let index = Int(time / binNanoseconds)
    while bins.count <= index { bins.append(Bin()) }
    bins[index].merge(Bin(count: 1, smallest: value, largest: value, sum: Int128(value)))
  }

  private mutating func halve() {
    for index in 0..<(bins.count + 1) / 2 {
      var bin = bins[index * 2]
      if index * 2 + 1 < bins.count { bin.merge(bins[index * 2 + 1]) }
      bins[index] = bin
    }
    bins.removeLast(bins.count / 2)
    binNanoseconds *= 2
  }
}
