import Frames
import Platform
import Synchronization
import Telemetry

/// The log of a run: off, on, or stopped by itself. Safe from any thread.
public final class RunLog: Sendable {
  /// What the command line asks for.
  public struct Wish: Sendable {
    public var path: String
    public var format: LogFormat
    public init(path: String, format: LogFormat) {
      self.path = path
      self.format = format
    }
  }

  private struct State {
    var writer: LogWriter?
    /// Why a log of this run stopped by itself.
    var failure: String?
  }

  private let state = Mutex(State())
  private let wish: Wish?
  private let options: LogWriter.Options
  private let makeHeader: @Sendable (InferenceState.View) -> RunHeader

  /// - Parameter makeHeader: says what a log begins with when the run is as it is seen then.
  public init(
    wish: Wish? = nil, options: LogWriter.Options = LogWriter.Options(),
    makeHeader: @escaping @Sendable (InferenceState.View) -> RunHeader
  ) {
    self.wish = wish
    self.options = options
    self.makeHeader = makeHeader
  }

  /// Starts the log that the command line asks for, if it does. To be called when the source runs: what it negotiated goes
  /// into the log's head.
  /// - Throws: `UserError` as `start`.
  package func startIfWanted(_ view: InferenceState.View) throws(UserError) { if let wish { try start(wish, view) } }

  /// - Throws: `UserError` if the path cannot be written.
  package func start(_ wish: Wish, _ view: InferenceState.View) throws(UserError) {
    let writer = try LogWriter.open(
      path: wish.path, format: wish.format, header: makeHeader(view), options: options)
    state.withLock { $0.writer = writer }
  }

  func append(_ record: borrowing FrameRecord) { state.withLock { $0.writer }?.append(record) }

  package func append(_ event: ActionEvent) { state.withLock { $0.writer }?.append(event) }

  /// Writes what waits and ends the log; returns what to tell the user.
  @discardableResult
  public func stop() -> String? {
    let ended = state.withLock { state in
      defer { state.writer = nil }
      return state.writer
    }
    guard let ended else { return nil }
    if case .stopped(let why) = ended.close() {
      state.withLock { $0.failure = why }
      return why
    }
    return Self.summary(ended)
  }

  /// Why the run has not done all its work: a log of it stopped by itself, at whatever time.
  public var failure: String? { state.withLock { $0.failure } }

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
  package var status: (file: String?, trouble: String?) {
    guard let writer = state.withLock({ $0.writer }) else { return (nil, nil) }
    if case .stopped(let why) = writer.state { return (nil, why) }
    return (writer.path, writer.rowsLost > 0 ? "\(writer.rowsLost) rows lost" : nil)
  }
}
