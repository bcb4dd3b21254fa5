import Frames
import Model
import Platform

/// What happened to one frame on its way from the lens to the label: one row of a log. Plain values only.
///
/// A time that is `nil` is unknown, which is never written as 0.
public struct FrameRecord: Sendable, Hashable {
  /// The source's own number of the frame.
  public var sequence = 0
  /// When the frame was captured, on `CLOCK_MONOTONIC`.
  public var captured = Nanoseconds.zero
  public var captureClock: CaptureClock?

  // The stages of design order: see `Stage` for what each one spans.
  public var captureWait: Nanoseconds?
  public var decode: Nanoseconds?
  public var queueAge: Nanoseconds?
  public var preprocess: Nanoseconds?
  public var network: Nanoseconds?
  public var render: Nanoseconds?
  public var glassToLabel: Nanoseconds?

  /// Frames lost since the stream began: in the driver, in the ring (never read), and broken ones.
  public var driverDrops: Int?
  public var ringDrops: Int?
  public var badFrames: Int?
  /// Rows that the log itself had lost when this one was written; `LogWriter` sets it.
  public var logLost = 0

  /// What the network ran in; percentiles are kept apart by it.
  public var configuration = Configuration(alpha: .one, resolution: 224)
  /// The square that the network saw, in the source's pixels.
  public var crop: Crop?
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
  public var top: [Prediction] = []
  /// The time of each layer, in the order of `RunHeader.layers`.
  public var layerTimes: [Nanoseconds] = []
  /// The network's time that no layer accounts for: with it the layers add up to `network`.
  public var unaccounted: Nanoseconds?
  /// Of the configuration's threads, how many the network asked for: fewer where other programs want the cores.
  public var workers: Int?

  public static let topCount = 5

  public init() {}

  /// Copies `other` into this record's own buffers, so that a record that is used again allocates nothing.
  public mutating func assign(_ other: borrowing FrameRecord) {
    var top = exchange(&self.top, with: [])
    var layers = exchange(&layerTimes, with: [])
    top.removeAll(keepingCapacity: true)
    top.append(contentsOf: other.top)
    layers.removeAll(keepingCapacity: true)
    layers.append(contentsOf: other.layerTimes)
    self = copy other
    self.top = top
    layerTimes = layers
  }

  /// Makes room for `layers` layers and all guesses.
  mutating func reserve(layers: Int) {
    top.reserveCapacity(Self.topCount)
    layerTimes.reserveCapacity(layers)
  }
}

func exchange<T>(_ place: inout T, with value: consuming T) -> T {
  swap(&place, &value)
  return value
}
