import Frames

/// What the user turns with two keys: α and the side of the input.
public struct NetworkPair: Sendable, Hashable {
  public var alpha: Alpha
  /// Pixels.
  public var resolution: Int

  public init(alpha: Alpha, resolution: Int) {
    self.alpha = alpha
    self.resolution = resolution
  }

  /// The paper's sixteen, α and resolution falling.
  public static let standard: [NetworkPair] = Alpha.allCases.sorted(by: >).flatMap { alpha in
    Architecture.standardResolutions.map { NetworkPair(alpha: alpha, resolution: $0) }
  }

  /// `α 0.5 at 160`
  public var name: String { "α \(alpha.name) at \(resolution)" }
}

/// The paper's trade-off on this machine: accuracy against the latency of each standard pair.
///
/// A latency is measured, or estimated from the pair nearest in mult-adds that was; the two are told apart.
public struct TradeOff: Sendable {
  /// How long one pair takes.
  public struct Latency: Sendable, Hashable {
    public var p50: Nanoseconds
    public var p95: Nanoseconds
    public var isMeasured: Bool

    public init(p50: Nanoseconds, p95: Nanoseconds, isMeasured: Bool) {
      self.p50 = p50
      self.p95 = p95
      self.isMeasured = isMeasured
    }

    /// Of at least one time in nanoseconds, by nearest rank.
    public init?(measured times: [Int64]) {
      guard let (p50, p95) = Self.percentiles(times) else { return nil }
      self.init(p50: p50, p95: p95, isMeasured: true)
    }

    private static func percentiles(_ times: [Int64]) -> (Nanoseconds, Nanoseconds)? {
      guard !times.isEmpty else { return nil }
      let sorted = times.sorted()
      func rank(_ percent: Int) -> Nanoseconds { Nanoseconds(sorted[max((sorted.count * percent + 99) / 100, 1) - 1]) }
      return (rank(50), rank(95))
    }
  }

  /// One cell of the grid.
  public struct Point: Sendable, Hashable {
    public var pair: NetworkPair
    public var multAdds: Int
    public var parameters: Int
    /// Published, per cent; `nil` where nobody published it.
    public var top1Percent: Double?
    /// `nil` while no pair was measured.
    public var latency: Latency?
    /// No other pair is both at least as accurate and at least as fast, and better in one of them.
    public var isOnFront = false
  }

  private static let architectures = NetworkPair.standard.map {
    Architecture(alpha: $0.alpha, resolution: $0.resolution)
  }

  private var measured: [NetworkPair: Latency] = [:]

  public init() {}

  public mutating func record(_ latency: Latency, of pair: NetworkPair) { measured[pair] = latency }
  public func measurement(of pair: NetworkPair) -> Latency? { measured[pair] }
  public var isComplete: Bool { NetworkPair.standard.allSatisfy { measured[$0] != nil } }

  /// The standard pair that was not measured yet and takes the fewest mult-adds: the first results come at once.
  public func nextToMeasure(except skipped: Set<NetworkPair> = []) -> NetworkPair? {
    zip(NetworkPair.standard, Self.architectures).filter { measured[$0.0] == nil && !skipped.contains($0.0) }
      .min { $0.1.multAdds < $1.1.multAdds }?.0
  }

  /// What is known or can be said of a pair's latency; `nil` while nothing at all was measured.
  public func latency(of pair: NetworkPair) -> Latency? {
    if let known = measured[pair] { return known }
    let wanted = Double(Architecture(alpha: pair.alpha, resolution: pair.resolution).multAdds)
    // The nearest by ratio: the speed in mult-adds a second changes with the size.
    let nearest = measured.map { other, latency in
      (
        ratio: wanted / Double(Architecture(alpha: other.alpha, resolution: other.resolution).multAdds),
        latency: latency
      )
    }.min { max($0.ratio, 1 / $0.ratio) < max($1.ratio, 1 / $1.ratio) }
    guard let nearest else { return nil }
    func scaled(_ time: Nanoseconds) -> Nanoseconds { Nanoseconds(Int64(Double(time.count) * nearest.ratio)) }
    return Latency(p50: scaled(nearest.latency.p50), p95: scaled(nearest.latency.p95), isMeasured: false)
  }

  /// The sixteen pairs in the order of `NetworkPair.standard`.
  public func points(isQuantized: Bool = false) -> [Point] {
    var points = zip(NetworkPair.standard, Self.architectures).map { pair, architecture in
      Point(
        pair: pair, multAdds: architecture.multAdds, parameters: architecture.parameters,
        top1Percent: Catalogue.published(alpha: pair.alpha, resolution: pair.resolution, quantized: isQuantized)?
          .top1Percent,
        latency: latency(of: pair))
    }
    for index in points.indices {
      guard let top1 = points[index].top1Percent, let time = points[index].latency?.p50 else { continue }
      points[index].isOnFront = !points.contains { other in
        guard let otherTop1 = other.top1Percent, let otherTime = other.latency?.p50 else { return false }
        return otherTop1 >= top1 && otherTime <= time && (otherTop1 > top1 || otherTime < time)
      }
    }
    return points
  }
}
