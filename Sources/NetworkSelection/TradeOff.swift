import Model
import ModelFiles
import Platform

/// The paper's trade-off on this machine: accuracy against the latency of each of its pairs.
///
/// A latency is measured, or estimated from the configuration nearest in mult-adds that was; the two are told apart.
public struct TradeOff: Sendable {
  /// How long one pair takes.
  public struct Latency: Sendable, Hashable {
    public var p50: Nanoseconds
    public var p95: Nanoseconds
    /// The shortest time: what other programs disturb least, and so what networks are compared by.
    public var least: Nanoseconds
    public var isMeasured: Bool

    /// - Parameter least: the median where it is not known.
    public init(p50: Nanoseconds, p95: Nanoseconds, least: Nanoseconds? = nil, isMeasured: Bool) {
      self.p50 = p50
      self.p95 = p95
      self.least = least ?? p50
      self.isMeasured = isMeasured
    }

    /// Of at least one time in nanoseconds, by nearest rank.
    public init?(measured times: [Int64]) {
      guard !times.isEmpty else { return nil }
      let sorted = times.sorted()
      self.init(
        p50: Nanoseconds(sorted.percentile(50)), p95: Nanoseconds(sorted.percentile(95)), least: Nanoseconds(sorted[0]),
        isMeasured: true)
    }

    fileprivate func exceeds(_ other: Latency, times factor: Double) -> Bool {
      [(p50, other.p50), (least, other.least)].contains { Double($0.count) > factor * Double($1.count) }
    }

    func scaled(by factor: Double) -> Latency {
      func scaled(_ time: Nanoseconds) -> Nanoseconds { Nanoseconds(Int64(Double(time.count) * factor)) }
      return Latency(p50: scaled(p50), p95: scaled(p95), least: scaled(least), isMeasured: isMeasured)
    }
  }

  /// One cell of the grid.
  public struct Point: Sendable, Hashable {
    public var configuration: Configuration
    /// Published, per cent; `nil` where nobody published it.
    public var top1Percent: Double?
    /// `nil` while nothing was measured.
    public var latency: Latency?
    /// The measurement contradicts another one (`TradeOff.doubtful`).
    public var isDoubtful = false
    /// No other pair is both at least as accurate and at least as fast by its shortest time, and better in one of them.
    public var isOnFront = false
  }

  private var measured: [Configuration: Latency] = [:]
  /// What was measured and contradicts another measurement: a network that has no less to do in any layer came out faster by
  /// more than times differ anyway. Something disturbed one of the two.
  public private(set) var doubtful: Set<Configuration> = []
  private static let tolerance = 1.1

  public init() {}

  public mutating func record(_ latency: Latency, of configuration: Configuration) {
    measured[configuration] = latency
    doubtful = []
    for (small, own) in measured {
      for (large, other) in measured where small.isPart(of: large) && own.exceeds(other, times: Self.tolerance) {
        doubtful.formUnion([small, large])
      }
    }
  }
  public func measurement(of configuration: Configuration) -> Latency? { measured[configuration] }

  /// Records what was measured in turns with another network, at the speed that the machine had when that one was
  /// recorded first: all latencies are of one load, whenever they were measured. The other one's own is renewed at that
  /// speed: something may have disturbed it, but not its shortest time.
  public mutating func record(
    _ latency: Latency, of configuration: Configuration, beside other: Configuration, at now: Latency
  ) {
    let speed = speed(of: other, when: now) ?? speed(of: configuration, when: latency) ?? 1
    record(now.scaled(by: speed), of: other)
    if configuration != other { record(latency.scaled(by: speed), of: configuration) }
  }

  /// Of the machine when a network was recorded first, against that of now; `nil` where it never was.
  private func speed(of configuration: Configuration, when now: Latency) -> Double? {
    measured[configuration].map { Double($0.least.count) / Double(max(now.least.count, 1)) }
  }

  /// Of `configurations` the one that was not measured yet and takes the fewest mult-adds: the first results come at once.
  public func nextToMeasure(among configurations: [Configuration], except skipped: Set<Configuration> = [])
    -> Configuration?
  {
    configurations.filter { measured[$0] == nil && !skipped.contains($0) }
      .min { $0.architecture.multAdds < $1.architecture.multAdds }
  }

  /// What is known or can be said of a latency; `nil` while nothing at all was measured on these threads.
  public func latency(of configuration: Configuration) -> Latency? {
    if let known = measured[configuration] { return known }
    let wanted = Double(configuration.architecture.multAdds)
    // Those of the same precision where there are any; of them the nearest by ratio: the speed in mult-adds a second
    // changes with the size.
    let comparable = measured.filter { $0.key.threads == configuration.threads }
    let alike = comparable.filter { $0.key.precision == configuration.precision }
    let nearest = (alike.isEmpty ? comparable : alike).map { other, latency in
      (ratio: wanted / Double(other.architecture.multAdds), latency: latency)
    }.min { max($0.ratio, 1 / $0.ratio) < max($1.ratio, 1 / $1.ratio) }
    guard let nearest else { return nil }
    var latency = nearest.latency.scaled(by: nearest.ratio)
    latency.isMeasured = false
    return latency
  }

  /// `Configuration.paperPairs` with what is known of each; the accuracy is that of quantized weights for `int8`.
  public func points(precision: Precision, threads: Int) -> [Point] {
    var points = Configuration.paperPairs(precision: precision, threads: threads).map { configuration in
      Point(
        configuration: configuration,
        top1Percent: Catalogue.published(configuration)?.top1Percent,
        latency: latency(of: configuration), isDoubtful: doubtful.contains(configuration))
    }
    for index in points.indices {
      guard let top1 = points[index].top1Percent, let time = points[index].latency?.least else { continue }
      points[index].isOnFront = !points.contains { other in
        guard let otherTop1 = other.top1Percent, let otherTime = other.latency?.least else { return false }
        return otherTop1 >= top1 && otherTime <= time && (otherTop1 > top1 || otherTime < time)
      }
    }
    return points
  }
}

extension Configuration {
  /// Another one that does all that this one does, and more.
  fileprivate func isPart(of other: Configuration) -> Bool {
    self != other && precision == other.precision && threads == other.threads && alpha <= other.alpha
      && resolution <= other.resolution
  }
}
