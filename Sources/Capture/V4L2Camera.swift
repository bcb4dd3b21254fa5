import CV4L2
import Frames
import Glibc
import Platform
import Synchronization

/// A camera behind a V4L2 node. Fills the ring from a thread of its own and gets the camera back after a fault:
/// unplugged, stalled, broken stream. No fault ends the ring; `status.trouble` says what is wrong.
///
/// After `stop` the camera is free for others; `start` takes it again (for a program that was suspended).
public final class V4L2Camera: FrameSource {
  private struct State: ~Copyable {
    var status: SourceStatus
    var counter = SequenceCounter()
    /// The camera as it was found; `nil` before the first start.
    var identity: CameraIdentity?
    var thread: SystemThread?
    /// An eventfd that ends the thread; -1 while there is none.
    var wake: Int32 = -1
  }

  /// Held by the thread as well, which therefore never keeps the camera itself alive.
  private final class Shared: Sendable {
    let state: Mutex<State>
    let transferTime = Atomic<Int64>(0)
    init(name: String) { state = Mutex(State(status: SourceStatus(name: name))) }
  }

  private let path: String
  private let wish: StreamWish
  private let calls: V4L2Calls
  private let shared: Shared
  /// The camera's controls, for the time from `start` to `stop`.
  public let controls: ControlQueue

  /// - Parameter path: the node, or a link to it.
  public convenience init(path: String, wish: StreamWish = StreamWish()) {
    self.init(path: path, wish: wish, calls: .live)
  }

  package init(path: String, wish: StreamWish, calls: V4L2Calls) {
    self.path = path
    self.wish = wish
    self.calls = calls
    shared = Shared(name: path)
    controls = ControlQueue(path: path, wish: wish, calls: calls)
  }

  deinit { stop() }

  /// From the dequeue of the newest good frame to its place in the ring; zero before the first.
  package var transferTime: Nanoseconds { Nanoseconds(shared.transferTime.load(ordering: .relaxed)) }

  public var status: SourceStatus { shared.state.withLock { $0.status } }

  /// Opens the camera and starts to stream.
  /// - Throws: `UserError`: no such device, no camera, busy (with the holder's name), no permission, no usable format.
  public func start(into ring: FrameRing) throws {
    stop()
    let stream = try open(maximumPixels: ring.frameCapacityBytes / 3)
    try run(ring, identity: stream.identity, stream: stream)
    do {
      try controls.give(within: Self.controlPatience) { [shared] refusal in
        shared.state.withLock { $0.status.notice = refusal.message }
      }
    } catch {
      stop()
      throw error
    }
  }

  /// A control that is wrong is an error of the start where the camera says so at once; a slow camera is not waited for.
  private static let controlPatience = Nanoseconds(seconds: 1)

  /// Takes the camera again after `stop`; one that is busy or away meanwhile is waited for, as after a fault.
  /// - Throws: `UserError` if the camera was never started, and cannot be now.
  public func resume(into ring: FrameRing) throws {
    guard let identity = shared.state.withLock({ $0.identity }) else { return try start(into: ring) }
    stop()
    try run(ring, identity: identity, stream: nil)
  }

  public func suspend() { stop() }

  private func run(_ ring: FrameRing, identity: CameraIdentity, stream: CaptureStream?) throws {
    let wake = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
    guard wake >= 0 else {
      throw UserError("\(path): no file descriptor is left (\(SystemError.last)).")
    }
    let counter = shared.state.withLock { state in
      state.wake = wake
      state.status.trouble = nil
      return state.counter
    }
    // The thread's alone from now on.
    nonisolated(unsafe) let loop = CaptureLoop(
      identity: identity, stream: stream, wish: wish, controls: controls, calls: calls, ring: ring, wake: wake,
      counter: counter,
      report: { [shared] change in shared.state.withLock { change(&$0.status) } },
      transferTime: { [shared] in shared.transferTime.store($0, ordering: .relaxed) })
    do throws(UserError) {
      let thread = try SystemThread(name: "capture") { [shared] in
        loop.run()
        shared.state.withLock {
          $0.counter = loop.counter
          $0.identity = loop.identity
        }
      }
      shared.state.withLock { $0.thread = thread }
    } catch {
      close(wake)
      shared.state.withLock { $0.wake = -1 }
      throw error
    }
  }

  public func stop() {
    let (thread, wake) = shared.state.withLock { state in
      defer { state.thread = nil }
      return (state.thread, state.wake)
    }
    guard let thread else { return }
    var one: UInt64 = 1
    _ = write(wake, &one, MemoryLayout<UInt64>.size)
    thread.join()
    close(wake)
    controls.close()
    shared.state.withLock { $0.wake = -1 }
  }

  private func open(maximumPixels: Int) throws -> CaptureStream {
    do {
      return try CaptureStream.open(path, wish: wish, maximumPixels: maximumPixels, calls: calls)
    } catch let error as CallError {
      if error.code != ENOENT, let kind = File.kind(of: path), kind != .characterDevice {
        throw CameraError.notADevice(path, kind.description, CameraCatalog.cameras(calls))
      }
      throw CameraError.starting(path, error, calls)
    }
  }
}
