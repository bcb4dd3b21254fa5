import Glibc
import Platform

/// A video node that this user may not open.
public struct ClosedNode: Sendable, Hashable {
  public var path: String
  /// The group that may; its number where it has no name.
  public var group: String?

  public init(path: String, group: String?) {
    self.path = path
    self.group = group
  }
}

extension CameraCatalog {
  /// Paths of all video nodes, cameras or not.
  public static func nodes() -> [String] { VideoNodes.all() }

  /// Those that this user may not open.
  public static func closedNodes() -> [ClosedNode] {
    VideoNodes.all().compactMap { path in
      do throws(SystemError) {
        try File.mayAccess(path, R_OK | W_OK)
        return nil
      } catch {
        return error.code == EACCES ? ClosedNode(path: path, group: VideoNodes.group(of: path)) : nil
      }
    }
  }

  /// Megabits a second of the USB port that the camera is plugged into; `nil` for cameras on other buses.
  public static func usbMegabitsPerSecond(of path: String) -> Double? {
    guard let number = VideoNodes.number(of: VideoNodes.resolved(path)) else { return nil }
    // The node's device is the camera's interface; its parent is the camera.
    return File.text(of: "/sys/class/video4linux/video\(number)/device/../speed")?
      .split(separator: "\n").first.flatMap { Double($0) }
  }
}

extension Camera {
  /// What would be asked of this camera first.
  public struct Plan: Sendable, Hashable {
    /// `640×480 YUYV`
    public var format: String
    public var framesPerSecond: Double
    /// Estimated for compressed formats.
    public var megabitsPerSecond: Double
    /// What to give the program so that it asks for this: `--format MJPG --size 320x240`.
    public var options: String
  }

  /// Whether its node carries what a sensor saw, before any image processing: a camera of a CSI connector.
  public var isSensor: Bool { CameraIdentity.needsSignalProcessor(driver: driver, formats: formats) }

  /// The command line that shows a sensor's pictures, which libcamera makes: by Raspberry Pi's own program for its drivers, else
  /// by GStreamer.
  public static func libcameraCommand(driver: String) -> String {
    let maker =
      driver.hasPrefix("unicam") || driver.hasPrefix("rp1-cfe")
      ? "rpicam-vid -t 0 --codec mjpeg -o -" : "gst-launch-1.0 -q libcamerasrc ! videoconvert ! jpegenc ! fdsink"
    return maker + " | mobilecam --source -"
  }

  /// `nil` where none of its formats can be decoded.
  public func plan(_ wish: StreamWish = StreamWish()) -> Plan? {
    StreamChoice.all(formats, wish: wish, maximumPixels: 1920 * 1080).first.map { plan($0) }
  }

  /// What to ask for where the first plan is too much for the bus; `nil` where nothing is small enough.
  /// - Parameter megabitsPerSecond: what the bus has for it.
  public func plan(within megabitsPerSecond: Double) -> Plan? {
    let wish = StreamWish()
    let choices = StreamChoice.all(formats, wish: wish, maximumPixels: 1920 * 1080)
    guard let first = choices.first else { return nil }
    return ([first] + StreamChoice.lighter(than: first, among: choices, wish: wish)).map { plan($0) }
      .first { $0.megabitsPerSecond <= megabitsPerSecond }
  }

  private func plan(_ choice: StreamChoice) -> Plan {
    let usual = StreamWish()
    var options = ["--format \(choice.fourCC)"]
    if (choice.width, choice.height) != (usual.width, usual.height) {
      options.append("--size \(choice.width)x\(choice.height)")
    }
    if choice.rate != usual.rate { options.append("--fps \(StreamWish.text(choice.rate))") }
    return Plan(
      format: "\(choice.width)×\(choice.height) \(choice.fourCC)", framesPerSecond: choice.rate,
      megabitsPerSecond: choice.bytesPerSecond * 8 / 1e6, options: options.joined(separator: " "))
  }
}
