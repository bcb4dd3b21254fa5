import Frames
import Live
import Platform
import Telemetry
import TestSupport
import Testing

/// Commands that run as long as the test says.
private final class FakeRunner: CommandRunner, @unchecked Sendable {  // of one thread
  private(set) var orders: [CommandOrder] = []
  private var ends: [@Sendable (CommandOrder) -> Void] = []
  var refusal: UserError?
  var isStopped = false
  var isClosed = false

  func start(_ order: CommandOrder, ended: @escaping @Sendable (CommandOrder) -> Void) throws(UserError) {
    if let refusal { throw refusal }
    orders.append(order)
    ends.append(ended)
  }

  /// The oldest command that runs ends.
  func end(status: Int = 0, failure: String? = nil, output: String? = nil) {
    var order = orders[orders.count - ends.count]
    order.event.exitStatus = status
    order.event.duration = Nanoseconds(milliseconds: 12)
    order.event.failure = failure
    order.event.output = output
    ends.removeFirst()(order)
  }

  func stop() {
    isStopped = true
    while !ends.isEmpty { end(failure: "ended") }
  }

  func close() { isClosed = true }
}

/// What a run does by itself, from result to log.
@Suite struct ActionsTests {
  private let runner = FakeRunner()
  private let log = RunLog { _ in RunHeader(startingNow: "test") }

  private func actions(_ pairs: (String, String)..., log: RunLog? = nil) throws -> Actions {
    Actions(
      try pairs.map { ActionRule(try ActionRule.Condition($0), run: try CommandWords($1)) }, runner: runner,
      log: log ?? self.log, wallClock: { Nanoseconds(seconds: 1_795_000_000) })
  }

  @Test func aResultFiresAndItsEndIsTold() throws {
    let actions = try actions(("class 967>0.5", "notify-send cup"))
    let bench = try Bench(actions: actions)
    bench.step()
    bench.step()
    #expect(runner.orders.count == 1)
    let order = try #require(runner.orders.first)
    #expect(order.command.words == ["notify-send", "cup"] && order.picture == nil)
    #expect(order.event.rule == "class 967>0.5" && order.event.label == "class 967" && order.event.probability == 0.75)
    #expect(order.event.sequence == 1 && order.wallTime == Nanoseconds(seconds: 1_795_000_000))
    #expect(actions.status.text == "acted 1, 1 runs" && !actions.status.hasFailed)
    #expect(actions.takeEvents().isEmpty, "it is not over")
    runner.end(status: 3, failure: "exit status 3", output: "no bus\nat all\n")
    let event = try #require(actions.takeEvents().first)
    #expect(event.exitStatus == 3 && event.duration == Nanoseconds(milliseconds: 12))
    #expect(actions.status.text == "acted 1, 1 failed" && actions.status.hasFailed)
    #expect(
      actions.takeNews() == [
        Actions.News(message: "class 967 0.75: runs notify-send", isFailure: false),
        Actions.News(message: "--run notify-send cup: exit status 3: no bus", isFailure: true),
      ])
    #expect(actions.takeNews().isEmpty && actions.takeEvents().isEmpty)
  }

  @Test func onlyACommandThatWantsAFrameHasOne() throws {
    let actions = try actions(("class 967>0.5", "cp {frame} x"), ("class 967>0.6", "true"))
    #expect(actions.detail(of: .central, resolution: 224) == .whole)
    let bench = try Bench(actions: actions)
    bench.step()
    #expect(runner.orders.map { $0.picture?.width } == [8, nil])
    #expect(
      try self.actions(("class 967>0.5", "true")).detail(of: .central, resolution: 160) == .square(.central, side: 160))
  }

  /// By the classes of the network that runs, and by their scores, whatever the screen averages.
  @Test func scoresBelowTheBestFiveCountToo() throws {
    let actions = try actions(("class 12>0.001", "true"))
    let bench = try Bench(actions: actions)
    bench.step()
    #expect(runner.orders.isEmpty)
    bench.network.answer = (12, 0.002)
    bench.step()
    #expect(runner.orders.map(\.event.label) == ["class 12"])
  }

  @Test func withoutTrainedWeightsNothingFires() throws {
    let bench = try Bench(isTrained: false, actions: try actions(("class 967>0.5", "true")))
    bench.step()
    #expect(runner.orders.isEmpty)
  }

  @Test func aCommandThatCannotBeTriedIsAFailureAndTheRuleGoesOn() throws {
    let actions = try actions(("class 967>0.5", "true"))
    let bench = try Bench(actions: actions)
    runner.refusal = UserError("no thread")
    bench.step()
    #expect(actions.status.text == "acted 1, 1 failed")
    #expect(actions.takeEvents().first?.failure == "was not started: no thread")
    runner.refusal = nil
    bench.network.answer = (0, 1)
    bench.step()
    bench.network.answer = (967, 0.9)
    bench.step()
    #expect(runner.orders.count == 1)
  }

  @Test func theLogHasTheEvent() throws {
    let folder = TemporaryFolder()
    let log = RunLog(wish: RunLog.Wish(path: folder.file("run.jsonl"), format: .jsonLines)) { _ in
      RunHeader(startingNow: "test")
    }
    let actions = try actions(("class 967>0.5", "true"), log: log)
    let bench = try Bench(log: log, actions: actions)
    try log.startIfWanted(bench.state.view)
    bench.step()
    runner.end()
    bench.state.releaseRecords()
    #expect(log.stop() == "logged 1 results to \(folder.file("run.jsonl"))")
    let rows = try folder.text("run.jsonl").split(separator: "\n")
    #expect(rows.count == 3)
    #expect(
      rows.last?.hasPrefix(#"{"type":"event","rule":"class 967>0.5","label":"class 967","probability":0.75000000,"#)
        == true)
    #expect(rows.last?.hasSuffix(#""duration_us":12000.000,"exit_status":0,"failure":null,"output":null}"#) == true)
  }

  @Test func atTheEndWhatRunsIsEndedAndNothingFiresAnyMore() throws {
    let actions = try actions(("class 967>0.5", "sleep 100"))
    let bench = try Bench(actions: actions)
    bench.step()
    #expect(actions.finish(isHurried: true) == ["1 command run by --on; 1 failed"])
    #expect(runner.isStopped && runner.isClosed && actions.status.running == 0)
    bench.network.answer = (0, 1)
    bench.step()
    bench.network.answer = (967, 1)
    bench.step()
    #expect(runner.orders.count == 1)
  }
}
