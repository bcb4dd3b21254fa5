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
  /// The video signal is there again, maybe another one.
  case signalIsBack

  /// What happened and what happens next.
  var message: String { "\(what): \(self == .gone ? "waiting for it to come back" : "restarting the camera")" }

  /// What happened.
  var what: String {
    switch self {
    case .gone: "the camera was unplugged"
    case .stalled: "no frame for \(Int(CaptureLoop.stallTime.seconds)) s"
    case .broken(let what): "the stream broke (\(what))"
    case .undecodable(let what): "the camera sends no picture that can be shown, but \(what)"
    case .signalIsBack: "the video signal is back"
    }
  }

  /// Why a format is given up.
  var reason: String {
    switch self {
    case .broken(let what), .undecodable(let what): what
    default: what
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
  /// A number that was not larger than the one before it.
  private var stray: Int?

  mutating func streamBegins() { (lastOfDriver, stray) = (nil, nil) }

  /// The frame's number, and the frames missing before it.
  mutating func next(_ driverSequence: Int) -> (sequence: Int, gap: Int) {
    let step = step(to: driverSequence)
    let sequence = last.map { $0 + step } ?? driverSequence
    last = sequence
    drops += step - 1
    return (sequence, step - 1)
  }

  /// A driver that counts backwards or not at all has told nothing of gaps: one number may be a slip, and the next one goes
  /// on where the count was; two in order begin another count.
  private mutating func step(to number: Int) -> Int {
    guard let before = lastOfDriver else {
      lastOfDriver = number
      return 1
    }
    if number > before {
      (lastOfDriver, stray) = (number, nil)
      return number - before
    }
    if let first = stray, number > first {
      (lastOfDriver, stray) = (number, nil)
      return number - first
    }
    stray = number
    return 1
  }
}
