import Capture
import Frames
import Glibc
import MobileNet
import Playback
import Telemetry
import Terminal

/// A run with the screen: the main thread draws and reads keys, a thread of its own infers.
final class ScreenRun {
  /// What this program does of the keys that exist.
  static let commands = Set(Command.allCases)

  /// The preview's frames a second.
  private static let rate = 30.0
  /// How often the numbers change: at the preview's rate nobody could read them.
  private static let numbersPeriod = Nanoseconds(milliseconds: 250)
  /// How long a word stays.
  private static let messageTime = Nanoseconds(seconds: 4)
  /// How long a trouble stays at least, so that a short one can be read.
  private static let troubleTime = Nanoseconds(seconds: 2)

  private let screen: Screen
  private let source: any FrameSource
  private let ring: FrameRing
  private let reader: FrameReader
  private let inference: Inference
  private let log: RunLog
  private let notice: String?

  private var snapshot = Snapshot()
  private var wanted: Settings
  private var rate = RateMeter()
  private var lastSequence = -1
  private var numbersDue = Nanoseconds.zero
  private var numbersSettings: Settings?
  private var history: [Float] = []
  private var messageUntil = Nanoseconds.zero
  private var shownCount = 0
  private var troubleCount = 0
  private var troubleUntil = Nanoseconds.zero

  init(
    screen: Screen, source: any FrameSource, ring: FrameRing, inference: Inference, log: RunLog, notice: String?,
    options: ViewOptions
  ) {
    self.screen = screen
    self.source = source
    self.ring = ring
    reader = ring.makeReader()
    self.inference = inference
    self.log = log
    self.notice = notice
    wanted = inference.inspect { $0.settings }
    snapshot.options = options
    snapshot.source.notice = notice
  }

  /// - Throws: `UserError` if the source fails. The terminal is restored in any case.
  func run() throws {
    var summary: String?
    var signal: Int32 = 0
    do {
      defer { screen.close() }
      try source.start(into: ring)
      let worker = InferenceThread(inference: inference, source: source, log: log, waker: screen.waker)
      defer {
        inference.stop()
        ring.end()
        worker.join()
        source.stop()
        summary = log.stop()
      }
      signal = loop(worker)
    }
    if let summary { printError("mobilecam: \(summary)") }
    if signal != 0 { Screen.die(of: signal) }
    if case .failed(let why) = ring.end { throw UserError(why) }
  }

  /// Returns the signal that ended it, or 0.
  private func loop(_ worker: InferenceThread) -> Int32 {
    let period = Nanoseconds(seconds: 1 / Self.rate)
    var due = Nanoseconds.now()
    while true {
      var now = Nanoseconds.now()
      if now >= due {
        draw(now)
        now = .now()
        // Late frames are left out, not made up for.
        while due <= now { due = due + period }
      }
      if worker.isFinished { return 0 }
      switch screen.wait(timeout: due - now, commands: Self.commands) {
      case .command(.quit): return 0
      case .command(let command):
        perform(command)
        due = .now()
      case .resized: due = .now()
      case .woken, .timeout: break
      case .stopRequested: suspend()
      case .ending(let signal): return signal
      }
    }
  }

  /// Ctrl-Z: the camera is free for others while the program is stopped.
  private func suspend() {
    let camera = source as? any SuspendableSource
    camera?.suspend()
    screen.stopUntilContinued()
    do {
      try camera?.resume(into: ring)
    } catch {
      say("\(error)")
    }
  }

  // MARK: Keys

  private func perform(_ command: Command) {
    if snapshot.options.apply(command, on: screen.capabilities) { return }
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
    case .precision: settings.precision = wanted.precision == "fp32" ? "int8" : "fp32"
    case .log: toggleLog()
    case .hold:
      snapshot.isHeld.toggle()
      inference.hold(snapshot.isHeld)
    case .saveFrame: saveFrame()
    default: if let alpha = command.alpha { settings.alpha = Alpha(rawValue: alpha)! }
    }
    if settings != wanted {
      wanted = settings
      inference.request(settings)
    }
  }

  private func toggleLog() {
    if let summary = log.stop() {
      say(summary)
      return
    }
    do {
      try log.start(path: "mobilecam.csv")
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

  private func say(_ text: String) {
    snapshot.message = text
    messageUntil = .now() + Self.messageTime
  }

  // MARK: Drawing

  private func draw(_ now: Nanoseconds) {
    if !snapshot.isHeld { takeFrame(now) }
    takeSource(now)
    takeResult(now)
    if now > messageUntil { snapshot.message = nil }
    screen.draw(snapshot)
  }

  private func takeFrame(_ now: Nanoseconds) {
    guard let frame = reader.newest() else { return }
    let info = frame.info
    let samples = ScreenView.previewSamples(
      screenWidth: screen.width, screenHeight: screen.height, imageWidth: info.width, imageHeight: info.height,
      options: snapshot.options, capabilities: screen.capabilities)
    snapshot.preview.fill(
      frame.pixels, width: info.width, height: info.height, columns: samples.columns, rows: samples.rows)
    let crop = Crop(width: info.width, height: info.height)
    snapshot.crop = Snapshot.Crop(x: crop.x, y: crop.y, width: crop.side, height: crop.side)
    if info.sequence != lastSequence {
      lastSequence = info.sequence
      rate.add(at: info.captured.count)
    }
  }

  private func takeSource(_ now: Nanoseconds) {
    let status = source.status
    snapshot.source.name = status.name
    snapshot.source.format = status.format
    snapshot.source.framesPerSecond = rate.eventsPerSecond(at: now.count)
    if status.troubleCount != troubleCount {
      troubleCount = status.troubleCount
      troubleUntil = now + Self.troubleTime
    }
    snapshot.source.trouble = status.trouble ?? (now < troubleUntil ? status.lastTrouble : nil)
    snapshot.source.notice = status.notice ?? notice
    snapshot.source.driverDrops = status.driverDrops
    snapshot.source.badFrames = status.badFrames
    let log = log.status
    snapshot.log.file = log.file
    snapshot.log.trouble = log.trouble
  }

  private func takeResult(_ now: Nanoseconds) {
    inference.inspect { published in
      let settings = published.settings
      snapshot.configuration.alpha = settings.alpha.rawValue
      snapshot.configuration.resolution = settings.resolution
      snapshot.configuration.precision = settings.precision
      snapshot.configuration.threads = settings.threads
      snapshot.configuration.isa = published.record.isa ?? ""
      snapshot.model.multAdds = published.multAdds
      snapshot.model.parameters = published.parameters
      snapshot.model.publishedTop1Percent =
        Catalogue.published(alpha: settings.alpha, resolution: settings.resolution)?.top1Percent
      snapshot.model.isTrained = published.isTrained
      snapshot.model.trainedAtResolution = published.trainedResolution
      snapshot.switching = published.switching.map {
        "building α \($0.alpha.name), \($0.resolution) px, \($0.precision) …"
      }
      if let trouble = published.trouble {
        say(trouble)
        published.trouble = nil
        wanted = settings
      }
      guard published.count > 0, published.count != shownCount else { return }
      shownCount = published.count
      let record = published.record
      snapshot.source.ringDrops = record.ringDrops ?? 0
      snapshot.top = record.top.map { Snapshot.Guess(label: $0.label, probability: Double($0.probability)) }
      if now >= numbersDue || numbersSettings != settings {
        numbersDue = now + Self.numbersPeriod
        takeNumbers(&published, record, restart: numbersSettings != settings, now)
        numbersSettings = settings
      }
    }
  }

  /// The numbers of one result, all of the same one, so that the layers add up to the network's time.
  private func takeNumbers(
    _ published: inout Inference.Published, _ record: FrameRecord, restart: Bool, _ now: Nanoseconds
  ) {
    func time(_ nanoseconds: Int64?) -> Nanoseconds? { nanoseconds.map { Nanoseconds($0) } }
    let summary = published.window.summary()
    if restart { history.removeAll(keepingCapacity: true) }
    let network = record.networkNanoseconds ?? 0
    if history.count == 256 { history.removeFirst() }
    history.append(Float(network) / 1000)
    snapshot.timing.network = Nanoseconds(network)
    snapshot.timing.p50 = time(summary?.p50)
    snapshot.timing.p99 = time(summary?.p99)
    snapshot.timing.resultsPerSecond = published.rate.eventsPerSecond(at: now.count)
    snapshot.timing.preprocess = time(record.preprocessNanoseconds)
    snapshot.timing.glassToLabel = time(record.glassToLabelNanoseconds)
    snapshot.timing.historyMicroseconds = history
    let layers = Architecture(alpha: published.settings.alpha, resolution: published.settings.resolution).layers
    snapshot.layers.each = zip(layers, record.layerNanoseconds).map { layer, time in
      Snapshot.Layer(
        name: layer.name, kind: layer.kind.rawValue, microseconds: Double(time) / 1000, multAdds: layer.multAdds)
    }
    snapshot.layers.unaccountedMicroseconds = Double(record.unaccountedNanoseconds ?? 0) / 1000
  }
}
