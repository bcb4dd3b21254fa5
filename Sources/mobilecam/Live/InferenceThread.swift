import Frames
import Glibc
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
  private var thread = pthread_t()
  private var isJoined = false

  init(inference: Inference, source: any FrameSource, log: RunLog, waker: Waker) {
    self.inference = inference
    self.source = source
    self.log = log
    self.waker = waker
    let status = pthread_create(
      &thread, nil,
      { argument in
        Unmanaged<InferenceThread>.fromOpaque(argument!).takeRetainedValue().run()
        return nil
      }, Unmanaged.passRetained(self).toOpaque())
    precondition(status == 0, "pthread_create: \(String(cString: strerror(status)))")
  }

  /// The stream has ended, or the wanted number of results is there.
  var isFinished: Bool { finished.load(ordering: .acquiring) }

  func join() {
    guard !isJoined else { return }
    isJoined = true
    pthread_join(thread, nil)
  }

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
