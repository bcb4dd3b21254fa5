import Frames
import Platform

/// Why the capture thread has to open the camera anew.
enum CaptureFault: Equatable {
  /// Unplugged, or its driver removed.
  case gone
  /// No frame for `CaptureLoop.stallTime`.
  case stalled
  /// The driver gave up the stream; words say what it reported.
  case broken(String)
  /// Frames come, but none of them can be decoded.
  case undecodable(String)

  /// What happened and what happens next.
  var message: String {
    switch self {
    case .gone: "the camera was unplugged: waiting for it to come back"
    case .stalled: "no frame for \(Int(CaptureLoop.stallTime.seconds)) s: restarting the camera"
    case .broken(let what): "the stream broke (\(what)): restarting the camera"
    case .undecodable(let what): "the camera sends \(what) again and again: trying another format"
    }
  }

  /// A fifth of a second while the camera is away, so that it is back within a second; longer each time that a restart
  /// fails, up to 2 s, so that a camera in trouble is not hammered.
  static func pause(beforeAttempt attempt: Int) -> Nanoseconds {
    Nanoseconds(milliseconds: min(2000, 100 * Double(1 << min(attempt, 5))))
  }
}

/// Numbers the frames of a camera whose driver begins anew with each stream, and counts the gaps.
struct SequenceCounter: Sendable, Hashable {
  /// Frames that the driver is known to have dropped.
  private(set) var drops = 0
  private var last: Int?
  private var lastOfDriver: Int?

  mutating func streamBegins() { lastOfDriver = nil }

  /// The frame's number, one to one with the driver's within a stream, and the frames missing before it.
  mutating func next(_ driverSequence: Int) -> (sequence: Int, gap: Int) {
    // A driver that counts backwards or not at all has told nothing of gaps.
    let step = lastOfDriver.map { driverSequence > $0 ? driverSequence - $0 : 1 } ?? 1
    let sequence = last.map { $0 + step } ?? driverSequence
    last = sequence
    lastOfDriver = driverSequence
    drops += step - 1
    return (sequence, step - 1)
  }
}
