import Live
import Model
import NetworkSelection
import Platform
import Testing

/// Other networks, measured in the time between two frames.
@Suite struct LatencySurveyTests {
  private static let small = Configuration(alpha: .quarter, resolution: 128)
  private static let large = Configuration(alpha: .one, resolution: 224)

  private func run(_ bench: Bench, frames: Int) {
    for _ in 0..<frames {
      bench.step()
      bench.later.happen()
    }
  }

  @Test func nothingIsBuiltBeforeSomebodyAsks() throws {
    let bench = try Bench()
    run(bench, frames: 50)
    #expect(bench.networks.count == 1 && bench.network.runs == 50)
  }

  @Test func whatIsAskedForIsMeasuredBesideTheOneThatRuns() throws {
    let bench = try Bench()
    bench.milliseconds = { $0 == Self.small ? 0.25 : 1 }
    bench.state.survey([Self.small])
    run(bench, frames: 60)
    let found = try #require(bench.state.tradeOff.measurement(of: Self.small))
    #expect(found.isMeasured && found.p50 == Nanoseconds(milliseconds: 0.25))
    #expect(bench.state.tradeOff.measurement(of: Bench.first)?.p50 == Nanoseconds(milliseconds: 1))
    #expect(bench.networks.count == 2, "measured once")
    #expect(bench.networks[1].runs == 23)
  }

  /// The next frame is due 30 ms after the last one: a network that takes longer is left alone once that is known. (By its
  /// mult-adds it should take 21; of its first runs the system may have interrupted each.)
  @Test func noFrameIsKeptWaitingForLong() throws {
    let bench = try Bench()
    bench.milliseconds = { $0 == Self.large ? 60 : 1 }
    bench.state.survey([Self.large])
    run(bench, frames: 100)
    #expect(bench.networks.count == 2 && bench.networks[1].runs <= 4)
    #expect(bench.state.tradeOff.measurement(of: Self.large) == nil)
  }

  @Test func whileThePictureIsHeldThereIsTime() throws {
    let bench = try Bench()
    bench.milliseconds = { $0 == Self.large ? 60 : 1 }
    bench.step()
    bench.state.hold(true)
    bench.state.survey([Self.large])
    for _ in 0..<40 {
      bench.step()
      bench.later.happen()
    }
    #expect(bench.state.tradeOff.measurement(of: Self.large)?.p50 == Nanoseconds(milliseconds: 60))
  }

  @Test func whatCannotBeBuiltStaysEstimated() throws {
    let bench = try Bench()
    bench.failures[Self.large] = "no such weights"
    bench.state.survey([Self.large, Self.small])
    run(bench, frames: 200)
    #expect(bench.state.tradeOff.measurement(of: Self.large) == nil)
    #expect(bench.state.tradeOff.latency(of: Self.large)?.isMeasured == false)
    #expect(bench.state.tradeOff.measurement(of: Self.small) != nil)
  }

  @Test func onOtherThreadsAllIsMeasuredAgain() throws {
    let bench = try Bench()
    bench.state.survey([Self.small])
    run(bench, frames: 60)
    bench.state.request(Bench.first.on(threads: 2))
    run(bench, frames: 60)
    #expect(bench.state.tradeOff.measurement(of: Self.small.on(threads: 2)) != nil)
  }

  @Test func whileSomebodyLooksItIsMeasuredAnew() throws {
    let bench = try Bench()
    bench.state.survey([Self.small])
    bench.state.watchSurvey(true)
    run(bench, frames: 600)
    #expect(bench.networks.filter { $0.architecture.resolution == 128 }.count > 1)
  }

  /// A busy moment makes the small network look slower than a larger one: the two are measured again before all others, and soon.
  @Test func whatContradictsIsMeasuredAnewAtOnce() throws {
    let bench = try Bench()
    let others = [Alpha.half, .threeQuarters].map { Configuration(alpha: $0, resolution: 128) }
    var isBusy = true
    bench.milliseconds = { $0 == Self.small ? (isBusy ? 5 : 0.5) : $0 == Bench.first ? 1 : 2 }
    bench.state.survey([Self.small] + others)
    run(bench, frames: 300)
    #expect(bench.state.tradeOff.doubtful == Set([Self.small, Bench.first] + others))
    isBusy = false
    bench.state.watchSurvey(true)
    run(bench, frames: 300)
    #expect(bench.state.tradeOff.measurement(of: Self.small)?.p50 == Nanoseconds(milliseconds: 0.5))
    #expect(bench.state.tradeOff.doubtful.isEmpty)
  }

  /// What is measured with every other network need not be measured for itself.
  @Test func theOneThatRunsIsNotMeasuredAnew() throws {
    let bench = try Bench()
    bench.state.survey([Bench.first, Self.small])
    run(bench, frames: 120)
    let before = bench.networks.count
    bench.state.watchSurvey(true)
    run(bench, frames: 900)
    let again = bench.networks[before...].map(\.configuration)
    #expect(again.count > 1 && again.allSatisfy { $0 == Self.small }, "\(again)")
  }
}
