import CSystem
import Glibc
import Synchronization

/// INT, TERM and HUP for a run without a screen: as a flag, and as something that poll() wakes from, so that it ends in
/// order (source freed, log whole) wherever it waits.
public enum EndingSignal {
  private static let flag = Atomic<Int32>(0)
  /// An eventfd; -1 before `watch`.
  private static let wake = Atomic<Int32>(-1)

  /// The signal that came; 0 before.
  public static var received: Int32 { flag.load(ordering: .relaxed) }

  /// Readable for ever once a signal came; -1 where nobody watches, which poll() passes over.
  static var descriptor: Int32 { wake.load(ordering: .relaxed) }

  /// A signal came that somebody else watches for: the screen. What is printed from now on waits no longer than it must.
  public static func came(_ number: Int32) { flag.store(number, ordering: .relaxed) }

  /// Watches from now on; what the program was started with as ignored (`nohup`, a background job) stays ignored.
  public static func watch() {
    if descriptor < 0 { wake.store(eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK)), ordering: .relaxed) }
    for number in [SIGINT, SIGTERM, SIGHUP] where !isIgnored(number) {
      var action = sigaction()
      action.__sigaction_handler.sa_handler = { number in
        let before = errno
        EndingSignal.flag.store(number, ordering: .relaxed)
        var one: UInt64 = 1
        _ = write(EndingSignal.descriptor, &one, 8)
        errno = before
      }
      // No SA_RESTART: a call that waits returns.
      sigaction(number, &action, nil)
    }
  }

  private static func isIgnored(_ number: Int32) -> Bool {
    var found = sigaction()
    guard sigaction(number, nil, &found) == 0 else { return false }
    return unsafeBitCast(found.__sigaction_handler.sa_handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  /// Ends the process by the signal that came, so that the parent sees it.
  public static func die() -> Never {
    signal(received, SIG_DFL)
    kill(getpid(), received)
    while true { pause() }
  }
}

/// What a write beyond a limit does by default is to end the process: the terminal would stay as it is, and a log's state
/// unknown. Ignored, the write says so itself (EPIPE, EFBIG).
public func ignoreSignalsOfWriting() {
  signal(SIGPIPE, SIG_IGN)
  signal(SIGXFSZ, SIG_IGN)
}
