import Frames
import Platform
import Telemetry

/// Everything that the screen shows, as plain values. Views are pure functions of it; a value that is not known yet is
/// `nil` and shown as `–`.
public struct Snapshot: Sendable {
  public struct Source: Sendable {
    /// `/dev/video0`, `demo reel`.
    public var name = ""
    /// `640×480 MJPG`, empty until known.
    public var format = ""
    /// Measured frames per second.
    public var framesPerSecond: Double?
    /// What the user should know: `no camera found: playing the demo reel`.
    public var notice: String?
    /// What is wrong now and what happens next.
    public var trouble: String?
    public var driverDrops = 0
    public var ringDrops = 0
    public var badFrames = 0
  }

  public struct Configuration: Sendable {
    public var alpha = 0.25
    /// Side of the network's square input in pixels.
    public var resolution = 224
    /// `fp32`, `int8`, `bf16`.
    public var precision = "fp32"
    public var threads = 1
    /// The instruction set of the kernels: `avx512`.
    public var isa = ""
    /// ρ.
    public var rho: Double { Double(resolution) / 224 }
  }

  public struct Model: Sendable {
    public var multAdds = 0
    public var parameters = 0
    /// The published ImageNet top-1 accuracy in percent, where there is one.
    public var publishedTop1Percent: Double?
    /// Whether the weights are trained; if not, no label is shown.
    public var isTrained = true
    /// The resolution that the weights were trained at, where it is known.
    public var trainedAtResolution: Int?
  }

  public struct Guess: Sendable {
    public var label: String
    /// 0…1.
    public var probability: Double
    public init(label: String, probability: Double) {
      self.label = label
      self.probability = probability
    }
  }

  public struct Timing: Sendable {
    /// The network alone: the last run, and percentiles over a window. No p99 under 100 samples: leave it `nil`.
    public var network: Nanoseconds?
    public var p50: Nanoseconds?
    public var p99: Nanoseconds?
    /// The last results by `Stage.rawValue`; empty before there are any.
    public var stages: [LatencySummary?] = []
    public var resultsPerSecond: Double?
    public var preprocess: Nanoseconds?
    public var glassToLabel: Nanoseconds?
    /// Recent network latencies in microseconds, oldest first; as many as the caller likes to keep.
    public var historyMicroseconds: [Float] = []

    func window(_ stage: Stage) -> LatencySummary? {
      stages.indices.contains(stage.rawValue) ? stages[stage.rawValue] : nil
    }
  }

  public struct Layer: Sendable {
    /// `conv1`, `dw1` …
    public var name: String
    /// As in `Architecture.Kind`: `convolution`, `depthwise`, `pointwise` …
    public var kind: String
    public var microseconds: Double
    public var multAdds: Int
    /// The last results, where somebody looks at them.
    public var window: LatencySummary?
    public init(name: String, kind: String, microseconds: Double, multAdds: Int) {
      self.name = name
      self.kind = kind
      self.microseconds = microseconds
      self.multAdds = multAdds
    }
    /// Billions of mult-adds per second; 0 for layers that have none.
    var rate: Double { microseconds > 0 ? Double(multAdds) / microseconds / 1000 : 0 }
  }

  public struct Layers: Sendable {
    public var each: [Layer] = []
    /// The network's time that no layer accounts for; with it the layers add up to the network's time.
    public var unaccountedMicroseconds = 0.0
    public var unaccountedWindow: LatencySummary?
    public var sumMicroseconds: Double { each.reduce(unaccountedMicroseconds) { $0 + $1.microseconds } }
    public init() {}
  }

  public struct Log: Sendable {
    /// The file being written, `nil` while logging is off.
    public var file: String?
    /// Why the log stopped or loses rows.
    public var trouble: String?
  }

  /// The part of the frame that the network sees, in pixels of the frame.
  public struct Crop: Sendable {
    public var x, y, width, height: Int
    public init(x: Int, y: Int, width: Int, height: Int) {
      (self.x, self.y, self.width, self.height) = (x, y, width, height)
    }
  }

  /// One cell of the trade-off view.
  public struct TradeOffPair: Sendable, Hashable {
    public var alpha: Double
    /// Side of the input in pixels.
    public var resolution: Int
    public var multAdds: Int
    public var parameters: Int
    public var publishedTop1Percent: Double?
    /// The median on this machine, measured or estimated.
    public var latency: Nanoseconds?
    public var isMeasured = false
    /// No other pair is both as accurate and as fast.
    public var isOnFront = false
    /// Whether there are trained weights for this α.
    public var isTrained = true
    /// What the weights that are there may reach, in percent.
    public var expectedTop1Percent: Double?

    public init(alpha: Double, resolution: Int, multAdds: Int, parameters: Int) {
      self.alpha = alpha
      self.resolution = resolution
      self.multAdds = multAdds
      self.parameters = parameters
    }
  }

  /// One thing of the camera that can be turned.
  public struct Control: Sendable, Hashable {
    public var title: String
    /// As people read it: `128`, `on`, `50 Hz`.
    public var value: String
    /// Where the value lies in its range, 0…1; `nil` for what has no range.
    public var share: Double?
    /// Not the driver's default.
    public var isChanged = false
    /// Why it cannot be changed now, in a word: `read-only`, `inactive`.
    public var lock: String?
    public init(title: String, value: String, share: Double? = nil) {
      self.title = title
      self.value = value
      self.share = share
    }
  }

  public struct Controls: Sendable, Hashable {
    public var each: [Control] = []
    /// What the user should know: what was refused, why there are none.
    public var words: String?
    public var isAway = false
    /// Whether the camera has told them yet.
    public var isKnown = false
    public init() {}
  }

  /// The budget pilot, while it is on.
  public struct Pilot: Sendable, Hashable {
    public var budget: Nanoseconds
    /// What it chose: `α 0.5 at 160 int8`.
    public var choice: String
    /// Why: `p95 1.43 ms; fp32 would take 2.10`.
    public var reason: String
    /// What it may not choose: `fp32 kept`; empty for nothing.
    public var limits: String
    public init(budget: Nanoseconds, choice: String, reason: String, limits: String = "") {
      self.budget = budget
      self.choice = choice
      self.reason = reason
      self.limits = limits
    }
  }

  /// Where the network looked for a label.
  public struct Activation: Sendable, Hashable {
    public var label: String
    /// Pixels on a side of the map.
    public var side: Int
    /// `[side, side]` over the crop.
    public var values: [Float]
    public init(label: String, side: Int, values: [Float]) {
      self.label = label
      self.side = side
      self.values = values
    }
  }

  public var source = Source()
  public var configuration = Configuration()
  public var model = Model()
  /// Best first; empty before the first result.
  public var top: [Guess] = []
  public var timing = Timing()
  public var layers = Layers()
  public var log = Log()
  public var preview = PreviewImage()
  public var crop: Crop?
  /// The picture stands still.
  public var isHeld = false
  /// What is being built: `building α 0.75…`.
  public var switching: String?
  /// A word for a few seconds: `saved frame-0012.png`.
  public var message: String?
  /// Four rows of α, falling, of four resolutions, falling; empty until somebody looks at them.
  public var tradeOff: [TradeOffPair] = []
  public var controls = Controls()
  public var pilot: Pilot?
  public var activation: Activation?
  /// Whether `top` is averaged over the last moments.
  public var isSmoothed = false
  /// What goes to the terminal; `nil` where the system does not count it.
  public var link: LinkState?
  public var options = ViewOptions()

  public init() {}
}
