import CV4L2
import Frames
import Glibc
import Synchronization

/// A camera behind a V4L2 node. Fills the ring from a thread of its own and gets the camera back after a fault:
/// unplugged, stalled, broken stream. No fault ends the ring; `status.trouble` says what is wrong.
///
/// After `stop` the camera is free for others; `start` takes it again (for a program that was suspended).
public final class V4L2Camera: FrameSource {
  private struct State: ~Copyable {
    var status: SourceStatus
    var counter = SequenceCounter()
    var thread: pthread_t?
    /// An eventfd that ends the thread; -1 while there is none.
    var wake: Int32 = -1
  }

  /// Held by the thread as well, which therefore never keeps the camera itself alive.
  private final class Shared: Sendable {
    let state: Mutex<State>
    init(name: String) { state = Mutex(State(status: SourceStatus(name: name))) }
  }

  private let path: String
  private let wish: StreamWish
  private let calls: V4L2Calls
  private let shared: Shared

  /// - Parameters:
  ///   - path: the node, or a link to it.
  ///   - width, height: the size to ask for, in pixels; the nearest one that the camera has is taken.
  ///   - rate: frames a second to ask for.
  public convenience init(path: String, width: Int = 640, height: Int = 480, rate: Double = 30) {
    self.init(path: path, wish: StreamWish(width: width, height: height, rate: rate), calls: .live)
  }

  package init(path: String, wish: StreamWish, calls: V4L2Calls) {
    self.path = path
    self.wish = wish
    self.calls = calls
    shared = Shared(name: path)
  }

  deinit { stop() }

  public var status: SourceStatus { shared.state.withLock { $0.status } }

  /// Opens the camera and starts to stream.
  /// - Throws: `UserError`: no such device, no camera, busy (with the holder's name), no permission, no usable format.
  public func start(into ring: FrameRing) throws {
    stop()
    let stream = try open(maximumPixels: ring.frameCapacityBytes / 3)
    let wake = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
    guard wake >= 0 else {
      throw UserError("\(path): no file descriptor is left (\(String(cString: strerror(errno)))).")
    }
    let counter = shared.state.withLock { state in
      state.wake = wake
      state.status.name = path
      state.status.format = stream.formatWords
      state.status.nominalRate = stream.rate
      state.status.trouble = nil
      return state.counter
    }
    let loop = CaptureLoop(
      stream: stream, wish: wish, calls: calls, ring: ring, wake: wake, counter: counter,
      report: { [shared] change in shared.state.withLock { change(&$0.status) } })
    try startThread { [shared] in
      loop.run()
      shared.state.withLock { $0.counter = loop.counter }
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
    pthread_join(thread, nil)
    close(wake)
    shared.state.withLock { $0.wake = -1 }
  }

  private func open(maximumPixels: Int) throws -> CaptureStream {
    do {
      return try CaptureStream.open(path, wish: wish, refused: [], maximumPixels: maximumPixels, calls: calls)
    } catch let error as CallError {
      if error.code != ENOENT, case .other(let kind) = VideoNodes.kind(of: path) {
        throw CameraError.notADevice(path, kind, CameraCatalog.cameras(calls))
      }
      throw CameraError.starting(path, error, calls)
    }
  }

  /// What the new thread runs, once.
  private final class Work {
    let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
  }

  private func startThread(_ body: @escaping () -> Void) throws {
    var thread = pthread_t()
    let work = Unmanaged.passRetained(Work(body))
    let code = pthread_create(
      &thread, nil,
      { context in
        if let context { Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body() }
        return nil
      }, work.toOpaque())
    guard code == 0 else {
      work.release()
      throw UserError("\(path): the capture thread cannot be started (\(String(cString: strerror(code)))).")
    }
    shared.state.withLock { $0.thread = thread }
  }
}
