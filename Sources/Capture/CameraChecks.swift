import Frames
import Glibc

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
    VideoNodes.all().filter { access($0, R_OK | W_OK) != 0 && errno == EACCES }
      .map { ClosedNode(path: $0, group: VideoNodes.group(of: $0)) }
  }

  /// Megabits a second of the USB port that the camera is plugged into; `nil` for cameras on other buses.
  public static func usbMegabitsPerSecond(of path: String) -> Double? {
    guard let number = VideoNodes.number(of: VideoNodes.resolved(path)) else { return nil }
    // The node's device is the camera's interface; its parent is the camera.
    guard let file = fopen("/sys/class/video4linux/video\(number)/device/../speed", "re") else { return nil }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 32)
    guard fgets(&line, Int32(line.count), file) != nil else { return nil }
    let digits = line.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }
    return Double(String(decoding: digits, as: UTF8.self))
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
