import Frames
import Glibc
import Platform

/// What the capture thread does: takes frames while there are some, and gets the camera back when there are none.
/// Belongs to the capture thread.
final class CaptureLoop {
  private let wish: StreamWish
  private let controls: ControlQueue
  private let calls: V4L2Calls
  private let ring: FrameRing
  /// Becomes readable when the thread shall stop.
  private let wake: Int32
  private let report: ((inout SourceStatus) -> Void) -> Void
  /// Nanoseconds from the dequeue of the newest good frame to its place in the ring: what we add to its latency.
  private let transferTime: (Int64) -> Void

  private var stream: CaptureStream?
  private(set) var identity: CameraIdentity
  private(set) var counter: SequenceCounter
  private var lastFrame = Nanoseconds.now()
  private var failuresInARow = 0
  private var framesOfStream = 0
  /// Restarts since the last good frame.
  private var attempts = 0
  private var refused: Set<FourCC> = []

  /// No frame for this long: the stream hangs.
  static let stallTime = Nanoseconds(seconds: 2)
  /// Broken frames in a row after which another format, or a restart, is tried.
  static let failuresBeforeRestart = 10
  static let failuresBeforeWords = 3

  /// - Parameter stream: `nil`: the loop opens the camera itself, and waits for it if need be.
  init(
    identity: CameraIdentity, stream: CaptureStream?, wish: StreamWish, controls: ControlQueue, calls: V4L2Calls,
    ring: FrameRing, wake: Int32, counter: SequenceCounter,
    report: @escaping ((inout SourceStatus) -> Void) -> Void, transferTime: @escaping (Int64) -> Void
  ) {
    self.identity = identity
    self.wish = wish
    self.controls = controls
    self.calls = calls
    self.ring = ring
    self.wake = wake
    self.counter = counter
    self.report = report
    self.transferTime = transferTime
    if let stream { begin(stream) }
  }

  /// Runs until `wake` is readable or the ring has ended; leaves the camera closed.
  func run() {
    while ring.end == nil {
      if let stream {
        guard let next = step(stream) else { break }
        if case .recover(let fault) = next { recover(from: fault) }
      } else if !reopen() {
        break
      }
    }
    stream = nil
  }

  // MARK: Frames

  private enum Step {
    case goOn
    case recover(CaptureFault)
  }

  /// Waits for a frame and takes it; `nil` when the thread shall stop.
  private func step(_ stream: CaptureStream) -> Step? {
    let patience = lastFrame + Self.stallTime - .now()
    if patience.count <= 0 { return .recover(.stalled) }
    guard let events = wait(for: stream.device.descriptor, atMost: patience) else { return nil }
    if events == 0 { return .goOn }
    do {
      guard let filled = try stream.device.dequeue() else {
        return events & ~Int16(POLLIN | POLLRDNORM) == 0 ? .goOn : .recover(.broken("poll reports an error"))
      }
      let fault = take(filled, from: stream)
      try stream.device.enqueue(filled.index)
      return fault.map { .recover($0) } ?? .goOn
    } catch {
      return .recover(error.isGone ? .gone : .broken(error.message))
    }
  }

  private func take(_ filled: FilledBuffer, from stream: CaptureStream) -> CaptureFault? {
    lastFrame = .now()
    let (captured, clock) = captureTime(filled, dequeued: lastFrame)
    framesOfStream += 1
    let (sequence, gap) = counter.next(filled.sequence)
    if gap > 0 { report { $0.driverDrops += gap } }
    if filled.isFlagged {
      let message = "the camera's driver marks frames as corrupt"
      countBroken(message, trouble: message)
      return nil
    }
    var outcome: FrameDecoder.Outcome?
    let format = stream.format
    ring.publish { slot in
      let result = stream.decoder.decode(stream.bytes(of: filled), into: slot)
      outcome = result
      guard result == .decoded else { return nil }
      return FrameInfo(
        width: format.width, height: format.height, sequence: sequence, captured: captured, clock: clock,
        driverDrops: counter.drops)
    }
    switch outcome {
    case .decoded:
      transferTime((.now() - lastFrame).count)
      frameIsGood(stream)
    case .broken(let message):
      if framesOfStream <= stream.decoder.warmUpFrames { return nil }
      countBroken(message, trouble: "the camera sends \(message)")
      if failuresInARow >= Self.failuresBeforeRestart {
        refused.insert(format.fourCC)
        return .undecodable(message)
      }
    case nil: break  // No slot was free: the ring counts that.
    }
    return nil
  }

  private func frameIsGood(_ stream: CaptureStream) {
    guard failuresInARow > 0 || attempts > 0 || framesOfStream == 1 else { return }
    failuresInARow = 0
    attempts = 0
    report { $0.trouble = nil }
  }

  private func countBroken(_ message: String, trouble: String) {
    failuresInARow += 1
    let inARow = failuresInARow
    report {
      $0.badFrames += 1
      $0.badFrameReason = message
      // Once for all in a row: decoders find other words for each.
      if inARow == Self.failuresBeforeWords { $0.trouble = "\(trouble): waiting for a good one" }
    }
  }

  /// The driver's timestamp where it is on our clock and plausible, otherwise the time of the dequeue.
  private func captureTime(_ filled: FilledBuffer, dequeued: Nanoseconds) -> (Nanoseconds, CaptureClock) {
    guard let timestamp = filled.timestamp, timestamp <= dequeued, dequeued - timestamp < Nanoseconds(seconds: 2)
    else { return (dequeued, .dequeue) }
    return (timestamp, .driver)
  }

  // MARK: Recovery

  private func recover(from fault: CaptureFault) {
    stream = nil
    failuresInARow = 0
    say(fault.message)
    if fault == .gone { attempts = max(attempts, 1) }
  }

  /// One try to get the camera back, after a pause; `false` when the thread shall stop.
  private func reopen() -> Bool {
    if attempts > 0, !pause(CaptureFault.pause(beforeAttempt: attempts)) { return false }
    attempts += 1
    guard let path = identity.currentPath(calls) else {
      say(CaptureFault.gone.message)
      attempts = 1
      return true
    }
    do {
      let fresh = try CaptureStream.open(
        path, wish: wish, memory: controls.memory, isFirst: false, refused: refused,
        maximumPixels: ring.frameCapacityBytes / 3, calls: calls)
      begin(fresh)
    } catch let error as CallError {
      if error.isGone {
        say(CaptureFault.gone.message)
        attempts = 1
      } else {
        say(CameraError.starting(path, error, calls).message + " Trying again.")
      }
    } catch {
      // No format is left that has not failed: begin again with all of them.
      refused = []
      say("\(error) Trying again.")
    }
    return true
  }

  private func begin(_ fresh: CaptureStream) {
    stream = fresh
    identity = fresh.identity
    controls.cameraIs(identity)
    counter.streamBegins()
    framesOfStream = 0
    lastFrame = .now()
    report {
      $0.name = fresh.identity.path
      $0.format = fresh.format.description
      $0.nominalRate = fresh.rate
      $0.notice = fresh.notice
    }
  }

  private func say(_ message: String) { report { $0.trouble = message } }

  // MARK: Waiting

  /// The events of `descriptor` (0 after `limit`); `nil` when the thread shall stop.
  private func wait(for descriptor: Int32, atMost limit: Nanoseconds) -> Int16? {
    withUnsafeTemporaryAllocation(of: pollfd.self, capacity: 2) { descriptors in
      descriptors[0] = pollfd(fd: wake, events: Int16(POLLIN), revents: 0)
      descriptors[1] = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      // An interrupted wait is like one without events: the caller comes back.
      let answer = calls.poll(descriptors, max(1, limit.pollMilliseconds))
      if answer.error != 0 || answer.value == 0 { return 0 }
      return descriptors[0].revents == 0 ? descriptors[1].revents : nil
    }
  }

  /// `false` when the thread shall stop.
  private func pause(_ time: Nanoseconds) -> Bool {
    let end = Nanoseconds.now() + time
    while end > .now() {
      // A negative descriptor is one that poll() leaves alone.
      if wait(for: -1, atMost: end - .now()) == nil { return false }
    }
    return true
  }
}
