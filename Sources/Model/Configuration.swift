/// What the user turns while the program runs, and what a latency depends on.
public struct Configuration: Sendable, Hashable, Comparable {
  public var alpha: Alpha
  /// Side of the square input in pixels.
  public var resolution: Int
  public var precision: Precision
  /// Threads that compute.
  public var threads: Int

  public init(alpha: Alpha, resolution: Int, precision: Precision = .fp32, threads: Int = 1) {
    self.alpha = alpha
    self.resolution = resolution
    self.precision = precision
    self.threads = threads
  }

  /// The paper's sixteen pairs of α and resolution, both falling.
  public static func paperPairs(precision: Precision = .fp32, threads: Int = 1) -> [Configuration] {
    Alpha.allCases.sorted(by: >).flatMap { alpha in
      Architecture.paperResolutions.map {
        Configuration(alpha: alpha, resolution: $0, precision: precision, threads: threads)
      }
    }
  }

  public func on(threads: Int) -> Configuration {
    Configuration(alpha: alpha, resolution: resolution, precision: precision, threads: threads)
  }

  /// `α 0.5 at 160`
  public var pairName: String { "α \(alpha.name) at \(resolution)" }
  /// `α 0.5 at 160 int8`
  public var name: String { "\(pairName) \(precision)" }

  /// The name without what `other` has in common with it, for a sentence beside it: `int8`, `160 px int8`.
  public func name(beside other: Configuration) -> String {
    if alpha != other.alpha { return name }
    if resolution == other.resolution { return precision.name }
    return "\(resolution) px\(precision == other.precision ? "" : " " + precision.name)"
  }

  /// α rising, then resolution, precision, threads.
  public static func < (a: Configuration, b: Configuration) -> Bool {
    (a.alpha, a.resolution, a.precision, a.threads) < (b.alpha, b.resolution, b.precision, b.threads)
  }
}
