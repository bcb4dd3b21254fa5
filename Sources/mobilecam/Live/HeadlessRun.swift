import Frames
import Platform
import Telemetry

/// A run without a screen: one JSON line on standard output for each result.
struct HeadlessRun {
  let source: any FrameSource
  let ring: FrameRing
  let inference: Inference
  let log: RunLog
  let notice: String?

  /// How often bad frames are told of: a camera may send them all the time.
  private static let badFramesPeriod = Nanoseconds(seconds: 2)

  /// Ends quietly when nobody reads its output any more (a closed pipe).
  /// - Throws: `UserError` if the source fails, or standard output for another reason than that.
  func run() throws {
    EndingSignal.watch()
    if let notice { Output.tell(notice) }
    try source.start(into: ring)
    defer { source.stop() }
    try log.startIfWanted(inference)
    let line = ResultLine()
    let isTrained = inference.inspect { $0.isTrained }
    // Of standard output.
    var failure: Int32 = 0
    var troubleCount = 0
    var troublePace = LinePace(burst: 4, period: Self.badFramesPeriod)
    var statusNotice: String?
    var shown = FrameRecord()
    var (badFrames, badFramesDue) = (0, Nanoseconds.zero)
    loop: while EndingSignal.received == 0, failure == 0 {
      let outcome = inference.step(status: { source.status }) { record in
        shown.assign(record)
        failure = show(&shown, line, isTrained: isTrained)
        log.append(shown)
      }
      if case .result = outcome, let result = ShownResult(shown) { inference.add(result) }
      if case .finished = outcome { break loop }
      if let words = inference.takeTrouble() { Output.tell(words) }
      let status = source.status
      if status.troubleCount != troubleCount, let words = status.lastTrouble, troublePace.allows(at: .now()) {
        Output.tell(words)
        troubleCount = status.troubleCount
      }
      if status.notice != statusNotice, let words = status.notice { Output.tell(words) }
      statusNotice = status.notice
      if status.badFrames > badFrames, let words = status.badFrameWords, Nanoseconds.now() >= badFramesDue {
        Output.tell("left out: \(words) (bad frames: \(status.badFrames))")
        badFrames = status.badFrames
        badFramesDue = .now() + Self.badFramesPeriod
      }
    }
    let summary = log.stop()
    if let summary { Output.tell(summary) }
    if failure != 0, !Output.isQuiet(failure) { throw Output.failure(failure) }
    if case .failed(let why) = ring.end { throw UserError(why) }
    if EndingSignal.received != 0 {
      source.stop()
      EndingSignal.die()
    }
    try log.requireWhole(told: summary)
  }

  /// Prints the result, and notes how long that took: here, that is the drawing. The line itself can only say how old the
  /// frame was when its printing began.
  private func show(_ record: inout FrameRecord, _ line: ResultLine, isTrained: Bool) -> Int32 {
    let began = Nanoseconds.now()
    record.glassToLabel = began - record.captured
    let failure = Output.write(line.bytes(of: record, isTrained: isTrained))
    let ended = Nanoseconds.now()
    record.render = failure == 0 ? ended - began : nil
    record.glassToLabel = failure == 0 ? ended - record.captured : nil
    return failure
  }
}
