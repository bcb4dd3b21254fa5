import Capture
import Frames
import MobileNet
import Model
import ModelFiles
import NetworkSelection
import Pixels
import Platform
import Telemetry
import Terminal

/// What the screen shows and what was asked of the run, as a value: keys and results go in, a snapshot and wishes come out.
/// It is told the time, and knows neither a terminal nor a thread.
package struct ScreenState {
  /// What a key, or the pilot, asks of the rest of the program.
  package enum Wish: Equatable {
    case run(Configuration)
    case survey([Configuration])
    case hold(Bool)
    case smooth(Bool)
    case showActivation(Bool)
    case look(at: CropChoice)
    /// Shots may be wished for, or not any more.
    case teach(Bool)
    case shoot(ShotOrder)
    /// The last burst.
    case takeBack
    case toggleLog
    case saveFrame
    /// The camera's controls, by name.
    case turnControl(String, steps: Int)
    case resetControl(String)
    case resetControls
  }

  /// How often the numbers change: at the preview's rate nobody could read them.
  package static let numbersPeriod = Nanoseconds(milliseconds: 250)
  /// How long a word stays.
  package static let messageTime = Nanoseconds(seconds: 4)
  /// How often the controls are read while they are looked at: exposure and others turn by themselves.
  package static let controlsPeriod = Nanoseconds(milliseconds: 500)
  /// How long a trouble stays at least, so that a short one can be read.
  package static let troubleTime = Nanoseconds(seconds: 2)
  package static let historyCount = 256
  /// What a key makes of the square's side, and how far one moves it, in its side.
  static let zoomStep = 0.8
  static let moveStep = 0.125
  static let fineMoveStep = 1.0 / 64

  package internal(set) var snapshot = Snapshot()
  /// The network that was asked for last.
  package private(set) var wanted: Configuration
  package private(set) var budget: BudgetControl
  /// Which square of the frames the network sees.
  package private(set) var crop: CropChoice
  /// Of the newest frame for the preview, its pixels left as they were.
  private var frame: FrameInfo?
  private let choices: ScreenRun.Choices
  private let hasControls: Bool
  private let notice: String?
  private var controlNames: [String] = []
  private var rate = RateMeter()
  private var lastSequence: Int?
  private var numbersDue = Nanoseconds.zero
  private var numbersConfiguration: Configuration?
  private var history: [Float] = []
  private var messageUntil = Nanoseconds.zero
  private var badFrames = BadFrameNews()
  private var troubleCount = 0
  private var troubleUntil = Nanoseconds.zero
  private var controlsDue = Nanoseconds.zero
  private var mixesClasses = false
  /// `nil` where nothing can be taught.
  var teaching: TeachingKeys?
  var teacher = Teacher.Status()

  /// - Parameters:
  ///   - running: the network that runs.
  ///   - hasControls: whether the source is a camera.
  ///   - teaching: what keys mean there; `nil` where there is no collection to teach.
  ///   - notice: what the user should know about the source.
  package init(
    running: Configuration, choices: ScreenRun.Choices, options: ViewOptions, hasControls: Bool,
    teaching: TeachingKeys? = nil, notice: String?
  ) {
    wanted = running
    self.choices = choices
    crop = choices.crop
    budget = BudgetControl(
      budget: choices.budget, offers: choices.offers, keptPrecision: choices.keptPrecision)
    self.hasControls = hasControls
    self.teaching = teaching
    self.notice = notice
    snapshot.configuration = running
    snapshot.options = options
    snapshot.isSmoothed = true
    snapshot.source.notice = notice
  }

  /// What is wished from the beginning.
  package var firstWishes: [Wish] {
    [.smooth(snapshot.isSmoothed)] + (budget.isOn ? [.survey(budget.configurations)] : [])
  }

  package mutating func say(_ text: String, at now: Nanoseconds) {
    snapshot.message = text
    messageUntil = now + Self.messageTime
  }

  // MARK: Keys

  package mutating func perform(_ command: Command, on capabilities: Capabilities, at now: Nanoseconds) -> [Wish] {
    if let wishes = performOnControls(command, at: now) { return wishes }
    if command == .teaching, teaching == nil {
      say("teaching needs a folder for your classes: start with --classes FOLDER (a new one is made)", at: now)
      return []
    }
    let wasTeaching = snapshot.options.showsTeaching
    if snapshot.options.apply(command, on: capabilities) {
      if let note = snapshot.options.note(after: command, on: capabilities) {
        say(note, at: now)
      }
      // Other views close it too.
      let teach = snapshot.options.showsTeaching == wasTeaching ? [] : turnTeaching()
      switch command {
      case .tradeOff: return teach + (snapshot.options.showsTradeOff ? openTradeOff() : [])
      case .activation: return [.showActivation(snapshot.options.showsActivation)]
      default: return teach
      }
    }
    var next = wanted
    switch command {
    case .resolutionDown: next.resolution = Self.resolutions.last { $0 < wanted.resolution } ?? wanted.resolution
    case .resolutionUp: next.resolution = Self.resolutions.first { $0 > wanted.resolution } ?? wanted.resolution
    case .threadsDown: next.threads = max(1, wanted.threads - 1)
    case .threadsUp: next.threads = min(choices.mostThreads, wanted.threads + 1)
    case .precision:
      let all = choices.precisions
      next.precision = all[((all.firstIndex(of: wanted.precision) ?? 0) + 1) % all.count]
    case .choose where snapshot.options.view == .tradeOff:
      next = grid[snapshot.options.tradeOffRow * 4 + snapshot.options.tradeOffColumn]
    case .up, .down, .left, .right, .upFine, .downFine, .leftFine, .rightFine: return moveCrop(command, at: now)
    case .zoomIn, .zoomOut, .zoomReset: return zoom(command, at: now)
    case .choose: say("nothing to choose from: Tab, t, v and ? open lists", at: now)
    case .back: say("nothing is open; q quits", at: now)
    case .log: return [.toggleLog]
    case .saveFrame: return [.saveFrame]
    case .mixClasses where snapshot.taught == nil: say("no classes of your own: start with --classes FOLDER", at: now)
    case .mixClasses: mixesClasses.toggle()
    case .hold:
      snapshot.isHeld.toggle()
      return [.hold(snapshot.isHeld)]
    case .smoothing:
      snapshot.isSmoothed.toggle()
      return [.smooth(snapshot.isSmoothed)]
    case .pilot:
      budget.toggle(p95: snapshot.timing.p99 ?? snapshot.timing.network)
      return [.survey(budget.configurations)]
    case .budgetDown, .budgetUp: budget.turn(up: command == .budgetUp)
    default: if let alpha = command.alpha { next.alpha = alpha }
    }
    return next == wanted ? [] : choose(next, at: now)
  }

  private static let resolutions = Architecture.paperResolutions.sorted()

  /// The user's choice: it goes before the pilot's.
  private mutating func choose(_ next: Configuration, at now: Nanoseconds) -> [Wish] {
    if budget.isOn, next.alpha != wanted.alpha || next.resolution != wanted.resolution {
      budget.leave()
      say("budget pilot off: you chose", at: now)
    }
    if budget.isOn, next.precision != wanted.precision {
      budget.keep(precision: next.precision)
      say("budget pilot: keeps \(next.precision) from now on", at: now)
    }
    wanted = next
    return [.run(next)] + (snapshot.options.showsTradeOff ? [.survey(grid)] : [])
  }

  private mutating func zoom(_ command: Command, at now: Nanoseconds) -> [Wish] {
    guard let frame else { return sayNoFrame(at: now) }
    if command == .zoomReset { return look(at: .central, in: frame, at: now) }
    let factor = command == .zoomIn ? Self.zoomStep : 1 / Self.zoomStep
    return look(at: crop.zoomed(by: factor, width: frame.sourceWidth, height: frame.sourceHeight), in: frame, at: now)
  }

  /// The arrows point as the picture is seen.
  private mutating func moveCrop(_ command: Command, at now: Nanoseconds) -> [Wish] {
    guard let frame else { return sayNoFrame(at: now) }
    let step = command.withoutShift == command ? Self.moveStep : Self.fineMoveStep
    let right = snapshot.options.isMirrored ? -step : step
    let down = snapshot.options.isFlipped ? -step : step
    let (x, y) =
      switch command.withoutShift {
      case .left: (-right, 0.0)
      case .right: (right, 0.0)
      case .up: (0.0, -down)
      default: (0.0, down)
      }
    return look(at: crop.moved(x: x, y: y, width: frame.sourceWidth, height: frame.sourceHeight), in: frame, at: now)
  }

  private mutating func look(at crop: CropChoice, in frame: FrameInfo, at now: Nanoseconds) -> [Wish] {
    self.crop = crop
    let square = crop.crop(width: frame.sourceWidth, height: frame.sourceHeight)
    snapshot.crop = square.divided(by: frame.divisor)
    say(
      "the network sees \(square.side)×\(square.side) at \(square.x),\(square.y)"
        + (snapshot.isHeld ? " once the picture is not held any more" : ""), at: now)
    return [.look(at: crop)]
  }

  private mutating func sayNoFrame(at now: Nanoseconds) -> [Wish] {
    say("no frame yet", at: now)
    return []
  }

  /// The trade-off's pairs, at the precision and on the threads that run.
  private var grid: [Configuration] { Configuration.paperPairs(precision: wanted.precision, threads: wanted.threads) }

  /// The cursor begins on the pair that runs; what was not measured yet is measured from now on.
  private mutating func openTradeOff() -> [Wish] {
    if let index = grid.firstIndex(of: wanted) {
      snapshot.options.tradeOffRow = index / 4
      snapshot.options.tradeOffColumn = index % 4
    }
    return [.survey(grid)]
  }

  /// Carries out what concerns the camera's controls; `nil` if it was nothing of them.
  private mutating func performOnControls(_ command: Command, at now: Nanoseconds) -> [Wish]? {
    let isShown = snapshot.options.view == .controls
    let row = snapshot.options.controlRow
    let chosen = controlNames.indices.contains(row) ? controlNames[row] : nil
    switch command {
    case .controls where !hasControls:
      say("no controls: \(snapshot.source.name.isEmpty ? "this source" : snapshot.source.name) is no camera", at: now)
      return []
    case .controls:
      // What was read when it was last open may be old.
      if !isShown { controlsDue = .zero }
      return nil
    case .left where isShown, .right where isShown, .choose where isShown:
      return chosen.map { [.turnControl($0, steps: command == .left ? -1 : 1)] } ?? []
    case .resetControl where isShown: return chosen.map { [.resetControl($0)] } ?? []
    case .resetControls where isShown: return [.resetControls]
    case .resetControl, .resetControls:
      say("v shows the camera's controls; r and R reset them there", at: now)
      return []
    default: return nil
    }
  }

  // MARK: What happens

  /// A frame for the preview. Returns what it takes of the next one.
  package mutating func take(
    _ frame: borrowing FrameLease, screenWidth: Int, screenHeight: Int, capabilities: Capabilities
  ) -> FrameDetail {
    let info = frame.info
    let samples = previewSamples(screenWidth, screenHeight, info.width, info.height, capabilities)
    snapshot.preview.fill(frame.pixels, width: info.width, height: info.height, samples: samples)
    snapshot.crop = crop.crop(width: info.sourceWidth, height: info.sourceHeight).divided(by: info.divisor)
    self.frame = info
    if info.sequence != lastSequence {
      lastSequence = info.sequence
      rate.add(at: info.captured.count)
    }
    return samples.detail
  }

  /// The picture that is held stays, and is turned as it is wanted now.
  package mutating func turnPicture(screenWidth: Int, screenHeight: Int, capabilities: Capabilities) {
    let (width, height) = (snapshot.preview.sourceWidth, snapshot.preview.sourceHeight)
    snapshot.preview.turn(to: previewSamples(screenWidth, screenHeight, width, height, capabilities))
  }

  private func previewSamples(
    _ screenWidth: Int, _ screenHeight: Int, _ imageWidth: Int, _ imageHeight: Int, _ capabilities: Capabilities
  ) -> PreviewSamples {
    ScreenView.previewSamples(
      screenWidth: screenWidth, screenHeight: screenHeight, imageWidth: imageWidth, imageHeight: imageHeight,
      options: snapshot.options, capabilities: capabilities)
  }

  package mutating func take(_ status: SourceStatus, log: (file: String?, trouble: String?), at now: Nanoseconds) {
    if status.troubleCount != troubleCount {
      troubleCount = status.troubleCount
      troubleUntil = now + Self.troubleTime
    }
    if let words = badFrames.take(status).last { say(words, at: now) }
    snapshot.source = status
    snapshot.framesPerSecond = rate.eventsPerSecond(at: now.count)
    snapshot.source.trouble = status.trouble ?? (now < troubleUntil ? status.lastTrouble : nil)
    snapshot.source.notice = status.notice ?? notice
    snapshot.log.file = log.file
    snapshot.log.trouble = log.trouble
  }

  /// What was done by itself.
  package mutating func take(_ actions: Actions.Status, news: [Actions.News], at now: Nanoseconds) {
    snapshot.actions = Snapshot.Actions(text: actions.text, hasFailed: actions.hasFailed)
    // Of several at once what failed is worth most.
    if let message = (news.last { $0.isFailure } ?? news.last)?.message { say(message, at: now) }
  }

  /// What is known of the network that runs, whether there is a new result or not.
  package mutating func take(_ view: InferenceState.View, at now: Nanoseconds) {
    snapshot.configuration = view.configuration
    snapshot.architecture = view.architecture
    snapshot.isa = view.isa
    // Widened weights are as good as before.
    var published = view.configuration
    published.alpha = view.facts.widenedFrom ?? published.alpha
    let isImageNet = Labels.isImageNet(outputs: view.architecture.classCount)
    snapshot.model.publishedTop1Percent = isImageNet ? Catalogue.published(published)?.top1Percent : nil
    snapshot.model.ownClasses = isImageNet ? nil : view.architecture.classCount
    snapshot.model.isTrained = view.facts.isTrained
    snapshot.model.widenedFrom = view.facts.widenedFrom
    snapshot.model.trainedAtResolution = view.facts.trainedResolution
    snapshot.taught = taught(view)
    snapshot.switching = view.switching.map {
      "building α \($0.alpha.name), \($0.resolution) px, \($0.precision) …"
    }
    if let trouble = view.trouble {
      say(trouble, at: now)
      wanted = view.configuration
    }
    snapshot.pilot = budget.shown(running: view.configuration)
  }

  private func taught(_ view: InferenceState.View) -> Snapshot.Taught? {
    guard view.hasClasses else { return nil }
    var taught = Snapshot.Taught()
    taught.matches = view.taught?.top ?? []
    taught.label = view.steadyLabel
    taught.learning = view.learning.map { ($0.done, $0.total) }
    taught.isMixed = mixesClasses
    taught.isEmpty = teaching != nil && teacher.isReady && !teacher.hasClasses
    return taught
  }

  /// A new result. Its numbers are shown if it is time for new ones, all of the same result, so that the layers add up.
  /// - Returns: what the pilot asks for.
  package mutating func take(
    _ record: borrowing FrameRecord, _ view: InferenceState.View, tradeOff: TradeOff,
    latencies: () -> RecentLatencies, at now: Nanoseconds
  ) -> [Wish] {
    snapshot.ringDrops = record.ringDrops ?? 0
    snapshot.top = view.shown
    takeActivation(view)
    if now >= numbersDue || numbersConfiguration != record.configuration {
      numbersDue = now + Self.numbersPeriod
      takeNumbers(record, latencies(), at: now)
    }
    // A switch that is on its way comes first.
    guard budget.isOn, view.switching == nil, view.configuration == wanted else { return [] }
    let next = budget.result(record, tradeOff: tradeOff, now: now)
    snapshot.pilot = budget.shown(running: next ?? view.configuration)
    guard let next else { return [] }
    wanted = next
    return [.run(next)]
  }

  private mutating func takeActivation(_ view: InferenceState.View) {
    snapshot.activation = nil
    guard snapshot.options.showsActivation, let label = view.shown.first?.label, !view.activation.isEmpty
    else { return }
    let side = Int(Double(view.activation.count).squareRoot())
    snapshot.activation = Snapshot.Activation(label: label, side: side, values: view.activation)
  }

  private mutating func takeNumbers(
    _ record: borrowing FrameRecord, _ latencies: consuming RecentLatencies, at now: Nanoseconds
  ) {
    if numbersConfiguration != record.configuration { history.removeAll(keepingCapacity: true) }
    numbersConfiguration = record.configuration
    let network = record.network ?? .zero
    if history.count == Self.historyCount { history.removeFirst() }
    history.append(Float(network.microseconds))
    snapshot.timing.stages = Stage.allCases.map { latencies.window($0) }
    snapshot.timing.network = network
    snapshot.timing.p50 = snapshot.timing.stages[Stage.network.rawValue].map { Nanoseconds($0.p50) }
    snapshot.timing.p99 = snapshot.timing.stages[Stage.network.rawValue]?.p99.map { Nanoseconds($0) }
    snapshot.timing.glassToLabel = snapshot.timing.stages[Stage.glassToLabel.rawValue].map { Nanoseconds($0.last) }
    snapshot.timing.resultsPerSecond = latencies.resultsPerSecond(at: now.count)
    snapshot.timing.preprocess = record.preprocess
    snapshot.timing.historyMicroseconds = history
    // Thirty windows are much work: only for the view that shows them.
    let isWatched = snapshot.options.showsLayers
    snapshot.layers.each = []
    for (index, layer) in snapshot.architecture.layers.enumerated()
    where record.layerTimes.indices.contains(index) {
      snapshot.layers.each.append(
        Snapshot.LayerTime(
          layer, time: record.layerTimes[index], window: isWatched ? latencies.layer(index) : nil))
    }
    snapshot.layers.unaccounted = record.unaccounted ?? .zero
    snapshot.workers = record.workers
    snapshot.layers.unaccountedWindow = isWatched ? latencies.unaccounted() : nil
  }

  package var showsTradeOff: Bool { snapshot.options.showsTradeOff }
  package var wantsTradeOff: Bool { showsTradeOff || budget.isOn }

  package mutating func takeTradeOff(_ measured: TradeOff) {
    var tradeOff = measured
    // Until the survey comes to it: what is measured anyway.
    if tradeOff.measurement(of: wanted) == nil, let p50 = snapshot.timing.p50 {
      tradeOff.record(.init(p50: p50, p95: snapshot.timing.p99 ?? p50, isMeasured: true), of: wanted)
    }
    snapshot.tradeOff = tradeOff.points(precision: wanted.precision, threads: wanted.threads).map { point in
      let offer = choices.offers.first {
        $0.isTrained && $0.configuration.on(threads: wanted.threads) == point.configuration
      }
      var pair = Snapshot.TradeOffPair(configuration: point.configuration)
      let isImageNet = offer?.isImageNet ?? true
      pair.publishedTop1Percent = isImageNet ? point.top1Percent : nil
      pair.latency = point.latency?.p50
      pair.isMeasured = point.latency?.isMeasured ?? false
      pair.isDoubtful = point.isDoubtful
      pair.isTrained = offer != nil
      pair.widenedFrom = offer?.widenedFrom
      pair.isOnFront = point.isOnFront && pair.widenedFrom == nil
      pair.expectedTop1Percent = isImageNet ? offer?.top1Percent : nil
      return pair
    }
  }

  /// Whether the controls are to be read again now.
  package mutating func wantsControls(at now: Nanoseconds) -> Bool {
    guard snapshot.options.showsControls, now >= controlsDue else { return false }
    controlsDue = now + Self.controlsPeriod
    return true
  }

  package mutating func take(_ controls: ControlQueue.State) {
    controlNames = controls.controls.map(\.name)
    snapshot.options.controlCount = controlNames.count
    snapshot.options.controlRow = max(min(snapshot.options.controlRow, controlNames.count - 1), 0)
    snapshot.controls.isAway = controls.isAway
    snapshot.controls.isKnown = controls.isKnown
    snapshot.controls.message = controls.message
    snapshot.controls.each = controls.controls.map { control in
      var shown = Snapshot.Control(title: control.title, value: control.valueText, share: control.share)
      shown.isChanged = control.value != control.defaultValue && control.lock != .readOnly
      shown.lock = control.lock?.rawValue
      return shown
    }
  }

  package mutating func take(_ link: LinkState?, colors: ColorDepth) {
    snapshot.options.linkColorLimit = colors
    snapshot.link = link
  }

  /// What was said long enough ago is not shown any more.
  package mutating func forget(at now: Nanoseconds) { if now > messageUntil { snapshot.message = nil } }
}
