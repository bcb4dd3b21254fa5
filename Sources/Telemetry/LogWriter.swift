import Model
import Platform

/// Writes a run's log from a thread of its own, behind a bounded queue, so that nobody who measures waits for a disk.
///
/// A row is on its way to the disk a tenth of a second after `append`, and synced within a second. When the disk is full,
/// the file vanishes or fails, logging stops and `state` says why; the rows that were written stay, and are whole.
///
/// `@unchecked`: `parts` is touched by the writer's thread alone once that runs; all else is behind `shared`.
public final class LogWriter: @unchecked Sendable {
  public enum State: Sendable, Hashable {
    case logging
    /// Logging ended by itself; the words are for the screen.
    case stopped(String)
    case closed
  }

  public struct Options: Sendable {
    /// Records that can wait for the disk; more are lost, and counted.
    public var queueCapacity = 1024
    /// Bytes that a file may take before the next one is begun; `nil` for no limit.
    public var maxBytes: Int?
    /// Files that are kept when `maxBytes` is set; the oldest of this run are deleted.
    public var keep = 5
    /// Gives each record the processor's frequency and temperature, sampled once a second; `nil` for neither.
    public var sampler: MachineSampler? = MachineSampler()
    /// Says what a configuration means when the run switches to it; called on the writer's thread, once for each
    /// configuration and file. `nil` from it leaves the network undescribed.
    public var describe: (@Sendable (Configuration) -> NetworkFacts?)?

    public init() {}
  }

  /// How long records may wait: long enough that a burst costs one wake-up, short enough for a log that is followed.
  package static let wakePeriod = Nanoseconds(milliseconds: 100)
  /// Events that can wait for the disk: rules fire seldom.
  private static let mostEvents = 256
  private static let syncPeriod = Nanoseconds(seconds: 1)

  /// What threads share.
  private struct Shared {
    var slots: [FrameRecord]
    var head = 0
    var waiting = 0
    var events: [ActionEvent] = []
    var lost = 0
    var written = 0
    var state = State.logging
    var path: String
    var files = 1
    var deleted = 0
    var cuts = 0
    var isClosing = false
    var thread: SystemThread?

    /// Worth waking the thread for.
    var isFillingUp: Bool { waiting >= slots.count / 2 }
  }
  private let shared: Monitor<Shared>

  // Touched by the writer's thread only, once it runs.
  private var parts: LogParts
  private let sampler: MachineSampler?

  /// Creates the log and starts its thread.
  ///
  /// - Parameters:
  ///   - path: where the log should be; if something is there, the next free numbered name beside it is taken, and
  ///     `path` of the result says which.
  ///   - header: goes to the start of each file.
  /// - Throws: `UserError` if the path cannot be written, or the system gives no further thread.
  public static func open(
    path: String, format: LogFormat, header: RunHeader, options: Options = Options()
  ) throws(UserError) -> LogWriter {
    let writer = LogWriter(
      parts: try LogParts(path: path, format: format, header: header, options: options),
      layerCount: header.network.layers.count, options: options)
    do throws(UserError) {
      let thread = try SystemThread(name: "log") { writer.run() }
      writer.shared.withLock { $0.thread = thread }
    } catch {
      writer.parts.remove()
      throw error
    }
    return writer
  }

  private init(parts: LogParts, layerCount: Int, options: Options) {
    precondition(options.queueCapacity >= 2, "the row after a loss must fit in, for it tells of the loss")
    self.parts = parts
    sampler = options.sampler
    // One by one: copies of one record would share their buffers, and part with an allocation later.
    let slots = (0..<options.queueCapacity).map { _ in
      var slot = FrameRecord()
      slot.reserve(layers: layerCount)
      return slot
    }
    shared = Monitor(Shared(slots: slots, path: parts.path))
  }

  // MARK: Any thread

  /// Takes a copy of `record` for the log. Never waits: returns `false` if the queue was full, which the log's next row
  /// tells (`log_lost`), or if logging has ended.
  @discardableResult
  public func append(_ record: borrowing FrameRecord) -> Bool {
    var isFull = false
    let isTaken = shared.withLock { shared in
      guard shared.state == .logging, !shared.isClosing else { return false }
      guard shared.waiting < shared.slots.count else {
        shared.lost += 1
        return false
      }
      shared.slots[(shared.head + shared.waiting) % shared.slots.count].assign(record)
      let wasFillingUp = shared.isFillingUp
      shared.waiting += 1
      isFull = shared.isFillingUp && !wasFillingUp
      return true
    }
    // The thread wakes by itself; only a queue that fills up faster calls it.
    if isFull { shared.signal() }
    return isTaken
  }

  /// Takes an event for the log, and never waits: returns `false` if there were too many, or logging has ended.
  @discardableResult
  public func append(_ event: ActionEvent) -> Bool {
    shared.withLock { shared in
      guard shared.state == .logging, !shared.isClosing, shared.events.count < Self.mostEvents else { return false }
      shared.events.append(event)
      return true
    }
  }

  public var state: State { shared.withLock { $0.state } }
  /// The file that is written now.
  public var path: String { shared.withLock { $0.path } }
  /// Rows written, and records lost because the queue was full.
  public var rowsWritten: Int { shared.withLock { $0.written } }
  public var rowsLost: Int { shared.withLock { $0.lost } }
  /// Where the size is limited: the files that there are, `path` being the last, and rows of older ones that were deleted.
  public var fileCount: Int { shared.withLock { $0.files } }
  public var rowsDeleted: Int { shared.withLock { $0.deleted } }
  /// How often the log was found emptied or cut by others, rows that were written being gone.
  public var cuts: Int { shared.withLock { $0.cuts } }

  /// Processor time that the writer's thread has used so far; `nil` once it has ended.
  public var processorNanoseconds: Int64? { shared.withLock { $0.thread?.processorTime?.count } }

  /// Writes what waits, syncs, ends the thread. Harmless when called twice. Returns the state before closing: words, if
  /// logging had stopped.
  @discardableResult
  public func close() -> State {
    let thread = shared.withLock { shared in
      shared.isClosing = true
      return exchange(&shared.thread, with: nil)
    }
    shared.signal()
    thread?.join()
    return shared.withLock { shared in
      let before = shared.state
      if before == .logging { shared.state = .closed }
      return before
    }
  }

  // MARK: The writer's thread

  private func run() {
    let line = LineBuffer()
    var record = FrameRecord()
    var sample = MachineSample()
    var nextSample = Nanoseconds.now()
    var nextSync = nextSample + Self.syncPeriod
    do throws(UserError) {
      while true {
        let isLast = waitForWork()
        let now = Nanoseconds.now()
        if now >= nextSample, let sampler {
          sample = sampler.sample()
          nextSample = now + Self.syncPeriod
        }
        while take(&record) {
          if record.cpuFrequencyKilohertz == nil { record.cpuFrequencyKilohertz = sample.frequencyKilohertz }
          if record.cpuTemperatureMillidegrees == nil {
            record.cpuTemperatureMillidegrees = sample.temperatureMillidegrees
          }
          try parts.write(record, line: line)
          shared.withLock { shared in
            shared.written += 1
            guard shared.path != parts.path else { return }
            shared.path = parts.path
            shared.files = parts.count
            shared.deleted = parts.rowsDeleted
          }
        }
        // Behind the rows: one of them made the rule fire.
        for event in shared.withLock({ exchange(&$0.events, with: []) }) { try parts.write(event, line: line) }
        try parts.check()
        if isLast { try parts.finish(line: line) }
        shared.withLock { $0.cuts = parts.cuts }
        if isLast { return }
        if now >= nextSync {
          try parts.file.sync()
          nextSync = now + Self.syncPeriod
        }
      }
    } catch {
      shared.withLock { $0.state = .stopped("logging stopped: \(error.message)") }
    }
  }

  /// Returns after a while, or sooner when the queue fills up; whether the log is to end after what waits now.
  private func waitForWork() -> Bool {
    shared.wait(until: .now() + Self.wakePeriod) { $0.isClosing || $0.isFillingUp }
    return shared.withLock { $0.isClosing }
  }

  /// The oldest record that waits, swapped with `record` so that buffers are used again.
  private func take(_ record: inout FrameRecord) -> Bool {
    shared.withLock { shared in
      guard shared.waiting > 0 else { return false }
      swap(&shared.slots[shared.head], &record)
      shared.head = (shared.head + 1) % shared.slots.count
      shared.waiting -= 1
      record.logLost = shared.lost
      return true
    }
  }
}
