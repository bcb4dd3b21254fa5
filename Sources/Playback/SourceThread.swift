import Frames
import Platform
import Synchronization

/// The thread on which a source fills its ring. Stops within a few milliseconds wherever the thread waits: for the next
/// frame's time, or for a reader of an `everyFrame` ring.
final class SourceThread: Sendable {
  private struct State {
    var thread: SystemThread?
    var ring: FrameRing?
    var isStopping = false
    var isFinished = false
    var waitsForRing = false
  }
  private let state = Monitor(State())
  /// What the source says of itself.
  let status: Mutex<SourceStatus>

  init(_ status: SourceStatus) { self.status = Mutex(status) }

  /// The thread is to stop, or there is nobody left to publish for: the ring stays as it is.
  struct Cancelled: Error {}

  /// Runs `body` on a new thread. When it returns, the ring has ended; when it throws, the ring has failed and the status tells
  /// why, unless it was `Cancelled`, which it throws soon after `stopping` has become true.
  /// - Parameter name: what `ps -L` and debuggers show, at most 15 bytes.
  func start(
    name: String, into ring: FrameRing, _ body: @escaping @Sendable (SourceThread) throws -> Void
  ) throws(UserError) {
    try state.withLock { (state: inout State) throws(UserError) in
      precondition(state.thread == nil, "a source runs once at a time: stop it before it starts again")
      state.ring = ring
      state.isStopping = false
      state.isFinished = false
      state.thread = try SystemThread(name: name) { [self] in
        do {
          try body(self)
          ring.end(.finished)
        } catch is Cancelled {
        } catch {
          status.withLock { $0.trouble = "\(error)" }
          ring.end(.failed("\(error)"))
        }
        self.state.withLock { $0.isFinished = true }
        self.state.signal()
      }
    }
  }

  /// Stops the thread and waits for it. The ring stays as it is, unless its producer waits for a reader that does not
  /// come: then only the ring's end can release it.
  func stop() {
    let running = state.withLock { state in
      defer { state.thread = nil }
      state.isStopping = true
      return state.thread
    }
    guard let running else { return }
    state.signal()
    // In a live ring nothing waits, so whoever still waits after this time is held by an `everyFrame` ring.
    while !state.wait(until: .now() + Nanoseconds(milliseconds: 20), for: { $0.isFinished }) {
      let ring = state.withLock { $0.waitsForRing ? $0.ring : nil }
      ring?.end()
    }
    running.join()
  }

  // MARK: On the thread itself

  var stopping: Bool { state.withLock { $0.isStopping } }

  /// Whether there is somebody to publish for.
  var isWanted: Bool { state.withLock { !$0.isStopping && $0.ring?.end == nil } }

  /// Sleeps until `deadline`, or until the thread is to stop.
  func sleep(until deadline: Nanoseconds) throws(Cancelled) {
    if state.wait(until: deadline, for: { $0.isStopping }) { throw Cancelled() }
  }

  /// `FrameRing.publish`, for a thread that can be stopped meanwhile. Throws `Cancelled` when there is nobody left to publish
  /// for: the thread is to stop, or the ring has ended. (A frame for which no slot was free is a drop, and no reason to end.)
  func publish(_ fill: (UnsafeMutableRawBufferPointer) throws -> FrameInfo?) throws {
    let ring = state.withLock { state -> FrameRing? in
      guard !state.isStopping else { return nil }
      state.waitsForRing = true
      return state.ring
    }
    guard let ring else { throw Cancelled() }
    defer { setWaitsForRing(false) }
    let isPublished = try ring.publish { pixels in
      setWaitsForRing(false)
      return try fill(pixels)
    }
    if !isPublished, ring.end != nil { throw Cancelled() }
  }

  private func setWaitsForRing(_ value: Bool) { state.withLock { $0.waitsForRing = value } }
}

extension SourceThread {
  /// Publishes frames of one size at a steady rate until `Cancelled`.
  ///
  /// A source that is made up loses nothing when it is late: its own frame numbers are skipped, the sequence that
  /// readers see has no gap, and nothing counts as a driver drop.
  /// - Parameters:
  ///   - firstSequence: the first frame's number, as readers see it.
  ///   - render: writes frame `number` into `[H, W, 3]` bytes.
  ///   - afterEach: work that may follow once a frame is out.
  func play(
    width: Int, height: Int, framesPerSecond: Int, firstSequence: Int = 0,
    render: (_ number: Int, _ pixels: UnsafeMutableRawBufferPointer) throws -> Void,
    afterEach: () throws -> Void = {}
  ) throws -> Never {
    var pacer = Pacer(start: .now(), framesPerSecond: framesPerSecond)
    var sequence = firstSequence
    while true {
      let number = pacer.advance(now: .now())
      try sleep(until: pacer.due(number))
      try publish { pixels in
        let captured = Nanoseconds.now()
        try render(number, pixels)
        return FrameInfo(width: width, height: height, sequence: sequence, captured: captured)
      }
      sequence += 1
      try afterEach()
    }
  }
}
