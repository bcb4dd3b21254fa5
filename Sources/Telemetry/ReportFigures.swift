import Model

/// What a report says of one kind of latency. Nanoseconds; percentiles are nearest-rank.
public struct LatencyFigures: Sendable, Hashable {
  public var count: Int
  public var p50: Int64
  public var p90: Int64
  public var p95: Int64
  /// `nil` under 100 values.
  public var p99: Int64?
  public var max: Int64
  public var mean: Double
  /// Significant digits of the percentiles where there were too many different values to count each; `nil` if they are
  /// exact. Count and maximum always are.
  public var digits: Int?
  /// How the values spread, for drawing: lower edges of buckets in nanoseconds, rising, and how many fell into each.
  public var buckets: [Bucket]

  public struct Bucket: Sendable, Hashable {
    public var nanoseconds: Int64
    public var widthNanoseconds: Int64
    public var count: Int
  }

  init?(_ distribution: LatencyDistribution) {
    guard let mean = distribution.mean else { return nil }
    let found = distribution.percentiles()
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
public struct ConfigurationFigures: Sendable {
  public struct Layer: Sendable {
    public var name: String
    /// `nil` for a layer whose kind the log does not say.
    public var kind: String?
    public var figures: LatencyFigures
    /// Of the network's time, 0…1.
    public var share: Double
  }

  public var configuration: Configuration
  /// Results that count, and those left out as warm-up.
  public var results: Int
  public var warmUpResults: Int
  /// By `Stage.rawValue`; `nil` where the log does not know the stage.
  public var stages: [LatencyFigures?]
  /// In the network's order, and last `unaccounted`: with it the shares add up to 1.
  public var layers: [Layer]
  /// Frames lost while this configuration ran; `nil` where the log does not say.
  public var driverDrops: Int?
  public var ringDrops: Int?
  public var badFrames: Int?
  public var machine: MachineFigures

  public subscript(stage: Stage) -> LatencyFigures? { stages[stage.rawValue] }
}

/// How fast and how hot the processor was; `nil` where the log does not say.
public struct MachineFigures: Sendable, Hashable {
  public var lowestKilohertz: Int?
  public var highestKilohertz: Int?
  /// Of the rows, 0…1, how many ran below four fifths of the highest frequency that the whole log saw.
  public var slowShare: Double?
  public var hottestMillidegrees: Int?

  /// Slow rows in any number: figures of this log are not figures of the machine at its best.
  public var isThrottled: Bool { (slowShare ?? 0) > 0 }
}

/// A stage over time, thinned to a bounded number of bins.
public struct Timeline: Sendable {
  public struct Bin: Sendable, Hashable {
    public var count = 0
    /// Nanoseconds.
    public var smallest = Int64.max
    public var largest = Int64.min
    /// Times come from a file: many of 64 bits do not fit in 64 bits.
    public var sum: Int128 = 0

    mutating func add(_ value: Int64) {
      count += 1
      smallest = min(smallest, value)
      largest = max(largest, value)
      sum += Int128(value)
    }

    mutating func merge(_ other: Bin) {
      count += other.count
      smallest = min(smallest, other.smallest)
      largest = max(largest, other.largest)
      sum += other.sum
    }
  }

  static let capacity = 512

  public private(set) var bins: [Bin] = []
  /// What one bin spans.
  public private(set) var binNanoseconds: Int64 = 1_000_000

  mutating func add(_ value: Int64, at time: Int64) {
    let time = max(0, time)
    while time / binNanoseconds >= Int64(Self.capacity) { halve() }
    let index = Int(time / binNanoseconds)
    while bins.count <= index { bins.append(Bin()) }
    bins[index].add(value)
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
