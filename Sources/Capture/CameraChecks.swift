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
  }

  /// `nil` where none of its formats can be decoded.
  public func plan(_ wish: StreamWish = StreamWish()) -> Plan? {
    guard let choice = StreamChoice.all(formats, wish: wish, maximumPixels: 1920 * 1080).first else { return nil }
    return Plan(
      format: "\(choice.width)×\(choice.height) \(choice.fourCC)", framesPerSecond: choice.rate,
      megabitsPerSecond: choice.bytesPerSecond * 8 / 1e6)
  }
}
