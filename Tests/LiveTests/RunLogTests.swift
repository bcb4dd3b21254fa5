import Frames
import Live
import Platform
import Telemetry
import TestSupport
import Testing

/// The log of a run: what of it is asked for, started, stopped, and told.
@Suite struct RunLogTests {
  private static func log(_ wish: RunLog.Wish? = nil) -> RunLog {
    RunLog(wish: wish) { view in
      var header = RunHeader(startingNow: "test")
      header.network.configuration = view.configuration
      header.isa = view.isa
      return header
    }
  }

  @Test func aLogHoldsWhatWasDrawnAndWhatWasNot() throws {
    let folder = TemporaryFolder()
    let log = Self.log(RunLog.Wish(path: folder.file("run.jsonl"), format: .jsonLines))
    let bench = try Bench(log: log)
    try log.startIfWanted(bench.state.view)
    for _ in 0..<3 { bench.step() }
    #expect(bench.drawn()?.sequence == 3)
    bench.step()
    bench.state.releaseRecords()
    #expect(log.stop() == "logged 4 results to \(folder.file("run.jsonl"))")
    #expect(log.stop() == nil && log.failure == nil)
    let reader = try LogReader(path: folder.file("run.jsonl"))
    var record = FrameRecord()
    var drawn: [Bool] = []
    while let item = try reader.next(into: &record) {
      switch item {
      case .header(let header): #expect(header.network.configuration == Bench.first && header.isa == "fake")
      case .row: drawn.append(record.render != nil)
      default: break
      }
    }
    #expect(drawn == [false, false, true, false])
  }

  @Test func withoutAWishThereIsNoLog() throws {
    let log = Self.log()
    try log.startIfWanted(try Bench().state.view)
    #expect(log.stop() == nil)
    #expect(log.status.file == nil && log.status.trouble == nil)
  }

  @Test func aLogThatStartsInTheMiddleBeginsThere() throws {
    let folder = TemporaryFolder()
    let log = Self.log()
    let bench = try Bench(log: log)
    bench.step()
    _ = bench.drawn()
    try log.start(RunLog.Wish(path: folder.file("a.csv"), format: .csv), bench.state.view)
    #expect(log.status.file == folder.file("a.csv"))
    bench.step()
    _ = bench.drawn()
    #expect(log.stop() == "logged 1 results to \(folder.file("a.csv"))")
  }

  @Test func aPathThatCannotBeWrittenIsAnError() throws {
    let log = Self.log(RunLog.Wish(path: "/nowhere/run.csv", format: .csv))
    let view = try Bench().state.view
    #expect(throws: UserError.self) { try log.startIfWanted(view) }
  }
}

/// What a run without a screen tells of its source.
@Suite struct SourceNewsTests {
  @Test func eachTroubleIsToldAndEachKindOfBadFrameWithCounts() {
    var news = HeadlessRun.SourceNews()
    var status = SourceStatus(name: "/dev/video0")
    status.notice = "recording"
    #expect(news.take(status, at: Nanoseconds(seconds: 10)) == ["recording"])
    status.trouble = "unplugged"
    status.trouble = nil
    #expect(news.take(status, at: Nanoseconds(seconds: 10)) == ["unplugged"], "over, and told all the same")
    #expect(news.take(status, at: Nanoseconds(seconds: 10)).isEmpty)
    status.countBadFrame("cut off", fault: "of 20 bytes, cut off")
    status.countBadFrame("damaged", fault: "damaged")
    let now = Nanoseconds(seconds: 11)
    #expect(news.take(status, at: now) == ["left out: of 20 bytes, cut off", "left out: damaged"])
    for size in 21..<29 { status.countBadFrame("cut off", fault: "of \(size) bytes, cut off") }
    #expect(news.take(status, at: now).isEmpty, "nine of a kind are no news")
    status.countBadFrame("cut off", fault: "of 30 bytes, cut off")
    #expect(news.take(status, at: now) == ["left out: of 20 bytes, cut off (bad frames of this kind: 10)"])
    for _ in 0..<5 { status.countBadFrame("cut off", fault: "") }
    #expect(news.take(status, at: now).isEmpty)
    #expect(news.takeLast(status) == ["left out: of 20 bytes, cut off (bad frames of this kind: 15)"])
    #expect(status.badFrames == 16)
  }
}
