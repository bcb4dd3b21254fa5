import Frames
import Glibc
import Platform

/// The thread on which a source fills its ring. Stops within a few milliseconds wherever the thread waits: for the next
/// frame's time, or for a reader of an `everyFrame` ring.
final class SourceThread: @unchecked Sendable {
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  // Guarded by `lock`.
  private var thread: pthread_t?
  private var ring: FrameRing?
  private var isStopping = false
  private var isFinished = false
  private var waitsForRing = false

  init() {
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

  private final class Body {
    let run: () -> Void
    init(_ run: @escaping () -> Void) { self.run = run }
  }

  /// Runs `body` on a new thread; `body` returns soon after `stopping` has become true.
  /// - Parameter name: what `ps -L` and debuggers show, at most 15 bytes.
  func start(name: String, into ring: FrameRing, _ body: @escaping @Sendable (SourceThread) -> Void) throws(UserError) {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    precondition(thread == nil, "a source runs once at a time: stop it before it starts again")
    self.ring = ring
    isStopping = false
    isFinished = false
    let argument = Unmanaged.passRetained(
      Body { [self] in
        Self.nameThisThread(name)
        body(self)
        finish()
      })
    var created = pthread_t()
    let status = pthread_create(
      &created, nil,
      { argument in
        Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue().run()
        return nil
      }, argument.toOpaque())
    guard status == 0 else {
      argument.release()
      throw UserError("cannot start a thread: \(String(cString: strerror(status))); end other programs and try again")
    }
    thread = created
  }

  /// Stops the thread and waits for it. The ring stays as it is, unless its producer waits for a reader that does not
  /// come: then only the ring's end can release it.
  func stop() {
    pthread_mutex_lock(lock)
    guard let thread else {
      pthread_mutex_unlock(lock)
      return
    }
    self.thread = nil
    isStopping = true
    pthread_cond_broadcast(changed)
    while !isFinished {
      // In a live ring nothing waits, so whoever still waits after this time is held by an `everyFrame` ring.
      let isInTime = wait(until: .now() + Nanoseconds(milliseconds: 20))
      if !isInTime, !isFinished, waitsForRing, let ring {
        pthread_mutex_unlock(lock)
        ring.end()
        pthread_mutex_lock(lock)
      }
    }
    pthread_mutex_unlock(lock)
    pthread_join(thread, nil)
  }

  /// The calls for this are variadic or hidden from Swift; Linux has a file for it. No harm if it fails.
  private static func nameThisThread(_ name: String) {
    let descriptor = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    _ = write(descriptor, name, name.utf8.count)
    close(descriptor)
  }

  private func finish() {
    pthread_mutex_lock(lock)
    isFinished = true
    pthread_cond_broadcast(changed)
    pthread_mutex_unlock(lock)
  }

  /// With `lock` held. False when the time is up.
  private func wait(until deadline: Nanoseconds) -> Bool {
    var until = timespec(
      tv_sec: Int(deadline.count / 1_000_000_000), tv_nsec: Int(deadline.count % 1_000_000_000))
    return pthread_cond_timedwait(changed, lock, &until) != ETIMEDOUT
  }

  // MARK: On the thread itself

  var stopping: Bool {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    return isStopping
  }

  /// Sleeps until `deadline`; false as soon as the thread is to stop.
  func sleep(until deadline: Nanoseconds) -> Bool {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    while !isStopping, Nanoseconds.now() < deadline { _ = wait(until: deadline) }
    return !isStopping
  }

  /// `FrameRing.publish`, for a thread that can be stopped meanwhile. False when there is nobody left to publish for:
  /// the thread is to stop, or the ring has ended. (A frame for which no slot was free is a drop, and no reason to end.)
  func publish(_ fill: (UnsafeMutableRawBufferPointer) throws -> FrameInfo?) rethrows -> Bool {
    pthread_mutex_lock(lock)
    guard !isStopping, let ring else {
      pthread_mutex_unlock(lock)
      return false
    }
    waitsForRing = true
    pthread_mutex_unlock(lock)
    defer { setWaitsForRing(false) }
    let isPublished = try ring.publish { pixels in
      setWaitsForRing(false)
      return try fill(pixels)
    }
    return isPublished || ring.end == nil
  }

  private func setWaitsForRing(_ value: Bool) {
    pthread_mutex_lock(lock)
    waitsForRing = value
    pthread_mutex_unlock(lock)
  }
}

extension SourceThread {
  /// Publishes frames of one size at a steady rate until it is stopped or the ring ends.
  ///
  /// A source that is made up loses nothing when it is late: its own frame numbers are skipped, the sequence that
  /// readers see has no gap, and nothing counts as a driver drop.
  /// - Parameters:
  ///   - render: writes frame `number` into `[H, W, 3]` bytes.
  ///   - afterFirst: work that may follow once the first frame is out; false when there is none left.
  func play(
    width: Int, height: Int, framesPerSecond: Int,
    render: (_ number: Int, _ pixels: UnsafeMutableRawBufferPointer) throws -> Void,
    afterFirst: () throws -> Bool
  ) rethrows {
    var pacer = Pacer(start: .now(), framesPerSecond: framesPerSecond)
    var sequence = 0
    var hasWork = true
    while true {
      let number = pacer.advance(now: .now())
      guard sleep(until: pacer.due(number)) else { return }
      let isWanted = try publish { pixels in
        let captured = Nanoseconds.now()
        try render(number, pixels)
        return FrameInfo(width: width, height: height, sequence: sequence, captured: captured)
      }
      guard isWanted else { return }
      sequence += 1
      if hasWork { hasWork = try afterFirst() }
    }
  }
}
