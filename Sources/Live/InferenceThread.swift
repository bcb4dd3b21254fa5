import Platform
import Synchronization
import Terminal

/// The thread that infers while the main thread draws.
final class InferenceThread: Sendable {
  private let finished = Atomic(false)
  private let thread = Mutex<SystemThread?>(nil)

  /// - Throws: `UserError` where the system gives no further thread.
  init(_ session: LiveSession, waker: Waker) throws(UserError) {
    // From here on it is that thread's alone.
    nonisolated(unsafe) let inference = session.inference
    let source = session.source
    let started = try SystemThread(name: "inference") { [self] in
      loop: while true {
        switch inference.step(badFrames: { source.status.badFrames }) {
        case .result: waker.wake()
        case .idle: break
        case .finished: break loop
        }
      }
      finished.store(true, ordering: .releasing)
      waker.wake()
    }
    thread.withLock { $0 = started }
  }

  /// The stream has ended, or the wanted number of results is there.
  var isFinished: Bool { finished.load(ordering: .acquiring) }

  func join() { thread.withLock { $0 }?.join() }
}
