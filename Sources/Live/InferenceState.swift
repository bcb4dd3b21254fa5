import Frames
import MobileNet
import Model
import ModelFiles
import NetworkSelection
import Platform
import Telemetry

/// What the inference thread and the others share: what they ask of it, and its newest result. Safe from any thread.
///
/// Everything is behind one lock, under which things are copied and handed on, and nothing is computed that takes time.
public final class InferenceState: Sendable {
  /// What is known of the network that runs, and of its last result.
  public struct View: Sendable {
    public var configuration: Configuration
    /// With as many classes as its weights have.
    public var architecture: Architecture
    /// Instruction set of the network's kernels.
    public var isa = ""
    public var facts: WeightFacts
    /// What the screen shows of the labels: those of the record, or averaged over the last moments.
    public var shown: [Prediction] = []
    /// Where the network looked for the first of them, `[side, side]`; empty while nobody wants it.
    public var activation: [Float] = []
    /// Whether there are classes of one's own.
    public var hasClasses = false
    /// What they say of the last frame; `nil` until they are learnt.
    public var taught: TaughtAnswer?
    /// Its label, or that of results before it: see `SteadyLabel`.
    public var steadyLabel: String?
    /// How far the running network has looked at their shots; `nil` when it has.
    public var learning: ClassLearner.Progress?
    /// Results since the start.
    public var count = 0
    /// Set from a request until the first result of the new network.
    public var switching: Configuration?
    /// Why the last request failed, or what is wrong with the network's results; told once.
    public var trouble: String?
  }

  /// What others ask for.
  struct Wishes {
    var isHeld = false
    var isStopping = false
    /// Labels averaged over the last moments, for the screen; the record stays raw.
    var isSmoothing = false
    /// Whether to tell where the network looks.
    var hasActivation = false
    /// Whether shots may be wished for.
    var isTeaching = false
    /// Which square of the frames the network sees.
    var crop = CropChoice.central
  }

  struct Shared {
    var view: View
    var wishes = Wishes()
    var held: HeldRecords
    /// Of this configuration, warm-up left out.
    var statistics: LatencyStatistics
    var survey = LatencySurvey.State()
  }

  let shared: Monitor<Shared>
  private let order: NetworkOrder
  private let log: RunLog

  init(_ network: any RunnableNetwork, order: NetworkOrder, log: RunLog) {
    let layerCount = network.architecture.layers.count
    shared = Monitor(
      Shared(
        view: View(configuration: network.configuration, architecture: network.architecture, facts: network.facts),
        held: HeldRecords(layerCount: layerCount),
        statistics: LatencyStatistics(layerCount: layerCount)))
    self.order = order
    self.log = log
  }

  // MARK: Wishes

  /// Asks for another network; the result appears when it is built.
  public func request(_ configuration: Configuration) {
    shared.withLock { $0.view.switching = configuration }
    order.place(configuration)
  }

  public func hold(_ isHeld: Bool) {
    shared.withLock { $0.wishes.isHeld = isHeld }
    shared.signal()
  }
  public func smooth(_ isWanted: Bool) { shared.withLock { $0.wishes.isSmoothing = isWanted } }
  public func showActivation(_ isWanted: Bool) { shared.withLock { $0.wishes.hasActivation = isWanted } }
  public func teach(_ isOpen: Bool) { shared.withLock { $0.wishes.isTeaching = isOpen } }
  public func look(at crop: CropChoice) { shared.withLock { $0.wishes.crop = crop } }
  public func stop() {
    shared.withLock { $0.wishes.isStopping = true }
    shared.signal()
  }

  /// Has these measured too, between frames.
  public func survey(_ configurations: [Configuration]) { shared.withLock { $0.survey.want(configurations) } }
  public func watchSurvey(_ isWatched: Bool) { shared.withLock { $0.survey.isWatched = isWatched } }
  public var tradeOff: TradeOff { shared.withLock { $0.survey.tradeOff } }

  // MARK: Results

  /// What is known now.
  public var view: View { shared.withLock { $0.view } }

  /// The same for somebody who draws: the newest result, if it was not drawn before, is copied into `record`, and those
  /// that it has overtaken go to the log. `trouble` is then told.
  /// - Returns: the view, and whether `record` is to be drawn; then `endDrawing` follows.
  public func takeView(drawing record: inout FrameRecord) -> (view: View, hasNewResult: Bool) {
    shared.withLock { shared in
      defer { shared.view.trouble = nil }
      return (shared.view, shared.held.beginDrawing(into: &record, release: log.append))
    }
  }

  /// It was drawn: it goes to the log with its times, and into the statistics.
  public func endDrawing(began: Nanoseconds, ended: Nanoseconds = .now()) {
    shared.withLock { shared in
      guard let shown = shared.held.endDrawing(began: began, ended: ended, release: log.append) else { return }
      shared.statistics.add(shown)
    }
  }

  /// The last results, to make figures of: that takes time, and so is done with a copy.
  public var recentLatencies: RecentLatencies { shared.withLock { $0.statistics.recent } }
  /// What the run was in each configuration.
  public var runs: [RunSummary] { shared.withLock { $0.statistics.runs } }

  /// Nothing will be drawn any more.
  public func releaseRecords() { shared.withLock { $0.held.releaseAll(log.append) } }

  /// Waits while the picture is held, no longer than `timeout`.
  func waitWhileHeld(timeout: Nanoseconds) {
    shared.wait(until: .now() + timeout) { !$0.wishes.isHeld || $0.wishes.isStopping }
  }

  /// Takes `record` over, and gives another one back for its buffers.
  func publish(_ record: inout FrameRecord, at now: Nanoseconds, _ describe: (inout View) -> Void) {
    shared.withLock { shared in
      describe(&shared.view)
      shared.view.count += 1
      if shared.view.switching == record.configuration { shared.view.switching = nil }
      shared.statistics.add(record, at: now.count)
      shared.held.hold(&record, release: log.append)
    }
  }
}
