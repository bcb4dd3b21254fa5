import Frames
import Glibc
import Pixels
import Platform
import Telemetry

/// What a run does of its results by itself: rules fire and run commands, uncertain frames are kept. Safe from any thread; who
/// has results never waits for it.
public final class Actions: Sendable {
  /// What was done so far.
  public struct Status: Sendable, Hashable {
    public var hasRules = false
    public var hasKeeper = false
    /// Firings, of which so many failed or are not over yet.
    public var fired = 0
    public var failed = 0
    public var running = 0
    /// Left out, since the last command of the rule still ran.
    public var missed = 0
    /// Pictures that were kept; that should have been.
    public var kept = 0
    public var notKept = 0

    public init() {}

    /// In a few words: `acted 3, 1 failed; kept 12`.
    public var text: String {
      func list(_ first: String, _ rest: (Int, String)...) -> String {
        ([first] + rest.compactMap { $0.0 > 0 ? "\($0.0) \($0.1)" : nil }).joined(separator: ", ")
      }
      var words: [String] = []
      if hasRules {
        words.append(
          list("acted \(fired)", (running, running == 1 ? "runs" : "run"), (failed, "failed"), (missed, "missed")))
      }
      if hasKeeper { words.append(list("kept \(kept)", (notKept, "lost"))) }
      return words.joined(separator: "; ")
    }

    public var hasFailed: Bool { failed > 0 || notKept > 0 }
  }

  /// What there is to tell a user.
  public struct News: Sendable, Hashable {
    public var message: String
    public var isFailure: Bool

    public init(message: String, isFailure: Bool) {
      self.message = message
      self.isFailure = isFailure
    }
  }

  /// More of what nobody has fetched are forgotten, the oldest first.
  private static let mostWaiting = 100

  private struct State {
    var book: RuleBook
    var status = Status()
    var news: [News] = []
    var events: [ActionEvent] = []
    var isFinishing = false

    mutating func tell(_ message: String, isFailure: Bool) {
      if news.count == Actions.mostWaiting { news.removeFirst() }
      news.append(News(message: message, isFailure: isFailure))
    }
  }

  private let state: Monitor<State>
  private let rules: [ActionRule]
  private let keeper: PictureKeeper?
  private let runner: any CommandRunner
  private let log: RunLog
  private let wallClock: @Sendable () -> Nanoseconds

  public convenience init(_ rules: [ActionRule], keeper: PictureKeeper?, log: RunLog) {
    self.init(rules, keeper: keeper, runner: CommandThreads(), log: log)
  }

  package init(
    _ rules: [ActionRule], keeper: PictureKeeper? = nil, runner: any CommandRunner, log: RunLog,
    wallClock: @escaping @Sendable () -> Nanoseconds = { .of(CLOCK_REALTIME) }
  ) {
    state = Monitor(State(book: RuleBook(rules)))
    self.rules = rules
    self.keeper = keeper
    self.runner = runner
    self.log = log
    self.wallClock = wallClock
  }

  // MARK: The inference thread

  /// What is looked at of frames, by a network of this side in pixels and by us.
  package func detail(of square: CropChoice, resolution: Int) -> FrameDetail {
    rules.contains { $0.command.wantsFrame }
      ? .whole : .square(square, side: keeper == nil ? resolution : max(resolution, PictureKeeper.side))
  }

  /// From now on results are of these classes.
  func bind(to labels: [String]) {
    state.withLock { $0.book.bind(to: labels) }
    keeper?.reset()
  }

  /// A result.
  /// - Parameters:
  ///   - scores: by class index.
  ///   - pixels: of the frame that it is of, `[height, width, 3]`.
  ///   - crop: the square of it that the network saw.
  func take(
    _ record: borrowing FrameRecord, scores: UnsafeBufferPointer<Float>, of frame: FrameInfo,
    pixels: UnsafeRawBufferPointer, crop: Crop, at now: Nanoseconds
  ) {
    let captured = record.captured
    keeper?.take(
      record.top, captured: captured, wall: wallClock(), pixels: pixels, width: frame.width, crop: crop)
    let firings = state.withLock { state in
      state.isFinishing
        ? [] : state.book.take(at: now) { scores.indices.contains($0) ? scores[$0] : -.infinity }
    }
    guard !firings.isEmpty else { return }
    // One copy for all.
    let isWanted = firings.contains { rules[$0.rule].command.wantsFrame }
    let picture = isWanted ? RGBImage(width: frame.width, height: frame.height, pixels: Array(pixels)) : nil
    for firing in firings {
      let rule = rules[firing.rule]
      let event = ActionEvent(
        rule: rule.condition.text, label: firing.label, probability: firing.score, sequence: record.sequence,
        captured: captured)
      let order = CommandOrder(
        rule: firing.rule, command: rule.command, event: event, wallTime: wallClock(),
        picture: rule.command.wantsFrame ? picture : nil)
      begin(order)
    }
  }

  private func begin(_ order: CommandOrder) {
    let label = "\(order.event.label) \(fixed(Double(order.event.probability), 2))"
    state.withLock { state in
      state.status.fired += 1
      state.status.running += 1
      state.tell("\(label): runs \(order.command.words[0])", isFailure: false)
    }
    do throws(UserError) {
      try runner.start(order) { [self] in end($0) }
    } catch {
      var order = order
      order.event.failure = "was not started: \(error)"
      end(order)
    }
  }

  private func end(_ order: CommandOrder) {
    // Before the last one counts as ended: the log may be closed then.
    log.append(order.event)
    state.withLock { state in
      state.book.ended(order.rule)
      state.status.running -= 1
      if let failure = order.event.failure {
        state.status.failed += 1
        let said = order.event.output.map { ": \($0.prefix { !$0.isNewline }.prefix(100))" } ?? ""
        let text = order.command.text
        let shown = text.count > 40 ? text.prefix(39) + "…" : text
        state.tell("--run \(shown): \(failure)\(said)", isFailure: true)
      }
      if state.events.count == Self.mostWaiting { state.events.removeFirst() }
      state.events.append(order.event)
    }
    state.signal()
  }

  // MARK: Whoever shows it

  public var status: Status {
    state.withLock { state in
      var status = state.status
      status.hasRules = !rules.isEmpty
      status.hasKeeper = keeper != nil
      status.missed = state.book.missed
      status.kept = keeper?.kept ?? 0
      status.notKept = keeper?.failed ?? 0
      return status
    }
  }

  /// Pictures could not be kept: the run has not done all its work.
  public var hasLostPictures: Bool { status.notKept > 0 }

  /// What is new since the last call.
  public func takeNews() -> [News] {
    state.withLock { state in
      defer { state.news = [] }
      return state.news
    } + (keeper?.takeNews() ?? [])
  }

  /// Rules that fired and whose commands are over, since the last call.
  public func takeEvents() -> [ActionEvent] {
    state.withLock { state in
      defer { state.events = [] }
      return state.events
    }
  }

  /// No rule fires any more; commands that run have a moment to end, and are ended then.
  /// - Parameter isHurried: a signal ends the program: the moment is short.
  /// - Returns: what to tell the user.
  public func finish(isHurried: Bool) -> [String] {
    let end = Nanoseconds.now() + Nanoseconds(milliseconds: isHurried ? 200 : 2000)
    state.withLock { $0.isFinishing = true }
    // In steps: a signal may come meanwhile.
    while !waitForAll(until: min(end, .now() + Nanoseconds(milliseconds: 20))), .now() < end {
      if !isHurried, EndingSignal.received != 0 { break }
    }
    runner.stop()
    // Killed, they end at once; whoever hangs in the kernel is not waited for.
    _ = waitForAll(until: .now() + Nanoseconds(seconds: 2))
    runner.close()
    var words: [String] = []
    if !rules.isEmpty {
      let status = status
      words.append(
        "\(counted(status.fired, "command", "commands")) run by --on"
          + (status.failed > 0 ? "; \(status.failed) failed" : "")
          + (status.missed > 0 ? "; \(status.missed) left out, the last one still ran" : ""))
    }
    if let keeper { words.append(keeper.finish(isHurried: isHurried || EndingSignal.received != 0)) }
    return words
  }

  private func waitForAll(until end: Nanoseconds) -> Bool { state.wait(until: end) { $0.status.running == 0 } }
}
