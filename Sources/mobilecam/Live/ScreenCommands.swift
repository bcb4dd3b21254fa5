import Frames
import MobileNet
import Model
import Playback
import Terminal

/// What each key does that changes more than the view.
extension ScreenRun {
  func perform(_ command: Command) {
    if performOnControls(command) { return }
    if snapshot.options.apply(command, on: screen.capabilities) {
      if command == .tradeOff { openTradeOff() }
      if command == .activation { inference.showActivation(snapshot.options.showsActivation) }
      return
    }
    var settings = wanted
    switch command {
    case .resolutionDown, .resolutionUp:
      let steps = Architecture.standardResolutions.sorted()
      settings.resolution =
        command == .resolutionUp
        ? steps.first { $0 > wanted.resolution } ?? wanted.resolution
        : steps.last { $0 < wanted.resolution } ?? wanted.resolution
    case .threadsDown: settings.threads = max(1, wanted.threads - 1)
    case .threadsUp: settings.threads = min(WorkerTeam.physicalCoreCount(), wanted.threads + 1)
    case .precision:
      let usable = NetworkOptions.usablePrecisions
      let next = (usable.firstIndex(of: wanted.precision) ?? 0) + 1
      settings.precision = usable[next % usable.count]
    case .log: toggleLog()
    case .hold:
      snapshot.isHeld.toggle()
      inference.hold(snapshot.isHeld)
    case .saveFrame: saveFrame()
    case .smoothing:
      snapshot.isSmoothed.toggle()
      inference.smooth(snapshot.isSmoothed)
    case .pilot:
      seat.toggle(p95: snapshot.timing.p99 ?? snapshot.timing.network)
      inference.survey.want(seat.choices)
    case .budgetDown, .budgetUp: seat.turn(up: command == .budgetUp)
    case .choose:
      guard snapshot.options.showsTradeOff else { return }
      settings = standard[snapshot.options.tradeOffRow * 4 + snapshot.options.tradeOffColumn]
    default: if let alpha = command.alpha { settings.alpha = alpha }
    }
    guard settings != wanted else { return }
    if seat.pilot != nil, settings.alpha != wanted.alpha || settings.resolution != wanted.resolution {
      seat.leave()
      say("budget pilot off: you chose")
    }
    if seat.pilot != nil, settings.precision != wanted.precision {
      seat.keep(precision: settings.precision)
      say("budget pilot: keeps \(settings.precision) from now on")
    }
    request(settings)
    if snapshot.options.showsTradeOff { wantTradeOff() }
  }

  /// The trade-off's pairs, at the precision and on the threads that run.
  private var standard: [Configuration] {
    Configuration.standard(precision: wanted.precision, threads: wanted.threads)
  }

  func request(_ settings: Configuration) {
    wanted = settings
    inference.request(settings)
  }

  /// The cursor begins on the pair that runs; what was not measured yet is measured from now on.
  private func openTradeOff() {
    wantTradeOff()
    guard let index = standard.firstIndex(of: wanted) else { return }
    snapshot.options.tradeOffRow = index / 4
    snapshot.options.tradeOffColumn = index % 4
  }

  private func wantTradeOff() {
    inference.survey.want(standard)
  }

  private func toggleLog() {
    if let summary = log.stop() {
      say(summary)
      return
    }
    do {
      try log.start(path: "mobilecam.csv", inference)
      say("logging to \(log.status.file ?? "")")
    } catch {
      say("\(error)")
    }
  }

  private func saveFrame() {
    guard let frame = reader.newest() else { return say("no frame to save yet") }
    do {
      let image = RGBImage(width: frame.info.width, height: frame.info.height, pixels: Array(frame.pixels))
      let path = try NewFile.write(try PNG.encode(image), prefix: "mobilecam-", suffix: ".png")
      say("saved \(path)")
    } catch {
      say("\(error)")
    }
  }

  func say(_ text: String) {
    snapshot.message = text
    messageUntil = .now() + Self.messageTime
  }
}
