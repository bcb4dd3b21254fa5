import Frames
import MobileNet
import Model
import ModelFiles
import Pixels
import Platform
import Teaching
import Telemetry

/// The inference thread's work: newest frame → preprocess → network → labels → record, over and over.
///
/// It belongs to one thread; `state` is what the others have of it.
public final class Inference {
  public enum Outcome {
    case result
    /// No new frame yet, or held.
    case idle
    /// The stream has ended, somebody said stop, or the limit is reached.
    case finished
  }

  public let state: InferenceState

  private let ring: FrameRing
  private let reader: FrameReader
  private let order: NetworkOrder
  private let preprocessor: Preprocessor
  private let learner: ClassLearner?
  private let teacher: Teacher?
  private var isTeaching = false
  private var lesson: Lesson?
  private var steady = SteadyLabel()
  private var features: [Float] = []
  private var cosines: [Float] = []
  private let frameLimit: Int?
  private let actions: Actions?
  private let now: () -> Nanoseconds
  private var network: any RunnableNetwork
  private var survey: LatencySurvey
  private var marker = WarmUpMarker()
  private var record = FrameRecord()
  private var top: [Prediction] = []
  private var smoother: LabelSmoother?
  private var pace = FramePace()
  private var count = 0
  private var crop = CropChoice.central
  private var hasToldOfCrop = false
  /// Of this network, that its probabilities are no numbers.
  private var hasToldOfNumbers = false
  /// What the actions know as the classes' names.
  private var actionLabels: Labels?

  /// - Parameters:
  ///   - network: the first one.
  ///   - builder: makes the others.
  ///   - learner: of classes of one's own.
  ///   - teacher: of more of them, while the run goes on.
  ///   - frameLimit: how many results to stop after.
  ///   - log: where records go once it is known whether they were shown.
  ///   - actions: what is done of results besides.
  public init(
    ring: FrameRing, network: any RunnableNetwork, builder: NetworkBuilder, preprocessor: Preprocessor,
    learner: ClassLearner? = nil, teacher: Teacher? = nil, frameLimit: Int?, log: RunLog, actions: Actions? = nil,
    now: @escaping () -> Nanoseconds = Nanoseconds.now
  ) {
    self.ring = ring
    reader = ring.makeReader()
    self.network = network
    self.preprocessor = preprocessor
    self.learner = learner
    self.teacher = teacher
    self.frameLimit = frameLimit
    self.actions = actions
    self.now = now
    order = builder.makeOrder()
    survey = LatencySurvey(order: builder.makeOrder(), now: now)
    state = InferenceState(network, order: order, log: log)
    describeNetwork()
  }

  /// Waits up to a tenth of a second for a frame and works on it. The label is not shown then, so that the record's
  /// `render` and `glassToLabel` are still unknown.
  public func step(badFrames: () -> Int?) -> Outcome {
    let (wishes, surveyState) = state.shared.withLock { ($0.wishes, $0.survey) }
    if wishes.isStopping { return .finished }
    switchNetwork()
    if wishes.isHeld {
      work(surveyState, until: now() + Nanoseconds(milliseconds: 20), isPatient: true)
      state.waitWhileHeld(timeout: Nanoseconds(milliseconds: 20))
      reader.skipToNewest()
      return .idle
    }
    guard let frame = reader.next(timeout: Nanoseconds(milliseconds: 100)) else {
      return ring.end == nil ? .idle : .finished
    }
    if isTeaching != wishes.isTeaching {
      isTeaching = wishes.isTeaching
      lookAsFar()
    }
    let info = frame.info
    let taken = now()
    let square = look(at: wishes.crop, in: info)
    network.setInput(frame: frame.pixels, width: info.width, height: info.height, with: preprocessor)
    let preprocessed = now()
    network.run()
    Prediction.top(FrameRecord.topCount, of: network.probabilities, labels: network.labels, into: &top)
    let taught = taughtAnswer()
    let known = now()
    fillRecord(info, taken: taken, preprocessed: preprocessed, badFrames: badFrames())
    act(on: frame.pixels, of: info, square, taught, at: known)
    let shot = takeShot(of: frame.pixels, info, square)
    _ = consume frame
    publish(wishes, taught, at: known)
    if let shot { learn(shot.picture, shot.ticket) }
    pace.add(info)
    work(surveyState, until: pace.nextFrame)
    return frameLimit.map { count >= $0 } ?? false ? .finished : .result
  }

  /// Frames need to be no larger than the network, and who acts on its results, look at.
  private func lookAsFar() {
    let resolution = network.architecture.resolution
    // A shot is kept for other networks too.
    let side = isTeaching ? max(resolution, Shot.seenSide) : resolution
    reader.detail = actions?.detail(of: crop, resolution: side) ?? .square(crop, side: side)
  }

  /// The square of this frame that the network is to see.
  private func look(at wanted: CropChoice, in info: FrameInfo) -> Crop {
    if crop != wanted {
      crop = wanted
      lookAsFar()
      hasToldOfCrop = false
    }
    let square = crop.crop(width: info.sourceWidth, height: info.sourceHeight)
    preprocessor.crop = square
    preprocessor.divisor = info.divisor
    guard !hasToldOfCrop else { return square }
    hasToldOfCrop = true
    guard !crop.fits(width: info.sourceWidth, height: info.sourceHeight) else { return square }
    state.shared.withLock {
      $0.view.trouble =
        "the square that was asked for does not fit into \(info.sourceWidth)×\(info.sourceHeight) pixels: "
        + "X,Y,SIDE are \(square.x),\(square.y),\(square.side) now"
    }
    return square
  }

  private func fillRecord(_ info: FrameInfo, taken: Nanoseconds, preprocessed: Nanoseconds, badFrames: Int?) {
    record.sequence = info.sequence
    record.captured = info.captured
    record.captureClock = info.clock
    record.captureWait = max(.zero, info.received - info.captured)
    record.decode = max(.zero, info.arrived - info.received)
    record.queueAge = max(.zero, taken - info.arrived)
    record.preprocess = preprocessed - taken
    record.network = network.total
    (record.render, record.glassToLabel) = (nil, nil)
    record.driverDrops = info.driverDrops
    record.ringDrops = reader.ringDrops
    record.badFrames = badFrames
    record.crop = preprocessor.crop
    record.configuration = network.configuration
    record.isa = network.kernelsName
    record.top.removeAll(keepingCapacity: true)
    if network.facts.isTrained { record.top.append(contentsOf: top) }
    record.layerTimes.removeAll(keepingCapacity: true)
    record.layerTimes.append(contentsOf: network.layerTimes)
    record.unaccounted = network.unaccounted
    record.workers = network.workers
    marker.mark(&record)
  }

  /// What classes of one's own say of the frame; `nil` until this network has learnt them.
  private func taughtAnswer() -> TaughtAnswer? {
    guard let learner else { return nil }
    takeChanges()
    if lesson == nil, let outcome = learner.takeOutcome(of: network.configuration) {
      let words: String?
      switch outcome {
      case .success(let ready):
        lesson = ready
        teacher?.begin(ready)
        actions?.bind(to: ready.classifier.names)
        words = ready.remarks.first.map {
          $0 + (ready.remarks.count > 1 ? " (and \(ready.remarks.count - 1) more)" : "")
        }
      case .failure(let why):
        lesson = Lesson(mean: [], classifier: TaughtClassifier(threshold: 1))
        teacher?.fail(why.message)
        words = why.message
      }
      if let words { state.shared.withLock { $0.view.trouble = words } }
    }
    guard let lesson, !lesson.classifier.isEmpty else { return nil }
    network.copyFeatures(into: &features)
    let picture = Embedding(features: features, mean: lesson.mean)
    let answer = lesson.classifier.answer(picture, count: FrameRecord.topCount)
    if actions != nil {
      cosines = lesson.classifier.cosines(of: picture)
      // What is none of these is not near to one of them.
      if answer.isNone { for index in cosines.indices { cosines[index] = -.infinity } }
    }
    return answer
  }

  /// What was taught since the last frame, beyond the shots of it.
  private func takeChanges() {
    guard let teacher, lesson != nil else { return }
    let changes = teacher.takeChanges()
    if changes.wantsLesson {
      wantLesson()
      return
    }
    if let classifier = changes.classifier {
      let names = lesson?.classifier.names
      lesson?.classifier = classifier
      if names != classifier.names { actions?.bind(to: classifier.names) }
    }
    if let threshold = changes.threshold { lesson?.classifier.threshold = threshold }
  }

  private func wantLesson() {
    lesson = nil
    teacher?.forget()
    learner?.want(network.configuration)
  }

  /// A shot that is wished for, of a frame that the network has seen.
  private func takeShot(
    of pixels: UnsafeRawBufferPointer, _ info: FrameInfo, _ square: Crop
  ) -> (picture: RGBImage, ticket: Teacher.Ticket)? {
    guard isTeaching else {
      teacher?.dropOrders()
      return nil
    }
    guard let teacher, let order = teacher.takeOrder() else { return nil }
    let picture = Shot.around(square.divided(by: info.divisor), in: pixels, width: info.width, height: info.height)
    return teacher.admit(picture, for: order).map { (picture: picture, ticket: $0) }
  }

  /// The next frame is answered with it: what a network sees of a shot is what it will see of its file.
  private func learn(_ picture: RGBImage, _ ticket: Teacher.Ticket) {
    guard let teacher, let mean = lesson?.mean, mean.count == network.featureCount else { return }
    (preprocessor.crop, preprocessor.divisor) = (nil, 1)
    let shot = Embedder(network: network, mean: mean, preprocessor: preprocessor).shot(picture)
    guard let burst = teacher.add(picture, shot, ticket, at: now()) else { return }
    let name = ticket.order.name
    guard name != ClassName.none else {
      lesson?.classifier.addNone(shot)
      return
    }
    let isNew = lesson?.classifier.names.contains(name) == false
    lesson?.classifier.add(shot, to: name, burst: burst)
    if isNew, let names = lesson?.classifier.names { actions?.bind(to: names) }
  }

  /// Rules go by classes of one's own, where there are some, and by how near they are.
  private func act(
    on pixels: UnsafeRawBufferPointer, of info: FrameInfo, _ square: Crop, _ taught: TaughtAnswer?,
    at now: Nanoseconds
  ) {
    guard let actions, network.facts.isTrained else { return }
    func take(_ scores: UnsafeBufferPointer<Float>) {
      actions.take(record, scores: scores, of: info, pixels: pixels, crop: square.divided(by: info.divisor), at: now)
    }
    if learner == nil {
      take(UnsafeBufferPointer(rebasing: network.probabilities[network.labels.background...]))
    } else if taught != nil {
      cosines.withUnsafeBufferPointer(take)
    }
  }

  private func publish(_ wishes: InferenceState.Wishes, _ taught: TaughtAnswer?, at now: Nanoseconds) {
    count += 1
    let isOdd = !hasToldOfNumbers && record.top.contains { !$0.probability.isFinite }
    hasToldOfNumbers = hasToldOfNumbers || isOdd
    if wishes.isSmoothing, network.facts.isTrained {
      if smoother == nil { smoother = LabelSmoother() }
      smoother?.add(network.probabilities, at: now)
      smoother?.top(FrameRecord.topCount, labels: network.labels, into: &top)
    } else {
      smoother = nil
    }
    let shown = network.facts.isTrained ? top : []
    var activation: [Float] = []
    if wishes.hasActivation, let best = shown.first { network.activationMap(class: best.classIndex, into: &activation) }
    let steadyLabel = taught.map { steady.take($0.label) }
    let learning = learner?.progress
    state.publish(&record, at: now) { view in
      view.taught = taught
      view.steadyLabel = steadyLabel
      view.learning = learning
      if isOdd { view.trouble = noNumbers(network) }
      view.shown = shown
      view.activation = activation
    }
  }

  private func work(_ surveyState: LatencySurvey.State, until end: Nanoseconds, isPatient: Bool = false) {
    guard let found = survey.work(surveyState, until: end, running: network, isPatient: isPatient) else { return }
    state.shared.withLock {
      $0.survey.tradeOff.record(
        found.latency, of: found.configuration, beside: found.running, at: found.runningLatency)
    }
  }

  private func switchNetwork() {
    guard let outcome = order.take() else { return }
    switch outcome.network {
    case .success(let ready):
      network = ready
      // Its probabilities are not mixed with those of the last one.
      smoother = nil
      hasToldOfNumbers = false
      describeNetwork()
    case .failure(let why):
      state.shared.withLock { shared in
        shared.view.trouble = why.message
        shared.view.switching = nil
      }
    }
  }

  private func describeNetwork() {
    lookAsFar()
    if learner == nil, let actions, actionLabels != network.labels {
      actions.bind(to: network.labels.all)
      actionLabels = network.labels
    }
    wantLesson()
    state.shared.withLock { shared in
      shared.view.configuration = network.configuration
      shared.view.architecture = network.architecture
      shared.view.isa = network.kernelsName
      shared.view.hasClasses = learner != nil
      shared.view.taught = nil
      shared.view.facts = network.facts
      shared.view.trouble = nil
    }
  }
}

/// What is said of weights that are finite, and whose sums are not.
public func noNumbers(_ network: any RunnableNetwork) -> String {
  "the weights of α \(number(network.architecture.alpha.rawValue)) at \(network.architecture.resolution), "
    + "\(network.precision), give probabilities that are no numbers: give others with --weights, "
    + "or install the official ones (mobilecam weights install)"
}

/// When the next frame is due, by the times at which the last ones came.
struct FramePace {
  private var last: FrameInfo?
  private var interval = Nanoseconds.zero

  mutating func add(_ info: FrameInfo) {
    defer { last = info }
    guard let last, info.sequence > last.sequence else { return }
    let each = Nanoseconds((info.arrived - last.arrived).count / Int64(info.sequence - last.sequence))
    interval = interval == .zero ? each : Nanoseconds((interval.count * 7 + each.count) / 8)
  }

  /// A millisecond before it; in the past until two frames have come.
  var nextFrame: Nanoseconds {
    guard let last else { return .zero }
    return last.arrived + interval - Nanoseconds(milliseconds: 1)
  }
}
