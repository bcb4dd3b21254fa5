import Platform

/// Between the thread that receives a live stream and the one that decodes it: the newest picture, and never a queue. One
/// that nobody took is left out when the next one comes.
final class PictureMailbox: Sendable {
  enum News {
    case picture
    /// The stream has ended, and its last picture was taken; with what ended it, unless that was its own end.
    case ended((any Error)?)
    case nothing
  }

  private struct State {
    var bytes: [UInt8] = []
    var received = Nanoseconds.zero
    var hasPicture = false
    var count = 0
    var leftOut = 0
    var isEnded = false
    var failure: (any Error)?
    var isAbandoned = false
  }
  private let state = Monitor(State())

  /// A picture's place in the stream, and what is known of it.
  struct Taken {
    let number: Int
    let received: Nanoseconds
    /// Pictures that were left out so far.
    let leftOut: Int
  }

  // MARK: The receiving thread

  func put(_ picture: UnsafeRawBufferPointer) {
    let now = Nanoseconds.now()
    state.withLock { state in
      if state.hasPicture { state.leftOut += 1 }
      state.bytes.removeAll(keepingCapacity: true)
      state.bytes.append(contentsOf: picture)
      state.received = now
      state.hasPicture = true
      state.count += 1
    }
    state.signal()
  }

  func end(_ failure: (any Error)?) {
    state.withLock {
      $0.isEnded = true
      $0.failure = failure
    }
    state.signal()
  }

  /// Nobody takes pictures any more.
  var isAbandoned: Bool { state.withLock { $0.isAbandoned } }

  /// Waits until a time, or until nobody takes pictures any more.
  /// - Throws: `SourceThread.Cancelled` in that case.
  func sleep(until deadline: Nanoseconds) throws(SourceThread.Cancelled) {
    if state.wait(until: deadline, for: { $0.isAbandoned }) { throw SourceThread.Cancelled() }
  }

  // MARK: The decoding thread

  /// Waits for a picture or the end.
  func wait(until deadline: Nanoseconds) -> News {
    state.wait(until: deadline) { $0.hasPicture || $0.isEnded }
    return state.withLock { $0.hasPicture ? .picture : $0.isEnded ? .ended($0.failure) : .nothing }
  }

  /// The newest picture, put in the place of what `bytes` holds; `nil` where there is none.
  func take(into bytes: inout [UInt8]) -> Taken? {
    state.withLock { state in
      guard state.hasPicture else { return nil }
      state.hasPicture = false
      swap(&state.bytes, &bytes)
      return Taken(number: state.count - 1, received: state.received, leftOut: state.leftOut)
    }
  }

  func abandon() {
    state.withLock { $0.isAbandoned = true }
    state.signal()
  }
}
