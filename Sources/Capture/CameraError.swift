import Frames
import Glibc
import Platform

/// The words for what is wrong with a camera: what was expected, what was found, what to do next.
package enum CameraError {
  static func missing(_ path: String, _ cameras: [Camera]) -> UserError {
    UserError("\(path): there is no such device. \(choices(cameras))")
  }

  static func noSuchCamera(_ text: String, _ cameras: [Camera]) -> UserError {
    UserError("No camera has '\(text)' for its number, path or name. \(choices(cameras))")
  }

  static func severalCameras(_ text: String, _ cameras: [Camera]) -> UserError {
    UserError("'\(text)' fits several cameras: \(list(cameras)). Give the path of one.")
  }

  static func notADevice(_ path: String, _ kind: String, _ cameras: [Camera]) -> UserError {
    UserError("\(path): expected a camera such as /dev/video0, found \(kind). \(choices(cameras))")
  }

  static func notACamera(_ path: String, _ cameras: [Camera]) -> UserError {
    UserError(
      "\(path): expected a camera, found a device that does not speak V4L2 (Video4Linux). \(choices(cameras))")
  }

  static func doesNotCapture(_ path: String, _ card: String, _ cameras: [Camera]) -> UserError {
    UserError(
      "\(path) (\(card)): this node does not capture video; it may carry metadata, output or radio. \(choices(cameras))"
    )
  }

  static func severalPlanes(_ path: String, _ card: String, _ formats: String) -> UserError {
    UserError(
      """
      \(path) (\(card)): this camera gives each plane of a picture in memory of its own (\(formats)), which is not read \
      here. Relay it through v4l2loopback: \
      gst-launch-1.0 v4l2src device=\(path) ! videoconvert ! v4l2sink device=/dev/videoN
      """)
  }

  static func needsSignalProcessor(_ path: String, _ driver: String, _ formats: String) -> UserError {
    UserError(
      """
      \(path) (driver \(driver)): this node gives raw sensor data (\(formats)), which an image signal processor has to \
      turn into pictures first. libcamera does that: \(Camera.libcameraCommand(driver: driver))
      """)
  }

  static func noUsableFormat(_ path: String, _ formats: String) -> UserError {
    UserError(
      """
      \(path): none of its formats can be decoded here (it offers \(formats)). Expected YUYV, UYVY, NV12, NV21, YU12, \
      GREY, RGB3, BGR3, MJPG or another that libv4l converts. 'mobilecam devices' lists every camera's formats.
      """)
  }

  static func formatNotOffered(_ path: String, _ wanted: FourCC, _ offered: [String]) -> UserError {
    UserError(
      """
      \(path): the camera has no format '\(wanted)' that can be decoded here. It has \(offered.joined(separator: ", ")); \
      give one of them with --format, or leave the choice to the program.
      """)
  }

  /// - Parameters:
  ///   - verdicts: what was wrong with each format that was tried.
  ///   - wanted: the only format that may be taken.
  static func noPicture(_ path: String, _ verdicts: [(format: FourCC, why: String)], wanted: FourCC?) -> UserError {
    let list = verdicts.map { "\($0.format): \($0.why)" }.joined(separator: "; ")
    if let wanted {
      return UserError(
        "\(path): the camera gives no picture in \(wanted), the format that was asked for (\(list)). "
          + "Without --format another one is tried as well.")
    }
    return UserError(
      "\(path): the camera gives no picture in any of its formats (\(list)). Unplug it and plug it in again, "
        + "or look at it with another program.")
  }

  static func noFormats(_ path: String, _ card: String, _ driver: String) -> UserError {
    guard driver == loopbackDriver else {
      return UserError(
        "\(path) (\(card), driver \(driver)): expected a camera that offers formats, found one that offers none. "
          + "Unplug it and plug it in again, or see what its driver says: sudo dmesg")
    }
    return UserError(
      "\(path) (\(card)): expected pictures, found a v4l2loopback device into which no program writes. "
        + "Feed it: \(feedingLoopback(path))")
  }

  package static let loopbackDriver = "v4l2 loopback"

  /// A command that writes into a loopback device.
  package static func feedingLoopback(_ path: String) -> String {
    "ffmpeg -re -i clip.mp4 -pix_fmt yuv420p -f v4l2 \(path)"
  }

  static func noStreaming(_ path: String, _ card: String) -> UserError {
    UserError("\(path) (\(card)): this camera has no streaming input/output, the only way that mobilecam reads frames.")
  }

  static func busy(_ path: String, _ holder: NodeHolder?) -> UserError {
    let who = holder.map { "\($0.name) (process \($0.pid))" } ?? "another program"
    return UserError("\(path): the camera is in use by \(who). Close it there, then try again.")
  }

  static func notPermitted(_ path: String, group: String?) -> UserError {
    let owner = group.map { "its group is '\($0)'" } ?? "its group is unknown"
    return UserError(
      """
      \(path): no permission to open the camera (\(owner)). \
      Run 'sudo usermod -aG \(group ?? "video") $USER', then log in again.
      """)
  }

  /// - Parameters:
  ///   - asked: what was asked for first.
  ///   - least: what was asked for last.
  ///   - names: the only format that may be taken.
  static func noBandwidth(_ path: String, asked: String, least: String, names wanted: FourCC?) -> UserError {
    let tried = asked == least ? asked : "\(asked), nor for less, down to \(least)"
    let other = wanted == nil ? "" : ", or leave out --format, so that a lighter one can be taken"
    return UserError(
      "\(path): the USB bus has no bandwidth left for \(tried). "
        + "Plug the camera into another port, or unplug other cameras on the same hub\(other).")
  }

  static func noSignal(_ path: String) -> UserError {
    UserError(
      "\(path): there is no video signal at the camera's input. Switch on what is plugged in there, then try again.")
  }

  /// What is wrong, for somebody who need not do anything but mend it: the program tries again by itself.
  static func retried(_ words: String) -> String {
    let asking = ", then try again."
    return (words.hasSuffix(asking) ? words.dropLast(asking.count) + "." : words[...]) + " Trying again."
  }

  static func tooLarge(_ path: String, width: Int, height: Int) -> UserError {
    UserError("\(path): its smallest picture, \(width)×\(height), is larger than what this program keeps.")
  }

  static func other(_ path: String, _ error: CallError) -> UserError {
    UserError(
      "\(path): the camera cannot be started (\(error.message)). Unplug it and plug it in again, then try again.")
  }

  /// The words for a failed call on the way to the first frame.
  static func starting(_ path: String, _ error: CallError, _ calls: V4L2Calls) -> UserError {
    switch error.code {
    case ENOENT, ENODEV, ENXIO: missing(path, CameraCatalog.cameras(calls))
    case EACCES, EPERM: notPermitted(path, group: VideoNodes.group(of: path))
    case EBUSY: busy(path, NodeHolder.of(path))
    case ENOTTY where error.call == "VIDIOC_QUERYCAP": notACamera(path, CameraCatalog.cameras(calls))
    case ENOLINK, ENOLCK: noSignal(path)
    default: other(path, error)
    }
  }

  private static func choices(_ cameras: [Camera]) -> String {
    cameras.isEmpty
      ? "No camera was found on this machine; '--source demo' plays the bundled reel."
      : "Cameras on this machine: \(list(cameras)). '--source demo' plays the bundled reel."
  }

  private static func list(_ cameras: [Camera]) -> String {
    cameras.map { "\($0.path) (\($0.card))" }.joined(separator: ", ")
  }
}
