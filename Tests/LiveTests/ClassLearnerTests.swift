import Live
import Model
import Platform
import Teaching
import Testing

/// Classes of one's own beside a network that runs.
@Suite struct ClassLearnerTests {
  private static let other = Configuration(alpha: .half, resolution: 160)

  /// Of a network whose features are all 1.
  private static func lesson(_ label: String, remarks: [String] = []) -> Lesson {
    var classifier = TaughtClassifier(threshold: 0.5)
    let count = Bench.first.architecture.featureCount
    classifier.add(
      Embedding(features: Array(repeating: 1, count: count), mean: Array(repeating: 0, count: count)), to: label,
      burst: 0)
    return Lesson(mean: Array(repeating: 0, count: count), classifier: classifier, remarks: remarks)
  }

  @Test func labelsComeWhenTheyAreLearnt() throws {
    let learning = Later()
    let bench = try Bench(
      learner: ClassLearner(total: 9, learn: { _, _ in Self.lesson("cup", remarks: ["left out x", "left out y"]) }) {
        (work) throws(UserError) in try learning.take(work)
      })
    bench.step()
    #expect(bench.state.view.hasClasses && bench.state.view.taught == nil)
    #expect(bench.state.view.learning == ClassLearner.Progress(done: 0, total: 9))
    learning.happen()
    bench.step()
    let view = bench.state.view
    #expect(view.taught?.top.map(\.label) == ["cup"] && view.taught?.isNone == false && view.learning == nil)
    #expect(abs((view.taught?.top[0].cosine ?? 0) - 1) < 1e-5 && view.steadyLabel == "cup")
    #expect(bench.told() == "left out x (and 1 more)")
    #expect(bench.told() == nil, "told once")
    #expect(view.shown.first?.label == "class 967", "the network's own are there as well")
  }

  /// A network that is switched to looks at the shots anew; what was asked for before is not gone on with.
  @Test func eachNetworkLearnsForItself() throws {
    let learning = Later()
    var learnt: [Configuration] = []
    nonisolated(unsafe) let seen = UnsafeMutablePointer<[Configuration]>.allocate(capacity: 1)
    seen.initialize(to: [])
    defer {
      seen.deinitialize(count: 1)
      seen.deallocate()
    }
    let bench = try Bench(
      learner: ClassLearner(
        total: 2,
        learn: { configuration, goesOn in
          seen.pointee.append(configuration)
          return goesOn(.init(done: 1, total: 2)) ? Self.lesson(configuration.alpha == .half ? "wide" : "narrow") : nil
        }
      ) { (work) throws(UserError) in try learning.take(work) })
    bench.step()
    bench.state.request(Self.other)
    bench.later.happen()
    bench.step()
    #expect(bench.state.view.learning?.total == 2)
    learning.happen()
    learnt = seen.pointee
    #expect(learnt == [Self.other], "the first network's shots were not looked at any more")
  }

  @Test func whyNothingIsLearntIsTold() throws {
    let bench = try Bench(
      learner: ClassLearner(total: 1, learn: { _, _ in throw UserError("no shots") }) { (work) throws(UserError) in
        throw UserError("no thread")
      })
    bench.step()
    #expect(bench.told() == "no thread" && bench.state.view.taught == nil && bench.state.view.learning == nil)
    bench.step()
    #expect(bench.told() == nil)
    let learner = ClassLearner(total: 1, learn: { _, _ in throw UserError("no shots") }) { _ throws(UserError) in }
    #expect(throws: UserError("no shots")) { try learner.learnNow(Bench.first) }
  }

  @Test func imageNetIsMixedIn() throws {
    var state = ScreenState(
      running: Bench.first, choices: ScreenRun.Choices(offers: [], precisions: [.fp32], mostThreads: 1),
      options: .init(), hasControls: false, notice: nil)
    let now = Nanoseconds(seconds: 1)
    #expect(state.perform(.mixClasses, on: .init(unicode: true, colors: .direct), at: now).isEmpty)
    #expect(state.snapshot.message?.contains("--classes") == true)
    var view = try Bench().state.view
    view.hasClasses = true
    view.taught = TaughtAnswer(top: [Match(label: "cup", cosine: 0.8)], isNone: false)
    view.steadyLabel = "cup"
    state.take(view, at: now)
    #expect(state.snapshot.taught?.label == "cup" && state.snapshot.taught?.isMixed == false)
    _ = state.perform(.mixClasses, on: .init(unicode: true, colors: .direct), at: now)
    state.take(view, at: now)
    #expect(state.snapshot.taught?.isMixed == true)
  }
}
