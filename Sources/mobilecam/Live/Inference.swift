import Frames
import Glibc
import MobileNet
import Model
import Platform
import Synchronization
import Telemetry

/// The inference thread's work: newest frame → preprocess → network → labels → record, over and over.
///
/// `step` belongs to one thread. Everything else may be called from any other.
final class Inference: @unchecked Sendable {
  /// What other threads see of the last result; copied under a lock, into buffers that are kept.
  struct Published {
    var record = FrameRecord()
    var settings: Configuration
    /// Instruction set of the network's kernels.
    var isa = ""
    var isTrained = false
    var trainedResolution: Int?
    /// What the screen shows of the labels: those of the record, or averaged over the last moments.
    var shown: [Prediction] = []
    /// Where the network looked for the first of them, `[side, side]`; empty while nobody wants it.
    var activation: [Float] = []
    /// Results since the start.
    var count = 0
    /// Of this configuration, warm-up left out.
    var statistics: LatencyStatistics
    /// Set from a request until the first result of the new network.
    var switching: Configuration?
    /// Why the last request failed, or what is wrong with the network's results.
    var trouble: String?
  }

  /// Stop after this many results. Set before the first step.
  var frameLimit: Int?
  let labels: Labels
  let survey: LatencySurvey

  private let ring: FrameRing
  private let reader: FrameReader
  private let workshop: Workshop
  private let preprocessor: Preprocessor
  private var network: any RunnableNetwork
  private var settings: Configuration
  private var marker = WarmUpMarker()
  private var record = FrameRecord()
  private var top: [Prediction] = []
  /// Of this network, that its probabilities are no numbers.
  private var hasToldOfNumbers = false
  private var view = ResultView()
  private var pace = FramePace()

  private let held = Atomic(false)
  private let stopping = Atomic(false)
  private let lock = Mutex(())
  private var published: Published

  init(
    ring: FrameRing, network: any RunnableNetwork, settings: Configuration, workshop: Workshop, labels: Labels,
    preprocessor: Preprocessor
  ) {
    self.ring = ring
    reader = ring.makeReader()
    self.workshop = workshop
    self.network = network
    self.preprocessor = preprocessor
    self.settings = settings
    self.labels = labels
    survey = LatencySurvey(workshop: workshop)
    published = Published(
      settings: settings, statistics: LatencyStatistics(layerCount: network.architecture.layers.count))
    describeNetwork()
  }

  enum Outcome {
    case result
    /// No new frame yet, or held.
    case idle
    /// The stream has ended, `stop` was called, or the limit is reached.
    case finished
  }

  /// Waits up to a tenth of a second for a frame and works on it. `use` gets what was measured, before any other thread can
  /// see it; the label was not shown then, so that `render` and `glassToLabel` are unknown.
  func step(status: () -> SourceStatus, then use: (borrowing FrameRecord) -> Void) -> Outcome {
    if stopping.load(ordering: .relaxed) { return .finished }
    swapNetwork()
    if held.load(ordering: .relaxed) {
      survey.work(
        until: .now() + Nanoseconds(milliseconds: 20), live: network, settings: settings, isPatient: true)
      usleep(20_000)
      reader.skipToNewest()
      return .idle
    }
    guard let frame = reader.next(timeout: Nanoseconds(milliseconds: 100)) else {
      return ring.end == nil ? .idle : .finished
    }
    let info = frame.info
    let taken = Nanoseconds.now()
    network.setInput(frame: frame.pixels, width: info.width, height: info.height, with: preprocessor)
    let preprocessed = Nanoseconds.now()
    _ = consume frame
    network.run()
    Prediction.top(FrameRecord.topCount, of: network.probabilities, labels: labels, into: &top)
    let known = Nanoseconds.now()

    record.sequence = info.sequence
    record.captured = info.captured
    record.captureClock = info.clock
    record.captureWait = max(.zero, info.received - info.captured)
    record.decode = max(.zero, info.arrived - info.received)
    record.queueAge = max(.zero, taken - info.arrived)
    record.preprocess = preprocessed - taken
    record.network = network.total
    record.driverDrops = info.driverDrops
    record.ringDrops = reader.ringDrops
    record.badFrames = status().badFrames
    record.configuration = settings
    record.isa = network.kernelsName
    record.top.removeAll(keepingCapacity: true)
    if network.isTrained { record.top.append(contentsOf: top) }
    record.layerTimes.removeAll(keepingCapacity: true)
    record.layerTimes.append(contentsOf: network.layerTimes)
    record.unaccounted = network.unaccounted
    marker.mark(&record)
    use(record)
    publish(known)
    pace.add(info)
    survey.work(until: pace.nextFrame, live: network, settings: settings)
    return frameLimit.map { published.count >= $0 } ?? false ? .finished : .result
  }

  private func publish(_ now: Nanoseconds) {
    let isOdd = !hasToldOfNumbers && record.top.contains { !$0.probability.isFinite }
    hasToldOfNumbers = hasToldOfNumbers || isOdd
    lock.withLock { _ in
      if isOdd { published.trouble = noNumbers(network) }
      published.record.assign(record)
      view.update(&published, network: network, labels: labels, now: now)
      published.count += 1
      published.switching = published.switching == settings ? nil : published.switching
      published.statistics.add(record, at: now.count)
    }
  }

  private func swapNetwork() {
    guard let (ready, settings, failure) = workshop.take() else { return }
    guard let ready else {
      lock.withLock { _ in
        published.trouble = failure
        published.switching = nil
      }
      return
    }
    network = ready
    self.settings = settings
    view.reset()
    hasToldOfNumbers = false
    describeNetwork()
  }

  private func describeNetwork() {
    lock.withLock { _ in
      published.settings = settings
      published.isa = network.kernelsName
      published.isTrained = network.isTrained
      published.trainedResolution = network.trainedResolution
      published.trouble = nil
    }
  }

  // MARK: Any thread

  /// Asks for other settings; the result appears when the network is built.
  func request(_ settings: Configuration) {
    lock.withLock { _ in published.switching = settings }
    workshop.request(settings)
  }

  func hold(_ isHeld: Bool) { held.store(isHeld, ordering: .relaxed) }
  /// Labels averaged over the last moments, for the screen; the record stays raw.
  func smooth(_ isWanted: Bool) { lock.withLock { _ in view.isSmoothing = isWanted } }
  /// Whether to tell where the network looks.
  func showActivation(_ isWanted: Bool) { lock.withLock { _ in view.hasActivation = isWanted } }
  func stop() { stopping.store(true, ordering: .relaxed) }

  /// Tells the statistics that a result was shown.
  func add(_ shown: ShownResult) { lock.withLock { _ in published.statistics.add(shown) } }

  /// What is to be told of the network; once.
  func takeTrouble() -> String? {
    lock.withLock { _ in
      defer { published.trouble = nil }
      return published.trouble
    }
  }

  /// Lets `body` look at the last result.
  func inspect<T>(_ body: (inout Published) -> T) -> T { lock.withLock { _ in body(&published) } }
}

/// What is said of weights that are finite, and whose sums are not.
func noNumbers(_ network: any RunnableNetwork) -> String {
  "the weights of α \(number(network.architecture.alpha.rawValue)) at \(network.architecture.resolution), "
    + "\(network.precision), give probabilities that are no numbers: install them again (mobilecam weights install), "
    + "or give others with --weights"
}
