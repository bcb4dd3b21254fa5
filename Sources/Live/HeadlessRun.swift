import Frames
import Platform
import Telemetry

/// A run without a screen: one JSON line on standard output for each result, and for each command that a rule has run.
public struct HeadlessRun {
  private let session: LiveSession

  public init(_ session: LiveSession) { self.session = session }

  /// Ends quietly when nobody reads its output any more (a closed pipe).
  /// - Returns: what was told when the log ended.
  /// - Throws: `UserError` if the source fails, or standard output for another reason than that.
  @discardableResult
  public func run() throws -> String? {
    EndingSignal.watch()
    if let notice = session.notice { Output.tell(notice) }
    try session.start()
    let source = session.source
    defer { source.stop() }
    let line = ResultLine()
    var record = FrameRecord()
    // Of standard output.
    var failure: Int32 = 0
    var news = SourceNews()
    var failurePace = LinePace(burst: 4, period: Nanoseconds(seconds: 2))
    func printEvents() {
      for event in session.actions?.takeEvents() ?? [] where failure == 0 {
        failure = Output.write(line.bytes(of: event))
      }
    }
    while EndingSignal.received == 0, failure == 0 {
      let outcome = session.inference.step { source.status.badFrames }
      let (view, hasNewResult) = session.state.takeView(drawing: &record)
      if hasNewResult {
        // The line itself can only say how old the frame was when its printing began.
        let began = Nanoseconds.now()
        record.glassToLabel = began - record.captured
        failure = Output.write(
          line.bytes(
            of: record, isTrained: view.facts.isTrained, widenedFrom: view.facts.widenedFrom, taught: view.taught))
        if failure == 0 { session.state.endDrawing(began: began) }
      }
      printEvents()
      for news in session.actions?.takeNews() ?? [] where news.isFailure && failurePace.allows(at: .now()) {
        Output.tell(news.message)
      }
      if let trouble = view.trouble { Output.tell(trouble) }
      if case .finished = outcome { break }
      for message in news.take(source.status, at: .now()) { Output.tell(message) }
    }
    let done = session.actions?.finish(isHurried: EndingSignal.received != 0) ?? []
    printEvents()
    for news in session.actions?.takeNews() ?? [] where news.isFailure && failurePace.allows(at: .now()) {
      Output.tell(news.message)
    }
    for words in news.takeLast(source.status) + done { Output.tell(words) }
    let summary = session.stopLog()
    if let summary { Output.tell(summary) }
    if failure != 0, !Output.isQuiet(failure) { throw Output.failure(failure) }
    if case .failed(let why) = session.ring.end { throw UserError(why) }
    if EndingSignal.received != 0 {
      source.stop()
      EndingSignal.die()
    }
    return summary
  }

  /// What is new of a source, in words for standard error, and not too often.
  package struct SourceNews {
    private var troubleCount = 0
    private var troublePace = LinePace(burst: 4, period: Nanoseconds(seconds: 2))
    private var notice: String?
    private var badFrames = BadFrameNews()

    package init() {}

    package mutating func take(_ status: SourceStatus, at now: Nanoseconds) -> [String] {
      var messages: [String] = []
      if status.troubleCount != troubleCount, let trouble = status.lastTrouble, troublePace.allows(at: now) {
        messages.append(trouble)
        troubleCount = status.troubleCount
      }
      if status.notice != notice, let notice = status.notice { messages.append(notice) }
      notice = status.notice
      return messages + badFrames.take(status)
    }

    /// At the end of the run.
    package mutating func takeLast(_ status: SourceStatus) -> [String] { badFrames.takeLast(status) }
  }
}
