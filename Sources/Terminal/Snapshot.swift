import Frames
import Model
import Platform
import Telemetry

/// Everything that the screen shows, as plain values. Views are pure functions of it; a value that is not known yet is
/// `nil` and shown as `–`.
public struct Snapshot: Sendable {
  public struct Model: Sendable {
    /// The published ImageNet top-1 accuracy in percent, where there is one.
    public var publishedTop1Percent: Double?
    /// How many classes there are, where they are not ImageNet's.
    public var ownClasses: Int?
    /// Whether the weights are trained; if not, no label is shown.
    public var isTrained = true
    /// The α whose weights were widened to the one that runs.
    public var widenedFrom: Alpha?
    /// The resolution that the weights were trained at, where it is known.
    public var trainedAtResolution: Int?
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

  /// What a layer took.
  public struct LayerTime: Sendable {
    public var layer: Architecture.Layer
    public var time: Nanoseconds
    /// The last results, where somebody looks at them.
    public var window: LatencySummary?
    public init(_ layer: Architecture.Layer, time: Nanoseconds, window: LatencySummary? = nil) {
      self.layer = layer
      self.time = time
      self.window = window
    }
  }

  public struct Layers: Sendable {
    public var each: [LayerTime] = []
    /// The network's time that no layer accounts for; with it the layers add up to the network's time.
    public var unaccounted = Nanoseconds.zero
    public var unaccountedWindow: LatencySummary?
    public var sum: Nanoseconds { each.reduce(unaccounted) { $0 + $1.time } }
    public init() {}
  }

  public struct Log: Sendable {
    /// The file being written, `nil` while logging is off.
    public var file: String?
    /// Why the log stopped or loses rows.
    public var trouble: String?
  }

  /// One cell of the trade-off view.
  public struct TradeOffPair: Sendable, Hashable {
    public var configuration: Configuration
    public var publishedTop1Percent: Double?
    /// The median on this machine, measured or estimated.
    public var latency: Nanoseconds?
    public var isMeasured = false
    /// A measurement that contradicts another one.
    public var isDoubtful = false
    /// No other pair is both as accurate and as fast.
    public var isOnFront = false
    /// Whether there are trained weights for this α.
    public var isTrained = true
    /// The α whose weights are widened for this one.
    public var widenedFrom: Alpha?
    /// What the weights that are there may reach, in percent.
    public var expectedTop1Percent: Double?

    public init(configuration: Configuration) { self.configuration = configuration }
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
    public var message: String?
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

  /// Classes of one's own.
  public struct Taught: Sendable, Hashable {
    /// Best first; empty until they are learnt.
    public var matches: [Match] = []
    /// What is shown as the answer: a class, or 'none of these'.
    public var label: String?
    /// How many shots of how many the network has looked at; `nil` when it has.
    public var learning: (done: Int, total: Int)? {
      get { learningTotal > 0 ? (learningDone, learningTotal) : nil }
      set { (learningDone, learningTotal) = (newValue?.done ?? 0, newValue?.total ?? 0) }
    }
    /// ImageNet's classes are shown beneath.
    public var isMixed = false
    /// Nothing was taught yet.
    public var isEmpty = false
    private var learningDone = 0
    private var learningTotal = 0
    public init() {}
  }

  /// Teaching, while it is open.
  public struct Teaching: Sendable, Hashable {
    public struct Class: Sendable, Hashable {
      /// Which key shoots it.
      public var key: String
      public var name: String
      public var bursts: Int
      public var shots: Int
      public init(key: String, name: String, bursts: Int, shots: Int) {
        self.key = key
        self.name = name
        self.bursts = bursts
        self.shots = shots
      }
    }

    /// How many shots were answered right by what was learnt without their bursts, and the proportion's interval at 95 %.
    public struct HeldOut: Sendable, Hashable {
      public var right: Int
      public var count: Int
      public var interval: ClosedRange<Double>
      public init(right: Int, count: Int, interval: ClosedRange<Double>) {
        self.right = right
        self.count = count
        self.interval = interval
      }
    }

    /// The last one is 'none of these'.
    public var classes: [Class] = []
    /// The chosen one.
    public var row = 0
    /// What was typed so far of a new name; `nil` while none is typed.
    public var typed: String?
    public var heldOut: HeldOut?
    /// `cup taken for mug, 3 shots`; empty where no two are confused.
    public var confused = ""
    /// `enough to go on`, or what is missing.
    public var verdict = ""
    public var isEnough = false
    /// `12 shots, 3 near-duplicates skipped`
    public var done = ""
    public var hasFailed = false
    public init() {}
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

  /// What the program did by itself.
  public struct Actions: Sendable, Hashable {
    /// `acted 3, 1 failed; kept 12`
    public var text: String
    public var hasFailed: Bool
    public init(text: String, hasFailed: Bool) {
      self.text = text
      self.hasFailed = hasFailed
    }
  }

  public var source = SourceStatus(name: "")
  /// Measured frames per second of the source.
  public var framesPerSecond: Double?
  public var ringDrops = 0
  public var configuration = Configuration(alpha: .quarter, resolution: 224) {
    didSet { if configuration != oldValue { architecture = configuration.architecture } }
  }
  /// Of the configuration's threads, how many the last run asked for; `nil` before there is one.
  public var workers: Int?
  /// Of the configuration, with as many classes as its weights have: ImageNet's, until somebody says otherwise.
  public var architecture = Configuration(alpha: .quarter, resolution: 224).architecture
  /// The instruction set of the kernels: `avx512`.
  public var isa = ""
  public var model = Model()
  /// Best first; empty before the first result.
  public var top: [Prediction] = []
  /// `nil` without classes of one's own.
  public var taught: Taught?
  public var teaching: Teaching?
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
  /// `nil` where it was asked for nothing.
  public var actions: Actions?
  /// Whether `top` is averaged over the last moments.
  public var isSmoothed = false
  /// What goes to the terminal; `nil` where the system does not count it.
  public var link: LinkState?
  public var options = ViewOptions()

  public init() {}
}
