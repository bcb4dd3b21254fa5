import CSystem
import Glibc

/// A thread of the system. Signals that are sent to the process go to the main thread, which waits for them.
///
/// Sendable: the handle is written once, before anybody else has the object.
public final class SystemThread: @unchecked Sendable {
  private var handle = pthread_t()
  private var isJoined = false

  private final class Body {
    let name: String
    let run: () -> Void
    init(_ name: String, _ run: @escaping () -> Void) {
      self.name = name
      self.run = run
    }
  }

  /// Starts `body`.
  /// - Parameter name: what `ps -L` and debuggers show, at most 15 bytes.
  /// - Throws: `UserError` where the system gives no further thread (`ulimit -u`, memory).
  public init(name: String, _ body: @escaping @Sendable () -> Void) throws(UserError) {
    let argument = Unmanaged.passRetained(Body(name, body))
    // A thread begins with its maker's mask. Faults of its own are no matter of choice and stay.
    var blocked = sigset_t()
    var before = sigset_t()
    sigfillset(&blocked)
    for fault in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT] { sigdelset(&blocked, fault) }
    pthread_sigmask(SIG_SETMASK, &blocked, &before)
    let code = pthread_create(
      &handle, nil,
      { argument in
        let body = Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue()
        mobilecam_name_thread(body.name)
        body.run()
        return nil
      }, argument.toOpaque())
    pthread_sigmask(SIG_SETMASK, &before, nil)
    guard code == 0 else {
      argument.release()
      throw UserError(
        "the thread '\(name)' could not be started: \(SystemError(code)); end other programs, or raise the limit (ulimit -u)"
      )
    }
  }

  /// Waits for its end. Once, and by one thread.
  public func join() {
    guard !isJoined else { return }
    isJoined = true
    pthread_join(handle, nil)
  }

  /// Processor time that it has used so far; `nil` once it has ended.
  public var processorTime: Nanoseconds? {
    var clock = clockid_t()
    guard !isJoined, pthread_getcpuclockid(handle, &clock) == 0 else { return nil }
    return .of(clock)
  }
}
