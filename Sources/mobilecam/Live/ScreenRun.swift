import Capture
import Frames
import MobileNet
import Model
import Platform
import Telemetry
import Terminal

/// A run with the screen: the main thread draws and reads keys, a thread of its own infers.
///
/// Here is its life; `ScreenCommands.swift` says what each key does, `ScreenFacts.swift` what is shown.
final class ScreenRun {
  /// What this program does of the keys that exist.
  static let commands = Set(Command.allCases)

  /// How often the numbers change: at the preview's rate nobody could read them.
  static let numbersPeriod = Nanoseconds(milliseconds: 250)
  /// How long a word stays.
  static let messageTime = Nanoseconds(seconds: 4)
  /// How often the controls are read while they are looked at: exposure and others turn by themselves.
  static let controlsPeriod = Nanoseconds(milliseconds: 500)
  /// How long a trouble stays at least, so that a short one can be read.
  static let troubleTime = Nanoseconds(seconds: 2)

  let screen: Screen
  let source: any FrameSource
  /// The controls of the source, if it is a camera.
  let desk: ControlDesk?
  let ring: FrameRing
  let reader: FrameReader
  let inference: Inference
  let log: RunLog
  let notice: String?

  var snapshot = Snapshot()
  var wanted: Configuration
  var rate = RateMeter()
  var lastSequence = -1
  var numbersDue = Nanoseconds.zero
  var numbersSettings: Configuration?
  var history: [Float] = []
  var messageUntil = Nanoseconds.zero
  var shownCount = 0
  var pace: LinkPace
  var seat: PilotSeat
  let offers: [NetworkOffer]
  /// Asked for after the frame: not while results are looked at.
  var chosenByPilot: Configuration?
  var troubleCount = 0
  var troubleUntil = Nanoseconds.zero
  var controlsDue = Nanoseconds.zero

  /// - Parameters:
  ///   - offers: what can be run.
  ///   - keptPrecision: the one that was asked for, which the pilot keeps; `nil` leaves it to the pilot.
  init(
    screen: Screen, source: any FrameSource, ring: FrameRing, inference: Inference, log: RunLog, notice: String?,
    options: ViewOptions, limits: ScreenOptions, offers: [NetworkOffer], keptPrecision: Precision?
  ) {
    self.screen = screen
    self.source = source
    desk = (source as? any ControllableSource)?.desk
    self.ring = ring
    reader = ring.makeReader()
    self.inference = inference
    self.log = log
    self.notice = notice
    wanted = inference.inspect { $0.settings }
    self.offers = offers
    pace = LinkPace(limitBytesPerSecond: limits.maxBytesPerSecond)
    seat = PilotSeat(budget: limits.budgetTime, offers: offers, keptPrecision: keptPrecision)
    snapshot.options = options
    snapshot.isSmoothed = true
    snapshot.source.notice = notice
    inference.smooth(true)
    if seat.pilot != nil { inference.survey.want(seat.choices) }
    if limits.maxKbps != nil, !screen.countsBytes { say("this kernel does not count bytes: --max-kbps has no effect") }
  }

  /// - Throws: `UserError` if the source fails. The terminal is restored in any case.
  func run() throws {
    var summary: String?
    var signal: Int32 = 0
    do {
      defer { screen.close() }
      try source.start(into: ring)
      let worker: InferenceThread
      do {
        try log.startIfWanted(inference)
        worker = try InferenceThread(inference: inference, source: source, log: log, waker: screen.waker)
      } catch {
        source.stop()
        throw error
      }
      defer {
        inference.stop()
        ring.end()
        worker.join()
        source.stop()
        summary = log.stop()
      }
      signal = loop(worker)
      // The terminal first: ending a camera and a log can take its time.
      screen.close()
    }
    if signal != 0 { EndingSignal.came(signal) }
    // On the terminal that the screen has left.
    do throws(UserError) {
      if let latencies = RunSummaryText.text(inference.inspect { $0.statistics.runs }) { try Output.print(latencies) }
    } catch {
      // A terminal that is gone is no reason of its own.
      if signal == 0 { throw error }
    }
    if let summary { Output.tell(summary) }
    if signal != 0 {
      Output.tell("ended by signal \(Screen.name(of: signal))")
      Screen.die(of: signal)
    }
    if case .failed(let why) = ring.end { throw UserError(why) }
    try log.requireWhole(told: summary)
  }

  /// Returns the signal that ended it, or 0.
  private func loop(_ worker: InferenceThread) -> Int32 {
    var clock = DrawClock(now: .now())
    var isAnswer = false
    while true {
      var now = Nanoseconds.now()
      if now >= clock.due {
        if pace.mayDraw(at: now, isReady: screen.isReadyToDraw, isAnswer: isAnswer) {
          draw(now)
          pace.sent(bytes: screen.lastFrameBytes, took: screen.lastFrameWait)
          isAnswer = false
        }
        now = .now()
        clock.passed(at: now, period: pace.period)
      }
      if worker.isFinished { return 0 }
      switch screen.wait(timeout: clock.due - now, commands: Self.commands) {
      case .command(.quit): return 0
      case .command(let command):
        perform(command)
        isAnswer = true
        clock.hurry(at: .now())
      case .resized:
        isAnswer = true
        clock.hurry(at: .now())
      case .woken: clock.result(at: .now(), period: pace.period)
      case .timeout: break
      case .stopRequested: suspend()
      case .ending(let signal): return signal
      }
    }
  }

  /// Ctrl-Z: the camera is free for others while the program is stopped.
  private func suspend() {
    let camera = source as? any SuspendableSource
    camera?.suspend()
    screen.stopUntilContinued()
    do {
      try camera?.resume(into: ring)
    } catch {
      say("\(error)")
    }
  }
}
