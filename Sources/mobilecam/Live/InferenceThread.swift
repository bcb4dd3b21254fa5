import Frames
import Platform
import Synchronization
import Telemetry
import Terminal

/// The thread that infers while the main thread draws.
final class InferenceThread: @unchecked Sendable {
  private let inference: Inference
  private let source: any FrameSource
  private let log: RunLog
  private let waker: Waker
  private let finished = Atomic(false)
  private var thread: SystemThread?

  /// - Throws: `UserError` where the system gives no further thread.
  init(inference: Inference, source: any FrameSource, log: RunLog, waker: Waker) throws(UserError) {
    self.inference = inference
    self.source = source
    self.log = log
    self.waker = waker
    thread = try SystemThread(name: "inference") { [self] in run() }
  }

  /// The stream has ended, or the wanted number of results is there.
  var isFinished: Bool { finished.load(ordering: .acquiring) }

  func join() { thread?.join() }

  private func run() {
    loop: while true {
      switch inference.step(status: { source.status }, then: { log.hold($0) }) {
      case .result: waker.wake()
      case .idle: break
      case .finished: break loop
      }
    }
    finished.store(true, ordering: .releasing)
    waker.wake()
  }
}
