import Capture
import Frames
import Live
import Model
import NetworkSelection
import Platform
import Telemetry
import Terminal
import Testing

/// What keys, results and the clock make of the screen, without a terminal.
@Suite struct ScreenStateTests {
  private static let capabilities = Capabilities(unicode: true, colors: .direct)
  private static let second = Nanoseconds(seconds: 1)
  private var now = Nanoseconds(seconds: 50)

  private static func offers(trained: [Alpha] = [.quarter]) -> [NetworkOffer] {
    [Precision.fp32, .int8].flatMap { Configuration.paperPairs(precision: $0) }.map {
      NetworkOffer(
        configuration: $0, isTrained: trained.contains($0.alpha), top1Percent: 40 + Double($0.resolution) / 20)
    }
  }

  private static func state(budget: Nanoseconds? = nil, hasControls: Bool = false) -> ScreenState {
    ScreenState(
      running: Bench.first,
      choices: ScreenRun.Choices(
        offers: offers(), precisions: [.fp32, .int8], mostThreads: 2, budget: budget),
      options: ViewOptions(), hasControls: hasControls, notice: "no camera found")
  }

  private func press(_ commands: Command..., in state: inout ScreenState) -> [ScreenState.Wish] {
    commands.flatMap { state.perform($0, on: Self.capabilities, at: now) }
  }

  private func view(_ change: (inout InferenceState.View) -> Void = { _ in }) throws -> InferenceState.View {
    var view = try Bench().state.view
    change(&view)
    return view
  }

  // MARK: The square

  /// A state that has seen a frame of this size.
  private func watching(_ change: (inout FrameInfo) -> Void = { _ in }) throws -> ScreenState {
    var state = Self.state()
    let ring = FrameRing(slotCount: 3, maximumPixels: 640 * 480)
    let reader = ring.makeReader()
    _ = ring.publish { _ in
      var info = FrameInfo(width: 640, height: 480, sequence: 1, captured: .zero)
      change(&info)
      return info
    }
    guard let frame = reader.newest() else { throw UserError("no frame") }
    _ = state.take(frame, screenWidth: 100, screenHeight: 30, capabilities: Self.capabilities)
    return state
  }

  @Test(arguments: [
    ([Command.zoomIn], Crop(x: 152, y: 72, side: 336)), ([.zoomOut], Crop(x: 80, y: 0, side: 480)),
    ([.zoomIn, .zoomOut], Crop(x: 110, y: 30, side: 420)), ([.zoomIn, .right], Crop(x: 194, y: 72, side: 336)),
    ([.zoomIn, .left, .up], Crop(x: 110, y: 30, side: 336)), ([.leftFine], Crop(x: 103, y: 30, side: 420)),
    ([.downFine, .downFine], Crop(x: 110, y: 43, side: 420)), ([.rightFine, .upFine], Crop(x: 116, y: 23, side: 420)),
    ([.zoomIn, .down, .down, .down, .zoomReset], Crop(x: 110, y: 30, side: 420)),
    // As it is seen: left is right, and up is down.
    ([.mirror, .left], Crop(x: 162, y: 30, side: 420)), ([.flip, .upFine], Crop(x: 110, y: 36, side: 420)),
  ])
  func keysTurnTheSquare(keys: [Command], expected: Crop) throws {
    var state = try watching()
    let wishes = keys.flatMap { state.perform($0, on: Self.capabilities, at: now) }
    #expect(wishes.last == .look(at: state.crop))
    #expect(state.snapshot.crop == expected && state.crop.crop(width: 640, height: 480) == expected)
    #expect(
      state.snapshot.message == "the network sees \(expected.side)×\(expected.side) at \(expected.x),\(expected.y)")
  }

  @Test func inAListArrowsAreTheLists() throws {
    for list in [Command.layerView, .tradeOff, .help] {
      var state = try watching()
      _ = press(list, in: &state)
      for arrow in [Command.up, .down, .left, .right, .upFine, .downFine, .leftFine, .rightFine] {
        #expect(!press(arrow, in: &state).contains { if case .look = $0 { true } else { false } })
      }
      #expect(state.crop == .central)
      #expect(press(.zoomIn, in: &state).count == 1, "z works anywhere")
    }
  }

  @Test func theSquareIsToldInTheSourcesPixels() throws {
    var state = try watching {
      $0.divisor = 2
    }
    _ = press(.zoomIn, in: &state)
    #expect(state.snapshot.crop == Crop(x: 76, y: 36, side: 168))
    #expect(state.snapshot.message == "the network sees 336×336 at 152,72")
    _ = press(.hold, .zoomIn, in: &state)
    #expect(state.snapshot.message?.hasSuffix("once the picture is not held any more") == true)
  }

  @Test func withoutAFrameThereIsNoSquare() {
    var state = Self.state()
    #expect(press(.zoomIn, .left, in: &state).isEmpty && state.snapshot.message == "no frame yet")
  }

  // MARK: Actions

  @Test func whatWasDoneByItselfIsShownAndFailuresAreSaidFirst() {
    var state = Self.state()
    #expect(state.snapshot.actions == nil)
    var status = Actions.Status()
    (status.hasRules, status.hasKeeper, status.fired, status.kept) = (true, true, 2, 5)
    state.take(status, news: [], at: now)
    #expect(state.snapshot.actions == Snapshot.Actions(text: "acted 2; kept 5", hasFailed: false))
    #expect(state.snapshot.message == nil)
    (status.failed, status.missed, status.notKept, status.running) = (1, 3, 4, 2)
    let news = [
      Actions.News(message: "a failed", isFailure: true), Actions.News(message: "b runs", isFailure: false),
    ]
    state.take(status, news: news, at: now)
    #expect(state.snapshot.actions?.text == "acted 2, 2 run, 1 failed, 3 missed; kept 5, 4 lost")
    #expect(state.snapshot.actions?.hasFailed == true && state.snapshot.message == "a failed")
  }

  // MARK: Networks

  @Test(arguments: [
    (Command.alphaOne, Configuration(alpha: .one, resolution: 224)),
    (.resolutionDown, Configuration(alpha: .quarter, resolution: 192)),
    (.precision, Configuration(alpha: .quarter, resolution: 224, precision: .int8)),
    (.threadsUp, Configuration(alpha: .quarter, resolution: 224, threads: 2)),
  ])
  func aKeyAsksForAnotherNetwork(command: Command, expected: Configuration) {
    var state = Self.state()
    #expect(press(command, in: &state) == [.run(expected)])
    #expect(state.wanted == expected)
  }

  @Test(arguments: [Command.alphaQuarter, .resolutionUp, .threadsDown])
  func atTheEndOfItsRangeAKeyAsksForNothing(command: Command) {
    var state = Self.state()
    #expect(press(command, in: &state).isEmpty)
  }

  @Test func keysInARowAddUp() {
    var state = Self.state()
    let wishes = press(.resolutionDown, .resolutionDown, .alphaHalf, .precision, .precision, in: &state)
    #expect(wishes.last == .run(Configuration(alpha: .half, resolution: 160)))
  }

  @Test func afterAFailureKeysGoOnFromWhatRuns() throws {
    var state = Self.state()
    _ = press(.alphaOne, in: &state)
    state.take(
      try view {
        $0.trouble = "no such weights"
      }, at: now)
    #expect(state.snapshot.message == "no such weights" && state.wanted == Bench.first)
    #expect(press(.resolutionDown, in: &state) == [.run(Configuration(alpha: .quarter, resolution: 192))])
  }

  @Test func whatIsBeingBuiltIsShown() throws {
    var state = Self.state()
    state.take(try view { $0.switching = Configuration(alpha: .half, resolution: 160) }, at: now)
    #expect(state.snapshot.switching == "building α 0.5, 160 px, fp32 …")
    state.take(try view(), at: now)
    #expect(state.snapshot.switching == nil)
  }

  // MARK: The trade-off

  @Test func theTradeOffBeginsOnWhatRunsAndEnterRunsThePair() {
    var state = Self.state()
    let wishes = press(.tradeOff, in: &state)
    #expect(wishes == [.survey(Configuration.paperPairs())])
    #expect(state.snapshot.options.tradeOffRow == 3 && state.snapshot.options.tradeOffColumn == 0)
    let chosen = Configuration(alpha: .half, resolution: 192)
    #expect(press(.up, .right, .choose, in: &state) == [.run(chosen), .survey(Configuration.paperPairs())])
    state.takeTradeOff(TradeOff())
    #expect(state.snapshot.tradeOff.count == 16)
    #expect(
      state.snapshot.tradeOff.filter(\.isTrained).map(\.configuration.alpha) == Array(repeating: .quarter, count: 4))
    #expect(press(.tradeOff, .choose, in: &state).last != .run(chosen), "closed, Enter chooses nothing")
  }

  @Test func aWidenedNetworkIsShownForWhatItIs() throws {
    var offers = Self.offers()
    let wide = Configuration(alpha: .one, resolution: 224)
    let index = try #require(offers.firstIndex { $0.configuration == wide })
    offers[index] = NetworkOffer(configuration: wide, isTrained: true, widenedFrom: .quarter, top1Percent: 49.8)
    var state = ScreenState(
      running: Bench.first, choices: ScreenRun.Choices(offers: offers, precisions: [.fp32], mostThreads: 1),
      options: ViewOptions(), hasControls: false, notice: nil)
    state.takeTradeOff(Self.measured)
    let pair = try #require(state.snapshot.tradeOff.first { $0.configuration == wide })
    #expect(pair.widenedFrom == .quarter && pair.expectedTop1Percent == 49.8 && !pair.isOnFront)
    #expect(state.snapshot.tradeOff.contains { $0.isOnFront })
    state.take(
      try view {
        $0.configuration = wide
        $0.facts.widenedFrom = .quarter
      }, at: now)
    #expect(state.snapshot.model.publishedTop1Percent == 49.8 && state.snapshot.model.widenedFrom == .quarter)
  }

  /// What was published of ImageNet's classes is not said of others.
  @Test func ownClassesHaveNoPublishedAccuracy() throws {
    let offers = Self.offers().map { offer in
      var own = offer
      own.isImageNet = false
      return own
    }
    var state = ScreenState(
      running: Bench.first, choices: ScreenRun.Choices(offers: offers, precisions: [.fp32], mostThreads: 1),
      options: ViewOptions(), hasControls: false, notice: nil)
    state.takeTradeOff(Self.measured)
    let pairs = state.snapshot.tradeOff.filter(\.isTrained)
    #expect(!pairs.isEmpty && pairs.allSatisfy { $0.publishedTop1Percent == nil && $0.expectedTop1Percent == nil })
    let five = Architecture(alpha: .quarter, resolution: 224, classCount: 5)
    state.take(try view { $0.architecture = five }, at: now)
    #expect(state.snapshot.model.ownClasses == 5 && state.snapshot.model.publishedTop1Percent == nil)
    #expect(state.snapshot.architecture == five)
    state.take(try view(), at: now)
    #expect(state.snapshot.model.ownClasses == nil && state.snapshot.model.publishedTop1Percent != nil)
  }

  // MARK: The pilot

  private mutating func pilotTakes(_ state: inout ScreenState, tradeOff: TradeOff, milliseconds: Double) throws
    -> Configuration?
  {
    let view = try view { $0.configuration = state.wanted }
    for _ in 0..<200 {
      now += Nanoseconds(milliseconds: 33)
      var record = FrameRecord()
      record.configuration = state.wanted
      record.network = Nanoseconds(milliseconds: milliseconds)
      let wishes = state.take(record, view, tradeOff: tradeOff, latencies: { Self.noLatencies }, at: now)
      if case .run(let configuration)? = wishes.first { return configuration }
    }
    return nil
  }

  private static var noLatencies: RecentLatencies { LatencyStatistics(layerCount: 30).recent }

  private static var measured: TradeOff {
    var tradeOff = TradeOff()
    for configuration in Configuration.paperPairs() {
      let time = Nanoseconds(Int64(configuration.architecture.multAdds) / 20)
      tradeOff.record(.init(p50: time, p95: time, isMeasured: true), of: configuration)
    }
    return tradeOff
  }

  @Test mutating func overItsBudgetThePilotAsksForAFasterTrainedNetwork() throws {
    var state = Self.state(budget: Nanoseconds(milliseconds: 1))
    #expect(state.firstWishes.contains { if case .survey = $0 { true } else { false } })
    let taken = try #require(try pilotTakes(&state, tradeOff: Self.measured, milliseconds: 2.05))
    #expect(taken.alpha == .quarter && taken.resolution < 224 && state.wanted == taken)
    #expect(state.snapshot.pilot?.choice == taken.name)
  }

  @Test mutating func thePilotWaitsForASwitchThatIsOnItsWay() throws {
    var state = Self.state(budget: Nanoseconds(milliseconds: 1))
    let view = try view { $0.switching = Configuration(alpha: .quarter, resolution: 192) }
    for _ in 0..<200 {
      now += Nanoseconds(milliseconds: 33)
      var record = FrameRecord()
      record.configuration = Bench.first
      record.network = Nanoseconds(milliseconds: 5)
      #expect(
        state.take(record, view, tradeOff: Self.measured, latencies: { Self.noLatencies }, at: now).isEmpty)
    }
  }

  @Test func theUsersChoiceEndsThePilotAndAPrecisionIsKept() {
    var state = Self.state(budget: Nanoseconds(milliseconds: 1))
    _ = press(.precision, in: &state)
    #expect(state.budget.isOn && state.budget.keptPrecision == .int8)
    #expect(state.budget.configurations.allSatisfy { $0.precision == .int8 })
    _ = press(.alphaHalf, in: &state)
    #expect(!state.budget.isOn && state.snapshot.message == "budget pilot off: you chose")
  }

  @Test func thePilotIsTurnedOnAndItsBudgetTurned() throws {
    var state = Self.state()
    let wishes = press(.pilot, in: &state)
    #expect(wishes == [.survey(state.budget.configurations)])
    let budget = try #require(state.budget.pilot?.budget)
    _ = press(.budgetUp, in: &state)
    #expect(try #require(state.budget.pilot?.budget) > budget)
    _ = press(.budgetDown, .budgetDown, in: &state)
    #expect(try #require(state.budget.pilot?.budget) < budget)
    _ = press(.pilot, in: &state)
    #expect(state.budget.pilot == nil && state.budget.shown(running: Bench.first) == nil)
  }

  // MARK: Holding, words, controls

  @Test func holdingAndSmoothingGoBackAndForth() {
    var state = Self.state()
    #expect(state.firstWishes == [.smooth(true)])
    #expect(press(.hold, .hold, .smoothing, in: &state) == [.hold(true), .hold(false), .smooth(false)])
    #expect(!state.snapshot.isHeld && !state.snapshot.isSmoothed)
    #expect(press(.log, .saveFrame, .activation, in: &state) == [.toggleLog, .saveFrame, .showActivation(true)])
  }

  @Test mutating func wordsGoAwayAfterAWhile() {
    var state = Self.state()
    state.say("saved", at: now)
    now += ScreenState.messageTime
    state.forget(at: now)
    #expect(state.snapshot.message == "saved")
    now += Nanoseconds(1)
    state.forget(at: now)
    #expect(state.snapshot.message == nil)
  }

  @Test mutating func aShortTroubleCanBeRead() {
    var state = Self.state()
    var status = SourceStatus(name: "/dev/video0")
    status.trouble = "unplugged"
    state.take(status, log: (nil, nil), at: now)
    #expect(state.snapshot.source.trouble == "unplugged" && state.snapshot.source.notice == "no camera found")
    status.trouble = nil
    status.countBadFrame("cut off", fault: "truncated")
    state.take(status, log: ("run.csv", nil), at: now)
    #expect(state.snapshot.source.trouble == "unplugged" && state.snapshot.message == "left out: truncated")
    #expect(state.snapshot.log.file == "run.csv")
    now += ScreenState.troubleTime
    state.take(status, log: (nil, nil), at: now)
    #expect(state.snapshot.source.trouble == nil)
  }

  @Test mutating func theNumbersChangeFourTimesASecondAndAtASwitch() throws {
    var state = Self.state()
    var taken = 0
    func take(_ configuration: Configuration, milliseconds: Double) throws {
      var record = FrameRecord()
      record.configuration = configuration
      record.network = Nanoseconds(milliseconds: milliseconds)
      record.layerTimes = [Nanoseconds(7)]
      _ = state.take(
        record, try view(), tradeOff: TradeOff(),
        latencies: {
          taken += 1
          return Self.noLatencies
        }, at: now)
    }
    try take(Bench.first, milliseconds: 1)
    try take(Bench.first, milliseconds: 2)
    #expect(taken == 1 && state.snapshot.timing.network == Nanoseconds(milliseconds: 1))
    now += ScreenState.numbersPeriod
    try take(Bench.first, milliseconds: 3)
    #expect(taken == 2 && state.snapshot.timing.historyMicroseconds == [1000, 3000])
    #expect(state.snapshot.layers.each.map(\.layer.name) == ["conv1"])
    try take(Configuration(alpha: .half, resolution: 224), milliseconds: 4)
    #expect(taken == 3 && state.snapshot.timing.historyMicroseconds == [4000], "no figure mixes two networks")
  }

  @Test func aSourceWithoutControlsSaysSo() {
    var state = Self.state()
    #expect(press(.controls, in: &state).isEmpty && !state.snapshot.options.showsControls)
    #expect(state.snapshot.message?.hasPrefix("no controls") == true)
  }

  @Test mutating func theControlUnderTheCursorIsTurned() {
    var state = Self.state(hasControls: true)
    #expect(press(.right, .resetControl, in: &state).isEmpty)
    _ = press(.controls, in: &state)
    let asks = [state.wantsControls(at: now), state.wantsControls(at: now)]
    now += ScreenState.controlsPeriod
    let asksLater = state.wantsControls(at: now)
    #expect(asks == [true, false] && asksLater)
    #expect(press(.right, in: &state).isEmpty, "nothing is known of them yet")
    var known = ControlQueue.State()
    known.controls = ["brightness", "contrast"].map {
      CameraControl(name: $0, title: $0, kind: .integer(0...255, step: 1), value: 200, defaultValue: 128)
    }
    state.take(known)
    #expect(state.snapshot.controls.each.map(\.isChanged) == [true, true])
    #expect(
      press(.down, .right, .left, .resetControl, .resetControls, in: &state) == [
        .turnControl("contrast", steps: 1), .turnControl("contrast", steps: -1), .resetControl("contrast"),
        .resetControls,
      ])
  }
}
