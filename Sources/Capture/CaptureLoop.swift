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
  /// Broken frames since the last good one.
  private var broken = BrokenRow()
  private var framesOfStream = 0
  private var picturesOfStream = 0
  /// Flagged frames since the last one that was not.
  private var flaggedInARow = 0
  /// Streams in a row, all of one format, that ended without a picture.
  private var emptyStreams = 0
  /// Whether any picture came since the thread started.
  private var hasPicture = false
  private var signal = SignalWatch()
  /// Restarts since the last good frame.
  private var attempts = 0
  /// Formats that gave no picture, and why; all of them have their turn before one is tried again.
  private var verdicts: [(format: FourCC, why: String)] = []

  /// No frame for this long: the stream hangs.
  static let stallTime = Nanoseconds(seconds: 2)
  /// Broken frames in a row after which another format, or a restart, is tried.
  static let failuresBeforeRestart = 10
  static let failuresUntilTold = 3
  /// Flagged frames in a row after which whole ones are shown all the same.
  static let flaggedBeforeShown = 10
  /// Some cameras need longer than `stallTime` for their first frame.
  static let emptyStreamsBeforeVerdict = 2

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
    if let fault = lookAtSignal(stream) { return .recover(fault) }
    let patience = lastFrame + Self.stallTime - .now()
    if patience.count <= 0 {
      guard signal.isMissing else { return .recover(.stalled) }
      lastFrame = .now()
    }
    guard let events = wait(for: stream.device.descriptor, atMost: min(patience, SignalWatch.period)) else {
      return nil
    }
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
    if filled.isFlagged, filled.byteCount == 0 {
      // Not a frame: what its buffer says of a number means nothing.
      return countBroken(.unfilled) ? .broken(BrokenFrame.unfilled.fault) : nil
    }
    let (sequence, gap) = counter.next(filled.sequence)
    if gap > 0 { report { $0.driverDrops += gap } }
    if signal.isMissing { return nil }
    flaggedInARow = filled.isFlagged ? flaggedInARow + 1 : 0
    if filled.isFlagged, flaggedInARow <= Self.flaggedBeforeShown {
      countBroken(.flagged)
      return nil
    }
    var outcome: FrameDecoder.Outcome?
    ring.publish { slot in
      let result = stream.decoder.decode(stream.bytes(of: filled), dividedBy: ring.divisor, into: slot)
      outcome = result
      guard case .decoded(let width, let height, let divisor) = result else { return nil }
      return FrameInfo(
        width: width, height: height, divisor: divisor, sequence: sequence, captured: captured, clock: clock,
        driverDrops: counter.drops)
    }
    switch outcome {
    case .decoded(let width, let height, _):
      transferTime((.now() - lastFrame).count)
      frameIsGood(stream)
      tellSize(width, height, of: stream)
    case .broken(let frame):
      if framesOfStream <= stream.decoder.warmUpFrames { return nil }
      if countBroken(frame) { return .undecodable(broken.fault) }
    case nil: break  // No slot was free: the ring counts that.
    }
    return nil
  }

  private func frameIsGood(_ stream: CaptureStream) {
    picturesOfStream += 1
    if flaggedInARow == Self.flaggedBeforeShown + 1 {
      report { $0.notice = "the camera's driver marks every frame as corrupt: whole ones are shown all the same" }
    }
    guard broken.count > 0 || attempts > 0 || picturesOfStream == 1 else { return }
    hasPicture = true
    broken = BrokenRow()
    attempts = 0
    emptyStreams = 0
    report { $0.trouble = nil }
  }

  /// Says once a stream that its pictures have another size than was agreed on.
  private func tellSize(_ width: Int, _ height: Int, of stream: CaptureStream) {
    guard picturesOfStream == 1, width != stream.format.width || height != stream.format.height else { return }
    report {
      $0.notice =
        "the camera sends pictures of \(width)×\(height) where \(stream.format.width)×\(stream.format.height) was agreed"
    }
  }

  /// - Returns: whether there were too many in a row.
  @discardableResult
  private func countBroken(_ frame: BrokenFrame) -> Bool {
    broken.add(frame)
    let isTold = broken.count == Self.failuresUntilTold
    report {
      $0.countBadFrame(frame.kind.rawValue, fault: frame.fault)
      // Once for all in a row: decoders find other words for each.
      if isTold { $0.trouble = "\(frame.trouble): waiting for a good one" }
    }
    return broken.count >= Self.failuresBeforeRestart
  }

  /// Notices that there is no video signal, and that it is back.
  private func lookAtSignal(_ stream: CaptureStream) -> CaptureFault? {
    guard let change = signal.look(at: stream.device) else { return nil }
    guard let missing = change.missing else { return .signalIsBack }
    say("\(missing): waiting for a signal")
    return nil
  }

  /// The driver's timestamp where it is on our clock and plausible, otherwise the time of the dequeue.
  private func captureTime(_ filled: FilledBuffer, dequeued: Nanoseconds) -> (Nanoseconds, CaptureClock) {
    guard let timestamp = filled.timestamp, timestamp <= dequeued, dequeued - timestamp < Nanoseconds(seconds: 2)
    else { return (dequeued, .dequeue) }
    return (timestamp, .driver)
  }

  // MARK: Recovery

  private func recover(from fault: CaptureFault) {
    let isGivenUp = isGivenUp(after: fault)
    let (format, hasOther) = (stream?.format.fourCC, stream?.hasOtherFormat ?? false)
    stream = nil
    broken = BrokenRow()
    if fault == .gone {
      attempts = max(attempts, 1)
      verdicts = []
      emptyStreams = 0
      identity.noteTwins(calls)
    }
    guard isGivenUp, let format else { return say(fault.message) }
    emptyStreams = 0
    verdicts.append((format, fault.reason))
    guard !hasOther else { return say("\(fault.what): trying another format than \(format)") }
    let end = CameraError.noPicture(identity.path, verdicts, wanted: wish.fourCC).message
    verdicts = []
    say(CameraError.retried(end))
    if wish.endsWithoutPicture, !hasPicture { ring.end(.failed(end)) }
  }

  /// Whether the stream's format has had its chance: frames that cannot be decoded, or no picture at all, twice.
  private func isGivenUp(after fault: CaptureFault) -> Bool {
    switch fault {
    case .undecodable: return true
    case .stalled, .broken:
      guard picturesOfStream == 0 else { return false }
      emptyStreams += 1
      return emptyStreams >= Self.emptyStreamsBeforeVerdict
    case .gone, .signalIsBack: return false
    }
  }

  /// One try to get the camera back, after a pause; `false` when the thread shall stop.
  private func reopen() -> Bool {
    if attempts > 0, !pause(CaptureFault.pause(beforeAttempt: attempts)) { return false }
    attempts += 1
    let path: String
    let remark: String?
    switch identity.whereabouts(calls) {
    case .at(let place, let words): (path, remark) = (place, words)
    case .away(let words):
      say(words.map { "\(CaptureFault.gone.message); \($0)" } ?? CaptureFault.gone.message)
      attempts = 1
      return true
    }
    do {
      let fresh = try CaptureStream.open(
        path, wish: wish, refused: Set(verdicts.map(\.format)), maximumPixels: ring.frameCapacityBytes / 3,
        calls: calls)
      begin(fresh, remark: remark)
      controls.giveAgain()
    } catch let error as CallError {
      if error.isGone {
        say(CaptureFault.gone.message)
        attempts = 1
      } else {
        say(CameraError.retried(CameraError.starting(path, error, calls).message))
      }
    } catch {
      say(CameraError.retried("\(error)"))
    }
    return true
  }

  /// - Parameter remark: what the user should know of how the camera was found.
  private func begin(_ fresh: CaptureStream, remark: String? = nil) {
    stream = fresh
    identity = fresh.identity
    controls.cameraIs(identity)
    counter.streamBegins()
    framesOfStream = 0
    picturesOfStream = 0
    flaggedInARow = 0
    signal = SignalWatch()
    lastFrame = .now()
    report {
      $0.name = fresh.identity.path
      $0.format = fresh.format.description
      $0.nominalRate = fresh.rate
      $0.notice = remark ?? fresh.notice
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
