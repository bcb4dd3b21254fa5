import Frames
import Live
import MobileNet
import Model
import ModelFiles
import Platform
import Telemetry

/// Time as the test has it.
final class TestClock: @unchecked Sendable {  // of one thread
  var now = Nanoseconds(seconds: 100)
  func advance(milliseconds: Double) { now += Nanoseconds(milliseconds: milliseconds) }
}

/// A network that computes nothing and takes the time it is told to.
final class FakeNetwork: RunnableNetwork {
  let architecture: Architecture
  let precision: Precision
  let kernelsName = "fake"
  let facts: WeightFacts
  let team: WorkerTeam
  var labels = Labels.numbered(outputs: Labels.count)
  private(set) var total = Nanoseconds.zero
  private(set) var layerTimes: [Nanoseconds]
  var timesLayers = true
  let unaccounted = Nanoseconds.zero
  var workers: Int { team.count }
  private(set) var runs = 0
  /// Of the next runs; the layers share it.
  var time: Nanoseconds
  /// The likeliest class, and its probability; where that is no number, none is.
  var answer: (classIndex: Int, probability: Float) = (967, 0.75)
  private let output = UnsafeMutableBufferPointer<Float>.allocate(capacity: Labels.count)
  private let clock: TestClock

  init(
    _ configuration: Configuration, clock: TestClock, milliseconds: Double = 1, isTrained: Bool = true
  ) throws {
    architecture = configuration.architecture
    precision = configuration.precision
    team = try WorkerTeam(count: configuration.threads)
    self.clock = clock
    facts = WeightFacts(alpha: configuration.alpha, isTrained: isTrained)
    time = Nanoseconds(milliseconds: milliseconds)
    layerTimes = architecture.layers.map { _ in .zero }
    output.initialize(repeating: 0)
  }

  deinit { output.deallocate() }

  var probabilities: UnsafeBufferPointer<Float> { UnsafeBufferPointer(output) }

  func setInput(pixels: UnsafePointer<UInt8>) {}
  func setInput(frame: UnsafeRawBufferPointer, width: Int, height: Int, with preprocessor: Preprocessor) {}

  func run() {
    runs += 1
    output.update(repeating: answer.probability.isNaN ? .nan : 0)
    output[answer.classIndex] = answer.probability
    clock.now += time
    total = time
    for index in layerTimes.indices { layerTimes[index] = Nanoseconds(time.count / Int64(layerTimes.count)) }
  }

  /// The one feature that pictures have from now on; all of them unless given.
  var feature: Int?

  func copyFeatures(into features: inout [Float]) {
    features = Array(repeating: feature == nil ? 1 : 0, count: featureCount)
    if let feature { features[feature] = 1 }
  }

  func activationMap(class classIndex: Int, into map: inout [Float]) {
    map = Array(repeating: Float(classIndex), count: activationSide * activationSide)
  }
}

/// Work for another thread, done when the test says so.
final class Later: @unchecked Sendable {  // of one thread
  private var waiting: [@Sendable () -> Void] = []
  /// What is thrown instead of taking work.
  var refusal: UserError?

  func take(_ work: @escaping @Sendable () -> Void) throws(UserError) {
    if let refusal { throw refusal }
    waiting.append(work)
  }

  func happen() { while !waiting.isEmpty { waiting.removeFirst()() } }
}

/// An inference with nothing real about it but itself: no camera, no weights, no thread, no clock.
final class Bench {
  let clock = TestClock()
  let later = Later()
  let ring: FrameRing
  /// What the builder was asked to make, and made.
  private(set) var networks: [FakeNetwork] = []
  /// Why a network cannot be had.
  var failures: [Configuration: String] = [:]
  /// Of the networks that are built from now on.
  var milliseconds: (Configuration) -> Double = { _ in 1 }
  private(set) var log = RunLog { _ in RunHeader(startingNow: "test") }
  private(set) var inference: Inference!  // `init` needs `self`
  private var sequence = 0
  /// Of the next frames' pixels.
  var brightness: UInt8 = 0
  var record = FrameRecord()

  static let first = Configuration(alpha: .quarter, resolution: 224)

  init(
    frameLimit: Int? = nil, isTrained: Bool = true, log: RunLog? = nil, actions: Actions? = nil,
    learner: ClassLearner? = nil, teacher: Teacher? = nil
  ) throws {
    if let log { self.log = log }
    ring = FrameRing(slotCount: 6, maximumPixels: 64) { [clock] in clock.now }
    let builder = NetworkBuilder(
      make: { [unowned self] configuration in
        if let why = failures[configuration] { throw UserError(why) }
        let network = try FakeNetwork(
          configuration, clock: clock, milliseconds: milliseconds(configuration), isTrained: isTrained)
        networks.append(network)
        return network
      }, schedule: { [later] (work) throws(UserError) in try later.take(work) })
    inference = Inference(
      ring: ring, network: try builder.build(Self.first), builder: builder,
      preprocessor: Preprocessor(kernels: try InstructionSets.chosen()),
      learner: learner, teacher: teacher, frameLimit: frameLimit, log: self.log, actions: actions,
      now: { [clock] in clock.now })
  }

  var state: InferenceState { inference.state }
  var network: FakeNetwork { networks[networks.count - 1] }

  /// A frame comes, captured a millisecond ago.
  func frame() {
    sequence += 1
    clock.advance(milliseconds: 30)
    _ = ring.publish { pixels in
      for index in 0..<8 * 8 * 3 { pixels[index] = brightness }
      return FrameInfo(width: 8, height: 8, sequence: sequence, captured: clock.now - Nanoseconds(milliseconds: 1))
    }
  }

  /// One step, with a frame or without one.
  @discardableResult
  func step(frame hasFrame: Bool = true) -> Inference.Outcome {
    if hasFrame { frame() }
    return inference.step { 0 }
  }

  /// What the screen tells of trouble when it draws next.
  func told() -> String? {
    let view = state.takeView(drawing: &record).view
    state.endDrawing(began: clock.now, ended: clock.now)
    return view.trouble
  }

  /// The newest result as the screen has it; `nil` if there is none that is new.
  func drawn() -> FrameRecord? {
    guard state.takeView(drawing: &record).hasNewResult else { return nil }
    state.endDrawing(began: clock.now, ended: clock.now)
    return record
  }
}
