import ArgumentParser
import Frames
import MobileNet
import Model
import Platform
import Synchronization
import Telemetry

/// The log of a run: off, on, or stopped by itself. `append` and `hold` are the inference thread's; the rest is anybody's.
final class RunLog: Sendable {
  private let writer = Mutex<LogWriter?>(nil)
  /// Why a log of this run stopped by itself.
  private let failure = Mutex<String?>(nil)
  /// Results that the screen may yet show.
  private let held: Mutex<HeldRecords>
  private let network: NetworkDescriber
  private let source: any FrameSource
  private let options: LogWriter.Options
  /// The log that the command line asks for.
  private let wanted: (path: String, format: String?)?

  init(
    network: NetworkDescriber, source: any FrameSource, wanted: (path: String, format: String?)? = nil,
    options: LogWriter.Options = LogWriter.Options()
  ) {
    self.source = source
    self.wanted = wanted
    self.network = network
    held = Mutex(HeldRecords(layerCount: Architecture(alpha: .one, resolution: 224).layers.count))
    var options = options
    options.describe = { network.describe($0) }
    self.options = options
  }

  /// Starts the log that the command line asks for, if it does. To be called when the source runs: what it negotiated goes
  /// into the log's head.
  /// - Throws: `UserError` as `start`.
  func startIfWanted(_ inference: Inference) throws {
    if let wanted { try start(path: wanted.path, format: wanted.format, inference) }
  }

  /// - Throws: `UserError` if the path cannot be written or its format is unknown.
  func start(path: String, format: String? = nil, _ inference: Inference) throws {
    let (settings, isa) = inference.inspect { ($0.settings, $0.isa) }
    var header = RunHeader(startingNow: Mobilecam.version)
    header.network = network.describe(settings)
    header.isa = isa
    let status = source.status
    header.source = status.name
    header.format = status.format.isEmpty ? nil : status.format
    let opened = try LogWriter.open(
      path: path, format: LogFormat.choose(path: path, named: format), header: header, options: options)
    writer.withLock { $0 = opened }
  }

  func append(_ record: borrowing FrameRecord) {
    guard let writer = writer.withLock({ $0 }) else { return }
    writer.append(record)
  }

  // MARK: A run with the screen

  /// Like `append`, once it is known whether the screen shows the record.
  func hold(_ record: borrowing FrameRecord) { held.withLock { held in held.hold(record, release: append) } }

  func beginDrawing(_ record: borrowing FrameRecord) {
    held.withLock { held in held.beginDrawing(record, release: append) }
  }

  /// - Returns: the times of the result that was drawn; `nil` if it was none that is new.
  func endDrawing(began: Nanoseconds) -> ShownResult? {
    held.withLock { held in
      held.endDrawing(began: began, ended: .now(), release: append)
    }
  }

  /// Writes what waits and ends the log; returns what to tell the user.
  @discardableResult
  func stop() -> String? {
    held.withLock { held in held.releaseAll(append) }
    let ended = writer.withLock { writer in
      defer { writer = nil }
      return writer
    }
    guard let ended else { return nil }
    if case .stopped(let why) = ended.close() {
      failure.withLock { $0 = why }
      return why
    }
    return Self.summary(ended)
  }

  /// At the end of the run: where a log stopped by itself, at whatever time, the run has not done all its work.
  /// - Parameter told: what was said on standard error when the last log ended; a failure before that one is said here.
  /// - Throws: `ExitCode`.
  func requireWhole(told: String?) throws {
    guard let why = failure.withLock({ $0 }) else { return }
    if why != told { Output.tell(why) }
    throw ExitCode(1)
  }

  private static func summary(_ log: LogWriter) -> String {
    let files = log.fileCount > 1 ? "\(log.fileCount) files, the last of them \(log.path)" : log.path
    let deleted =
      log.rowsDeleted > 0 ? "; the oldest \(log.rowsDeleted) were deleted with their files (--log-keep)" : ""
    let lost = log.rowsLost > 0 ? "; \(log.rowsLost) more were lost, since the disk was too slow" : ""
    let cut =
      log.cuts > 0
      ? "; what it held was cut meanwhile by another program, \(log.cuts == 1 ? "once" : "\(log.cuts) times")" : ""
    return "logged \(log.rowsWritten) results to \(files)\(deleted)\(lost)\(cut)"
  }

  /// The file being written, and what is wrong with it.
  var status: (file: String?, trouble: String?) {
    guard let writer = writer.withLock({ $0 }) else { return (nil, nil) }
    if case .stopped(let why) = writer.state { return (nil, why) }
    return (writer.path, writer.rowsLost > 0 ? "\(writer.rowsLost) rows lost" : nil)
  }
}
