import CV4L2
import Platform

/// Looks now and then whether the camera's input has a video signal: HDMI grabbers and TV cards give frames without one too.
/// Belongs to the capture thread.
struct SignalWatch {
  static let period = Nanoseconds(seconds: 1)

  private(set) var isMissing = false
  private var due = Nanoseconds.zero

  /// What a look found, where the user has to hear of it.
  struct Change {
    /// What is missing; `nil`: nothing any more.
    var missing: String?
  }

  mutating func look(at device: V4L2Device) -> Change? {
    let now = Nanoseconds.now()
    guard now >= due else { return nil }
    due = now + Self.period
    let missing = device.missingSignal()
    defer { isMissing = missing != nil }
    return missing != nil || isMissing ? Change(missing: missing) : nil
  }
}

extension V4L2Device {
  /// What the current input lacks, in words; `nil` where it lacks nothing, or the driver does not say.
  fileprivate func missingSignal() -> String? {
    var index: Int32 = 0
    guard (try? request("VIDIOC_G_INPUT", cv4l2_G_INPUT, &index)) != nil else { return nil }
    var input = v4l2_input()
    input.index = UInt32(bitPattern: index)
    guard (try? request("VIDIOC_ENUMINPUT", cv4l2_ENUMINPUT, &input)) != nil else { return nil }
    let lacks: [(Int32, String)] = [
      (V4L2_IN_ST_NO_POWER, "no power"), (V4L2_IN_ST_NO_SIGNAL, "no video signal"),
      (V4L2_IN_ST_NO_CARRIER, "no carrier"), (V4L2_IN_ST_NO_SYNC, "no stable video signal"),
      (V4L2_IN_ST_NO_H_LOCK, "no stable video signal"), (V4L2_IN_ST_NO_V_LOCK, "no stable video signal"),
    ]
    return lacks.first { input.status & UInt32(bitPattern: $0.0) != 0 }
      .map { "\($0.1) at the camera's input '\(text(of: input.name))'" }
  }
}
