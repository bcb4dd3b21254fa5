import Live
import Model
import Platform
import Teaching
import Terminal
import Testing

/// Teaching on the screen, without a terminal.
@Suite struct TeachingScreenTests {
  private static let capabilities = Capabilities(unicode: true, colors: .direct)
  private let now = Nanoseconds(seconds: 50)

  private static func state(_ names: [String]? = ["cup", "mug"]) -> ScreenState {
    ScreenState(
      running: Bench.first, choices: ScreenRun.Choices(offers: [], precisions: [.fp32], mostThreads: 1),
      options: ViewOptions(), hasControls: false, teaching: names.map { TeachingKeys(names: $0) }, notice: nil)
  }

  /// As the run does it: teaching's keys first.
  private func press(_ keys: Key..., in state: inout ScreenState) -> [ScreenState.Wish] {
    keys.flatMap { key -> [ScreenState.Wish] in
      if state.wants(key) { return state.press(key, at: now) }
      return Keys.command(for: key).map { state.perform($0, on: Self.capabilities, at: now) } ?? []
    }
  }

  @Test func withoutACollectionTellsHowToStart() {
    var state = Self.state(nil)
    #expect(press(.character("T"), in: &state).isEmpty && state.snapshot.options.view == .picture)
    #expect(state.snapshot.message?.contains("start with --classes FOLDER") == true)
    #expect(press(.character("2"), in: &state).first == .run(Configuration(alpha: .half, resolution: 224)))
  }

  @Test func whileItIsOpenItsKeysGoBeforeTheOthers() {
    var state = Self.state()
    #expect(press(.character("T"), in: &state) == [.teach(true)] && state.snapshot.options.view == .teaching)
    #expect(press(.character("2"), in: &state) == [.shoot(ShotOrder(name: "mug", burst: 1))])
    #expect(press(.character("0"), in: &state) == [.shoot(ShotOrder(name: ClassName.none, burst: 2))])
    #expect(press(.character("u"), in: &state) == [.takeBack])
    // No precision, no squares, no help while a name is typed.
    #expect(press(.character("n"), .character("i"), .character("?"), .character("q"), in: &state).isEmpty)
    #expect(state.snapshot.teaching?.typed == "i?q" && state.snapshot.options.view == .teaching)
    #expect(press(.escape, in: &state).isEmpty && state.snapshot.teaching?.typed == nil)
    #expect(press(.character("]"), .character("["), in: &state).count == 1, "what is not teaching's is the screen's")
    #expect(press(.escape, in: &state) == [.teach(false)] && state.snapshot.options.view == .picture)
    #expect(state.snapshot.teaching == nil)
    #expect(press(.character("2"), in: &state).first == .run(Configuration(alpha: .half, resolution: 192)))
  }

  @Test func theHelpLiesAboveIt() {
    var state = Self.state()
    _ = press(.character("T"), .character("?"), in: &state)
    #expect(state.snapshot.options.view == .help && !state.wants(.character("u")))
    #expect(press(.escape, in: &state).isEmpty && state.snapshot.options.view == .teaching)
  }

  @Test(arguments: [Key.tab, .character("t")]) func anotherViewClosesIt(key: Key) {
    var state = Self.state()
    _ = press(.character("T"), in: &state)
    #expect(press(key, in: &state).first == .teach(false))
    #expect(!state.snapshot.options.showsTeaching && state.snapshot.teaching == nil)
  }

  @Test func aHeldPictureIsLetGo() {
    var state = Self.state()
    #expect(press(.space, .character("T"), in: &state) == [.hold(true), .hold(false), .teach(true)])
    #expect(!state.snapshot.isHeld)
  }

  private static func status(_ counts: [String: Teacher.Count], report: HeldOutReport? = nil) -> Teacher.Status {
    var status = Teacher.Status()
    (status.isReady, status.counts, status.report) = (true, counts, report)
    return status
  }

  @Test func whatThereIsIsShown() {
    var state = Self.state()
    _ = press(.character("T"), in: &state)
    var status = Self.status(["cup": .init(bursts: 2, shots: 9), ClassName.none: .init(bursts: 1, shots: 4)])
    (status.shot, status.skipped, status.failed) = (13, 1, 2)
    state.take(status, news: ["a", "b"], at: now)
    let shown = state.snapshot.teaching
    #expect(shown?.classes.map(\.key) == ["1", "2", "0"] && shown?.classes.map(\.shots) == [9, 0, 4])
    #expect(shown?.classes.last?.name == "none of these" && shown?.hasFailed == true)
    #expect(shown?.done == "13 shots taken, 1 near-duplicate skipped, 2 not written" && state.snapshot.message == "b")
  }

  @Test(arguments: [
    ([:], "missing: a class: n names one"),
    (["none": 3], "missing: a class: n names one"),
    (["cup": 1, "mug": 2, "bowl": 1], "missing: another burst of bowl, cup"),
    (["cup": 2], "missing: what it is not: another class, or none of these (0)"),
    (["cup": 2, "none": 1], "enough to go on"), (["cup": 2, "mug": 5, "jar": 0], "enough to go on"),
  ])
  func whatIsMissingIsTold(bursts: [String: Int], words: String) {
    let status = Self.status(bursts.mapValues { .init(bursts: $0, shots: 3 * $0) })
    let shown = Snapshot.Teaching(TeachingKeys(names: status.names), status)
    #expect(shown.verdict == words && shown.isEnough == (words == "enough to go on"))
    var waiting = status
    waiting.isReady = false
    #expect(Snapshot.Teaching(TeachingKeys(names: []), waiting).verdict.contains("no shots until it has"))
    waiting.trouble = "no trained weights"
    #expect(Snapshot.Teaching(TeachingKeys(names: []), waiting).verdict == "no trained weights")
  }

  @Test func theMostConfusedPairIsNamedAndNotEnough() {
    func at(_ degrees: Int) -> Embedding {
      var features = [Float](repeating: 0, count: 8)
      features[degrees / 90] = Float(90 - degrees % 90)
      features[degrees / 90 + 1] = Float(degrees % 90)
      return Embedding(features: features, mean: Array(repeating: 0, count: 8))
    }
    // Each second burst of a cup looks like the mug.
    let support = SupportSet(classes: [
      .init(name: "cup", bursts: [[at(0)], [at(90)]]), .init(name: "mug", bursts: [[at(85)], [at(88)]]),
    ])
    let report = HeldOutReport(support)
    let shown = Snapshot.Teaching(
      TeachingKeys(names: ["cup", "mug"]),
      Self.status(["cup": .init(bursts: 2, shots: 2), "mug": .init(bursts: 2, shots: 2)], report: report))
    #expect(report.confusions.first?.shown == "cup" && shown.confused.hasPrefix("cup taken for mug, "))
    #expect(shown.verdict == "missing: more bursts of cup and mug" && !shown.isEnough)
    #expect(shown.heldOut?.count == 4 && shown.heldOut?.right == report.right)
  }

  @Test func anEmptyCollectionSaysSo() throws {
    var state = Self.state([])
    var view = try Bench().state.view
    view.hasClasses = true
    state.take(view, at: now)
    #expect(state.snapshot.taught?.isEmpty == false, "nobody has looked yet")
    state.take(Self.status([ClassName.none: .init(bursts: 1, shots: 1)]), news: [], at: now)
    state.take(view, at: now)
    #expect(state.snapshot.taught?.isEmpty == true)
    #expect(press(.character("T"), in: &state) == [.teach(true)] && state.snapshot.teaching?.typed == "")
  }
}
