/// What happened to one frame on its way from the lens to the label: one row of a log. Plain values only.
///
/// Times are nanoseconds; `nil` is unknown, which is never written as 0.
public struct FrameRecord: Sendable, Hashable {
  /// One of the network's best guesses, with the raw score that came out of softmax.
  public struct Guess: Sendable, Hashable {
    /// 0…999, whatever the weights' own numbering.
    public var classIndex: Int
    public var label: String
    /// 0…1; not-a-number where the weights gave none.
    public var probability: Float

    public init(classIndex: Int, label: String, probability: Float) {
      self.classIndex = classIndex
      self.label = label
      self.probability = probability
    }
  }

  /// Where `capturedNanoseconds` comes from.
  public enum CaptureClock: String, Sendable, Hashable, CaseIterable {
    /// The driver's own monotonic timestamp.
    case driver
    /// The moment of dequeuing, where the driver's timestamp cannot be trusted.
    case dequeue
    /// The moment at which a source without a camera (reel, pattern, file) was due to show the frame.
    case schedule
  }

  /// The source's own number of the frame.
  public var sequence = 0
  /// When the frame was captured, on `CLOCK_MONOTONIC`.
  public var capturedNanoseconds: Int64 = 0
  public var captureClock: CaptureClock?

  // The stages of design order: see `Stage` for what each one spans.
  public var captureWaitNanoseconds: Int64?
  public var decodeNanoseconds: Int64?
  public var queueAgeNanoseconds: Int64?
  public var preprocessNanoseconds: Int64?
  public var networkNanoseconds: Int64?
  public var renderNanoseconds: Int64?
  public var glassToLabelNanoseconds: Int64?

  /// Frames lost since the stream began: in the driver, in the ring (never read), and broken ones.
  public var driverDrops: Int?
  public var ringDrops: Int?
  public var badFrames: Int?
  /// Rows that the log itself had lost when this one was written; `LogWriter` sets it.
  public var logLost = 0

  /// The configuration that the network ran in. α is kept to two decimals in logs.
  public var alpha = 1.0
  /// Side of the square input in pixels.
  public var resolution = 224
  /// `fp32`, `int8`, `bf16`.
  public var precision = "fp32"
  public var threads = 1
  /// Instruction set of the kernels, such as `avx2`.
  public var isa: String?

  /// Among the first results after a start or a switch, which statistics leave out.
  public var isWarmUp = false
  /// The first result after α, resolution, precision or threads changed.
  public var isSwitch = false

  /// The machine as last sampled; `LogWriter` fills them once a second where they are `nil`.
  public var cpuFrequencyKilohertz: Int?
  public var cpuTemperatureMillidegrees: Int?

  /// The best guess first; at most `topCount` are logged. Empty when the weights are not trained.
  public var top: [Guess] = []
  /// Nanoseconds of each layer, in the order of `RunHeader.layers`.
  public var layerNanoseconds: [Int64] = []
  /// The network's time that no layer accounts for: with it the layers add up to `networkNanoseconds`.
  public var unaccountedNanoseconds: Int64?

  public static let topCount = 5

  public init() {}

  /// Copies `other` into this record's own buffers, so that a record that is used again allocates nothing.
  public mutating func assign(_ other: borrowing FrameRecord) {
    var top = exchange(&self.top, with: [])
    var layers = exchange(&layerNanoseconds, with: [])
    top.removeAll(keepingCapacity: true)
    top.append(contentsOf: other.top)
    layers.removeAll(keepingCapacity: true)
    layers.append(contentsOf: other.layerNanoseconds)
    self = copy other
    self.top = top
    layerNanoseconds = layers
  }

  /// Makes room for `layers` layers and all guesses.
  mutating func reserve(layers: Int) {
    top.reserveCapacity(Self.topCount)
    layerNanoseconds.reserveCapacity(layers)
  }

  /// What percentiles are kept apart by.
  public var configuration: Configuration {
    Configuration(alpha: alpha, resolution: resolution, precision: precision, threads: threads)
  }
}

/// What the user can turn while the program runs, and what latencies depend on.
public struct Configuration: Sendable, Hashable {
  public var alpha: Double
  /// Side of the square input in pixels.
  public var resolution: Int
  /// `fp32`, `int8`, `bf16`.
  public var precision: String
  public var threads: Int

  public init(alpha: Double, resolution: Int, precision: String, threads: Int) {
    self.alpha = alpha
    self.resolution = resolution
    self.precision = precision
    self.threads = threads
  }
}

func exchange<T>(_ place: inout T, with value: consuming T) -> T {
  swap(&place, &value)
  return value
}
