import Frames
import Model
import NetworkSelection
import Pixels
import Platform
import Playback
import Telemetry
import Terminal

/// A run with the screen: the main thread draws and reads keys, a thread of its own infers. What is shown and what keys
/// mean is `ScreenState`'s; here are the threads, the terminal and the clock.
public final class ScreenRun {
  /// What this program does of the keys that exist.
  public static let commands = Set(Command.allCases)

  private let screen: Screen
  private let session: LiveSession
  private let reader: FrameReader
  private var state: ScreenState
  private var pace: LinkPace
  private var record = FrameRecord()
  /// What the preview takes of a frame.
  private var detail = FrameDetail.samples(columns: 0, rows: 0)
  private var savesNextFrame = false

  /// What may be chosen while it runs.
  public struct Choices {
    public var offers: [NetworkOffer]
    public var precisions: [Precision]
    public var mostThreads: Int
    /// The precision that was asked for, which the pilot keeps; `nil` leaves it to the pilot.
    public var keptPrecision: Precision?
    /// Of the pilot; `nil` leaves it off.
    public var budget: Nanoseconds?
    /// The square that the network sees at first.
    public var crop: CropChoice

    public init(
      offers: [NetworkOffer], precisions: [Precision], mostThreads: Int, keptPrecision: Precision? = nil,
      budget: Nanoseconds? = nil, crop: CropChoice = .central
    ) {
      self.offers = offers
      self.precisions = precisions
      self.mostThreads = mostThreads
      self.keptPrecision = keptPrecision
      self.budget = budget
      self.crop = crop
    }
  }

  /// - Parameters:
  ///   - running: what the first network is.
  ///   - maxBytesPerSecond: to the terminal; `nil`: what the link takes.
  public init(
    _ session: LiveSession, screen: Screen, running: Configuration, choices: Choices, options: ViewOptions,
    maxBytesPerSecond: Double?
  ) {
    self.screen = screen
    self.session = session
    state = ScreenState(
      running: running, choices: choices, options: options, hasControls: session.controls != nil,
      teaching: session.teacher.map { TeachingKeys(names: $0.status.names) }, notice: session.notice)
    pace = LinkPace(limitBytesPerSecond: maxBytesPerSecond)
    reader = session.ring.makeReader()
    if maxBytesPerSecond != nil, !screen.countsBytes {
      state.say("this kernel does not count bytes: --max-kbps has no effect", at: .now())
    }
    state.firstWishes.forEach(carryOut)
  }

  /// - Returns: what was told when the log ended.
  /// - Throws: `UserError` if the source fails. The terminal is restored in any case.
  @discardableResult
  public func run() throws -> String? {
    var summary: String?
    var done: [String] = []
    var signal: Int32 = 0
    do {
      defer { screen.close() }
      try session.start()
      let worker: InferenceThread
      do {
        worker = try InferenceThread(session, waker: screen.waker)
      } catch {
        session.source.stop()
        throw error
      }
      defer {
        session.state.stop()
        session.ring.end()
        worker.join()
        session.source.stop()
        done = session.actions?.finish(isHurried: signal != 0) ?? []
        if let words = session.teacher?.finish(isHurried: signal != 0) { done.append(words) }
        summary = session.stopLog()
      }
      signal = loop(worker)
      // The terminal first: ending a camera and a log can take its time.
      screen.close()
    }
    if signal != 0 { EndingSignal.came(signal) }
    // On the terminal that the screen has left.
    do throws(UserError) {
      if let latencies = RunSummaryText.text(session.state.runs) { try Output.print(latencies) }
    } catch {
      // A terminal that is gone is no reason of its own.
      if signal == 0 { throw error }
    }
    for words in done { Output.tell(words) }
    if let summary { Output.tell(summary) }
    if signal != 0 {
      Output.tell("ended by signal \(Screen.name(of: signal))")
      Screen.die(of: signal)
    }
    if case .failed(let why) = session.ring.end { throw UserError(why) }
    return summary
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
      switch screen.wait(timeout: clock.due - now, commands: Self.commands, wants: { state.wants($0) }) {
      case .command(.quit): return 0
      case .command(let command):
        state.perform(command, on: screen.capabilities, at: .now()).forEach(carryOut)
        isAnswer = true
        clock.hurry(at: .now())
      case .key(let key):
        state.press(key, at: .now()).forEach(carryOut)
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

  private func draw(_ now: Nanoseconds) {
    let began = Nanoseconds.now()
    if state.snapshot.isHeld {
      state.turnPicture(
        screenWidth: screen.width, screenHeight: screen.height, capabilities: screen.capabilities)
    } else if let frame = reader.newest() {
      detail = state.take(
        frame, screenWidth: screen.width, screenHeight: screen.height, capabilities: screen.capabilities)
    }
    if savesNextFrame { say(saveFrame) }
    reader.detail = savesNextFrame ? .whole : detail
    state.take(session.source.status, log: session.log.status, at: now)
    if let actions = session.actions { state.take(actions.status, news: actions.takeNews(), at: now) }
    if let teacher = session.teacher {
      teacher.tick(at: now)
      state.take(teacher.status, news: teacher.takeNews(), at: now)
    }
    let inference = session.state
    let (view, hasNewResult) = inference.takeView(drawing: &record)
    state.take(view, at: now)
    let tradeOff = inference.tradeOff
    // The pilot's wish waits until the frame is drawn.
    var wishes: [ScreenState.Wish] = []
    if hasNewResult {
      wishes = state.take(
        record, view, tradeOff: tradeOff, latencies: { inference.recentLatencies }, at: now)
    }
    state.take(screen.countsBytes ? pace.state : nil, colors: pace.colors)
    inference.watchSurvey(state.wantsTradeOff)
    if state.showsTradeOff { state.takeTradeOff(tradeOff) }
    if let controls = session.controls {
      if state.wantsControls(at: now) { controls.refresh() }
      if state.snapshot.options.showsControls { state.take(controls.state) }
    }
    state.forget(at: now)
    screen.draw(state.snapshot)
    inference.endDrawing(began: began)
    wishes.forEach(carryOut)
  }

  private func carryOut(_ wish: ScreenState.Wish) {
    switch wish {
    case .run(let configuration): session.state.request(configuration)
    case .survey(let configurations): session.state.survey(configurations)
    case .hold(let isHeld): session.state.hold(isHeld)
    case .smooth(let isWanted): session.state.smooth(isWanted)
    case .showActivation(let isWanted): session.state.showActivation(isWanted)
    case .look(let crop): session.state.look(at: crop)
    case .teach(let isOpen): session.state.teach(isOpen)
    case .shoot(let order): session.teacher?.shoot(order)
    case .takeBack: session.teacher?.takeBack()
    case .toggleLog: say { try toggleLog() }
    case .saveFrame: savesNextFrame = true
    case .turnControl(let name, let steps): session.controls?.turn(name, by: steps)
    case .resetControl(let name): session.controls?.reset(name)
    case .resetControls: session.controls?.resetAll()
    }
  }

  private func say(_ text: () throws -> String?) {
    do { if let text = try text() { state.say(text, at: .now()) } } catch { state.say("\(error)", at: .now()) }
  }

  private func toggleLog() throws -> String {
    if let summary = session.stopLog() { return summary }
    try session.log.start(RunLog.Wish(path: "mobilecam.csv", format: .csv), session.state.view)
    return "logging to \(session.log.status.file ?? "")"
  }

  /// The newest frame that is whole: where frames come smaller, the next one will be. `nil` until then.
  private func saveFrame() throws -> String? {
    guard let frame = reader.newest() else {
      savesNextFrame = false
      return "no frame to save yet"
    }
    guard frame.info.divisor == 1 else { return nil }
    savesNextFrame = false
    let image = RGBImage(width: frame.info.width, height: frame.info.height, pixels: Array(frame.pixels))
    return "saved \(try NewFile.write(try PNG.encode(image), prefix: "mobilecam-", suffix: ".png"))"
  }

  /// Ctrl-Z: the camera is free for others while the program is stopped.
  private func suspend() {
    session.source.suspend()
    screen.stopUntilContinued()
    do { try session.source.resume(into: session.ring) } catch { state.say("\(error)", at: .now()) }
  }
}
