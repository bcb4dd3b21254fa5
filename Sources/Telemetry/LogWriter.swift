import Glibc
import Platform

/// Writes a run's log from a thread of its own, behind a bounded queue, so that nobody who measures waits for a disk.
///
/// A row is on its way to the disk a tenth of a second after `append`, and synced within a second. When the disk is full,
/// the file vanishes or fails, logging stops and `state` says why; the rows that were written stay, and are whole.
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
  private static let wakeNanoseconds: Int64 = 100_000_000
  private static let syncNanoseconds: Int64 = 1_000_000_000

  // Guarded by `lock`, as is all mutable state below. The mutex and condition must not move: they live outside the object.
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var slots: [FrameRecord]
  private var head = 0
  private var waiting = 0
  private var lost = 0
  private var written = 0
  private var currentState = State.logging
  private var currentPath: String
  private var currentFiles = 1
  private var deleted = 0
  private var isClosing = false
  private var thread: pthread_t?

  // Touched by the writer's thread only, once it runs.
  private var parts: LogParts
  private let sampler: MachineSampler?

  /// Creates the log and starts its thread.
  ///
  /// - Parameters:
  ///   - path: where the log should be; if something is there, the next free numbered name beside it is taken, and
  ///     `path` of the result says which.
  ///   - header: goes to the start of each file.
  /// - Throws: `UserError` if the path cannot be written.
  public static func open(
    path: String, format: LogFormat, header: RunHeader, options: Options = Options()
  ) throws(UserError) -> LogWriter {
    let writer = LogWriter(
      parts: try LogParts(path: path, format: format, header: header, options: options),
      layerCount: header.layers.count, options: options)
    try writer.start()
    return writer
  }

  private init(parts: LogParts, layerCount: Int, options: Options) {
    precondition(options.queueCapacity >= 2, "the row after a loss must fit in, for it tells of the loss")
    self.parts = parts
    sampler = options.sampler
    currentPath = parts.path
    // One by one: copies of one record would share their buffers, and part with an allocation later.
    slots = (0..<options.queueCapacity).map { _ in
      var slot = FrameRecord()
      slot.reserve(layers: layerCount)
      return slot
    }
    pthread_mutex_init(lock, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(changed, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(lock)
    changed.deallocate()
    lock.deallocate()
  }

  private func start() throws(UserError) {
    var handle = pthread_t()
    let code = pthread_create(
      &handle, nil,
      { context in
        Unmanaged<LogWriter>.fromOpaque(context!).takeRetainedValue().run()
        return nil
      }, Unmanaged.passRetained(self).toOpaque())
    guard code == 0 else {
      Unmanaged.passUnretained(self).release()
      throw UserError(
        "expected to start the log's thread, found: \(errorText(code)); close some programs and try again")
    }
    thread = handle
  }

  // MARK: Any thread

  /// Takes a copy of `record` for the log. Never waits: returns `false` if the queue was full, which the log's next row
  /// tells (`log_lost`), or if logging has ended.
  @discardableResult
  public func append(_ record: borrowing FrameRecord) -> Bool {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    guard currentState == .logging, !isClosing else { return false }
    guard waiting < slots.count else {
      lost += 1
      return false
    }
    slots[(head + waiting) % slots.count].assign(record)
    waiting += 1
    // The thread wakes by itself; only a queue that fills up faster calls it.
    if waiting == slots.count / 2 { pthread_cond_signal(changed) }
    return true
  }

  public var state: State { locked { currentState } }
  /// The file that is written now.
  public var path: String { locked { currentPath } }
  /// Rows written, and records lost because the queue was full.
  public var rowsWritten: Int { locked { written } }
  public var rowsLost: Int { locked { lost } }
  /// Where the size is limited: the files that there are, `path` being the last, and rows of older ones that were deleted.
  public var fileCount: Int { locked { currentFiles } }
  public var rowsDeleted: Int { locked { deleted } }

  /// Processor time that the writer's thread has used so far; `nil` once it has ended.
  public var processorNanoseconds: Int64? {
    locked {
      var clock = clockid_t()
      guard let thread, pthread_getcpuclockid(thread, &clock) == 0 else { return nil }
      return clockNanoseconds(clock)
    }
  }

  /// Writes what waits, syncs, ends the thread. Harmless when called twice. Returns the state before closing: words, if
  /// logging had stopped.
  @discardableResult
  public func close() -> State {
    pthread_mutex_lock(lock)
    isClosing = true
    let handle = thread
    thread = nil
    pthread_cond_signal(changed)
    pthread_mutex_unlock(lock)
    if let handle { pthread_join(handle, nil) }
    return locked {
      let before = currentState
      if before == .logging { currentState = .closed }
      return before
    }
  }

  private func locked<T>(_ body: () -> T) -> T {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    return body()
  }

  // MARK: The writer's thread

  private func run() {
    let line = LineBuffer()
    var record = FrameRecord()
    var sample = MachineSample()
    var nextSample = Int64.min
    var nextSync = clockNanoseconds(CLOCK_MONOTONIC) + Self.syncNanoseconds
    do throws(UserError) {
      while true {
        let isLast = waitForWork()
        let now = clockNanoseconds(CLOCK_MONOTONIC)
        if now >= nextSample, let sampler {
          sample = sampler.sample()
          nextSample = now + Self.syncNanoseconds
        }
        while take(&record) {
          if record.cpuFrequencyKilohertz == nil { record.cpuFrequencyKilohertz = sample.frequencyKilohertz }
          if record.cpuTemperatureMillidegrees == nil {
            record.cpuTemperatureMillidegrees = sample.temperatureMillidegrees
          }
          try parts.write(record, line: line)
          locked {
            written += 1
            if currentPath != parts.path {
              currentPath = parts.path
              currentFiles = parts.count
              deleted = parts.rowsDeleted
            }
          }
        }
        try parts.file.checkPresence()
        if isLast {
          try parts.finish(line: line)
          return
        }
        if now >= nextSync {
          try parts.file.sync()
          nextSync = now + Self.syncNanoseconds
        }
      }
    } catch {
      locked { currentState = .stopped("logging stopped: \(error.message)") }
    }
  }

  /// Returns after a while, or sooner when the queue fills up; whether the log is to end after what waits now.
  private func waitForWork() -> Bool {
    let deadline = clockNanoseconds(CLOCK_MONOTONIC) + Self.wakeNanoseconds
    var until = timespec(tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    while !isClosing, waiting < slots.count / 2 {
      if pthread_cond_timedwait(changed, lock, &until) == ETIMEDOUT { break }
    }
    return isClosing
  }

  /// The oldest record that waits, swapped with `record` so that buffers are used again.
  private func take(_ record: inout FrameRecord) -> Bool {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    guard waiting > 0 else { return false }
    swap(&slots[head], &record)
    head = (head + 1) % slots.count
    waiting -= 1
    record.logLost = lost
    return true
  }
}
