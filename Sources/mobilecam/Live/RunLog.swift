import Frames
import MobileNet
import Synchronization
import Telemetry

/// The log of a run: off, on, or stopped by itself. `append` is the inference thread's; the rest is anybody's.
final class RunLog: Sendable {
  private let writer = Mutex<LogWriter?>(nil)
  private let layers: [RunHeader.Layer]
  private let isa: String
  private let source: any FrameSource
  private let options: LogWriter.Options

  init(network: any RunnableNetwork, source: any FrameSource, options: LogWriter.Options = LogWriter.Options()) {
    self.source = source
    self.options = options
    isa = network.kernelsName
    layers = network.architecture.layers.map {
      RunHeader.Layer(
        name: $0.name, kind: $0.kind.rawValue, inputShape: [$0.inputSide, $0.inputSide, $0.inputChannels],
        outputShape: [$0.outputSide, $0.outputSide, $0.outputChannels], multAdds: $0.multAdds)
    }
  }

  /// - Throws: `LogError` if the path cannot be written or its format is unknown.
  func start(path: String, format: String? = nil) throws {
    var header = RunHeader(startingNow: Mobilecam.version, layers: layers)
    header.isa = isa
    let status = source.status
    header.source = status.name
    header.format = status.format
    let opened = try LogWriter.open(
      path: path, format: LogFormat.choose(path: path, named: format), header: header, options: options)
    writer.withLock { $0 = opened }
  }

  func append(_ record: borrowing FrameRecord) {
    guard let writer = writer.withLock({ $0 }) else { return }
    writer.append(record)
  }

  /// Writes what waits and ends the log; returns what to tell the user.
  @discardableResult
  func stop() -> String? {
    let ended = writer.withLock { writer in
      defer { writer = nil }
      return writer
    }
    guard let ended else { return nil }
    let state = ended.close()
    if case .stopped(let why) = state { return why }
    return "logged \(ended.rowsWritten) results to \(ended.path)"
  }

  /// The file being written, and what is wrong with it.
  var status: (file: String?, trouble: String?) {
    guard let writer = writer.withLock({ $0 }) else { return (nil, nil) }
    if case .stopped(let why) = writer.state { return (nil, why) }
    return (writer.path, writer.rowsLost > 0 ? "\(writer.rowsLost) rows lost" : nil)
  }
}
