import ArgumentParser
import Frames
import Glibc
import Live
import MobileNet
import Model
import NetworkSelection
import Platform
import Playback
import Teaching
import Telemetry
import Terminal

/// `mobilecam live`: the screen, or one JSON line for each result where there is none.
struct Live: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "live", abstract: "Watch a camera, what the network calls it, and what each layer costs.",
    discussion:
      "Keys: \(Keys.bindings(of: ScreenRun.commands).map { "\($0.keys) \($0.help)" }.joined(separator: "; ")).")

  @OptionGroup var network: NetworkOptions
  @OptionGroup var square: CropOption
  @OptionGroup(title: "Camera options") var camera: CameraOptions
  @OptionGroup(title: "Acting on results") var acting: ActionOptions

  @Option(
    help: ArgumentHelp(
      "auto, a camera (/dev/videoN, its number or part of its name), demo, pattern, an image file or a folder of them, a video (Y4M, MJPEG) in a file or, as -, on standard input, or the http:// or https:// address of an MJPEG stream or a JPEG picture.",
      valueName: "source"))
  var source = "auto"

  @Option(name: .customLong("log"), help: ArgumentHelp("Log every result to this file.", valueName: "file"))
  var logPath: String?

  @Option(
    help: ArgumentHelp("Format of the log; by the file's name unless given.", valueName: "format"))
  var logFormat: LogFormat?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Begin another log file when one has this many megabytes.", valueName: "MB"))
  var logMaxSize: Int?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("How many log files to keep with --log-max-size.", valueName: "n"))
  var logKeep = 5

  @Option(help: ArgumentHelp("Record what the source gives to this new Y4M file.", valueName: "file"))
  var record: String?

  @Option(parsing: .unconditional, help: ArgumentHelp("Stop after this many results.", valueName: "n"))
  var frames: Int?

  @Flag(help: "No screen: one JSON line for each result. Also chosen when standard output is no terminal.")
  var headless = false

  @Option(help: ArgumentHelp("How the picture is drawn.", valueName: "style")) var preview = PreviewStyle.ascii

  @Option(
    help: ArgumentHelp(
      "Colours: auto, \(ColorDepth.allCases.map(\.name).joined(separator: ", ")).", valueName: "colours"))
  var color = "auto"

  @Option(
    help: ArgumentHelp(
      "A class collection ('mobilecam teach'), whose classes answer; T teaches it. A new folder is made.",
      valueName: "folder"))
  var classes: String?

  @OptionGroup var limits: ScreenOptions

  private var colorDepth: ColorDepth? { ColorDepth.allCases.first { $0.name == color } }

  func validate() throws {
    if let frames, frames < 1 { throw ValidationError("--frames \(frames): expected 1 or more.") }
    if color != "auto", colorDepth == nil {
      throw ValidationError(
        "--color \(color): expected auto, \(ColorDepth.allCases.map(\.name).joined(separator: ", ")).")
    }
    if let logMaxSize, !(1...1_000_000).contains(logMaxSize) {
      throw ValidationError("--log-max-size \(logMaxSize): expected 1 to 1000000 megabytes.")
    }
    if !(1...1_000_000 ~= logKeep) { throw ValidationError("--log-keep \(logKeep): expected 1 to 1000000.") }
    if logFormat != nil, logPath == nil { throw ValidationError("--log-format says nothing without --log FILE.") }
  }

  func run() throws {
    let isHeadless = headless || isatty(STDOUT_FILENO) == 0
    if isHeadless, limits.budget != nil {
      throw ValidationError("--budget needs the screen: leave --headless out.")
    }
    let store = try network.store()
    let configuration = network.configuration(in: store)
    let describer = NetworkDescriber(store: store)
    // Before a camera is opened for nothing.
    let logWish = try logPath.map { RunLog.Wish(path: $0, format: try LogFormat.choose(path: $0, named: logFormat)) }
    if logWish != nil { describer.prepare(configuration) }
    let offers = store.offers(precisions: NetworkOptions.usablePrecisions)
    let builder = NetworkBuilder { try store.network($0) }
    let first = try builder.build(configuration)
    let isNewFolder = !isHeadless && classes.map { File.kind(of: $0) == nil } ?? false
    // Where nothing was taught, nothing is left.
    defer { if isNewFolder, let classes { Folder.removeEmpty(classes) } }
    if isNewFolder, let classes { try Self.make(classes) }
    let collection = try classes.map { try ClassCollection(folder: $0, mayBeEmpty: !isHeadless) }
    let teacher = isHeadless ? nil : collection.map { Teacher($0) }
    let learner = try collection.map { try Self.learner($0, try network.store(), first, teacher) }
    if isHeadless { try learner?.learnNow(configuration) }

    var wish = camera.wish
    wish.endsWithoutPicture = frames != nil
    let chosen = try SourceChoice.choose(source, wish: wish, isHeadless: isHeadless, frames: frames)
    let recording = try record.map { try RecordingSource(chosen.source, path: $0) }
    defer { if let recording { Output.tell(recording.summary) } }
    let source: any FrameSource = recording ?? chosen.source
    // One slot more than the leases that can be held: inference, recorder, screen, the newest and the one being written.
    let ring = FrameRing(slotCount: 6, maximumPixels: camera.maximumPixels, everyFrame: chosen.everyFrame)
    var logOptions = LogWriter.Options()
    logOptions.maxBytes = logMaxSize.map { $0 * 1_000_000 }
    logOptions.keep = logKeep
    logOptions.describe = { describer.describe($0) }
    let log = RunLog(wish: logWish, options: logOptions) { describer.header(of: source.status, running: $0) }
    defer { log.stop() }
    let actions = try acting.actions(
      labels: first.facts.isTrained ? collection?.classes.map(\.name) ?? first.labels.all : nil,
      isLive: !chosen.everyFrame, log: log)
    let inference = Inference(
      ring: ring, network: first, builder: builder,
      preprocessor: Preprocessor(kernels: store.kernels), learner: learner, teacher: teacher, frameLimit: frames,
      log: log,
      actions: actions)
    if let crop = square.crop { inference.state.look(at: crop) }
    let session = LiveSession(
      source: source, controls: chosen.camera?.controls, ring: ring, inference: inference, log: log, actions: actions,
      teacher: teacher, notice: chosen.notice)
    let told = try isHeadless ? HeadlessRun(session).run() : runOnScreen(session, configuration, offers)
    // Where a log stopped by itself, at whatever time, the run has not done all its work.
    if let why = log.failure, why != told { Output.tell(why) }
    let hasLost =
      log.failure != nil || recording?.hasFailed == true || actions?.hasLostPictures == true
      || teacher?.hasLostShots == true
    if hasLost { throw ExitCode(1) }
  }

  private static func make(_ folder: String) throws(UserError) {
    var failed = folder
    do throws(SystemError) { try Folder.make(folder, failed: &failed) } catch {
      throw UserError("--classes \(folder): \(failed) cannot be made: \(error); give a folder that you may write to")
    }
  }

  /// - Parameters:
  ///   - store: the learner's own: what it makes runs beside the networks of the inference thread.
  ///   - teacher: puts more shots into the collection while the run goes on.
  private static func learner(
    _ collection: ClassCollection, _ store: NetworkStore, _ first: any RunnableNetwork, _ teacher: Teacher?
  ) throws -> ClassLearner {
    try TaughtClasses.check(first)
    return ClassLearner(total: collection.shotCount) { configuration, goesOn in
      teacher?.waitUntilWritten()
      let now = try teacher.map { try ClassCollection(folder: $0.folder, mayBeEmpty: true) } ?? collection
      var remarks: [String] = []
      let taught = try TaughtClasses(
        now, try store.network(configuration), in: store, mayBeEmpty: teacher != nil, remark: { remarks.append($0) },
        progress: { goesOn(ClassLearner.Progress(done: $0, total: now.shotCount)) })
      return taught.map {
        Lesson(
          mean: $0.embedder.mean, classifier: $0.classifier, support: $0.support, report: $0.report, remarks: remarks)
      }
    }
  }

  private func runOnScreen(
    _ session: LiveSession, _ configuration: Configuration, _ offers: [NetworkOffer]
  ) throws -> String? {
    var options = ViewOptions()
    options.style = preview
    options.commands = ScreenRun.commands
    return try ScreenRun(
      session, screen: Screen(colors: colorDepth, synchronizesOutput: !limits.noSync), running: configuration,
      choices: ScreenRun.Choices(
        offers: offers, precisions: NetworkOptions.usablePrecisions, mostThreads: WorkerTeam.physicalCoreCount(),
        keptPrecision: network.chosenPrecision, budget: limits.budgetTime, crop: square.crop ?? .central),
      options: options, maxBytesPerSecond: limits.maxBytesPerSecond
    ).run()
  }
}

extension LogFormat: ExpressibleByArgument {}
extension PreviewStyle: ExpressibleByArgument {}
