import CV4L2

/// A camera as `mobilecam devices` shows it.
public struct Camera: Codable, Sendable, Hashable {
  /// `/dev/video0`.
  public var path: String
  /// 0 of `/dev/video0`; `nil` for a node of another name.
  public var number: Int?
  /// The camera's name, as its driver tells it.
  public var card: String
  public var driver: String
  /// Where it is plugged in: `usb-0000:00:14.0-1`.
  public var bus: String
  /// The name that stays the same when the camera is plugged in again; `nil` where udev made none.
  public var stablePath: String?
  public var formats: [CameraFormat]
  /// A process that has the node open, among those that we may look at.
  public var holder: NodeHolder?

  /// Whether some format shows colour; infrared cameras offer grey only.
  public var hasColor: Bool { formats.contains { $0.fourCC.decoder.map { $0 != .grey } ?? false } }

  enum CodingKeys: String, CodingKey {
    case path, number, card, driver, bus
    case stablePath = "stable_path"
    case formats, holder
  }
}

public struct CameraFormat: Codable, Sendable, Hashable {
  /// V4L2's four-character code: `YUYV`, `MJPG`.
  public var fourcc: String
  public var description: String
  public var sizes: [CameraSize]

  package var fourCC: FourCC

  package init(fourCC: FourCC, description: String, sizes: [CameraSize]) {
    self.fourCC = fourCC
    self.fourcc = fourCC.description
    self.description = description
    self.sizes = sizes
  }

  enum CodingKeys: String, CodingKey {
    case fourcc, description, sizes
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      fourCC: FourCC(try values.decode(String.self, forKey: .fourcc)),
      description: try values.decode(String.self, forKey: .description),
      sizes: try values.decode([CameraSize].self, forKey: .sizes))
  }
}

public struct CameraSize: Codable, Sendable, Hashable {
  /// In pixels.
  public var width: Int
  public var height: Int
  /// Frames a second, highest first; empty where the driver lists none.
  public var rates: [Double]

  enum CodingKeys: String, CodingKey {
    case width, height
    case rates = "rates_fps"
  }

  /// A driver may say any size.
  var pixelCount: Int { width.multipliedSaturating(by: height) }

  package init(width: Int, height: Int, rates: [Double]) {
    self.width = width
    self.height = height
    self.rates = rates
  }

  /// Sizes to offer where the driver accepts a whole range of them.
  static func usual(within range: v4l2_frmsize_stepwise) -> [(Int, Int)] {
    let all = [(160, 120), (320, 240), (640, 360), (640, 480), (800, 600), (1280, 720), (1920, 1080)]
    let fitting = all.filter { width, height in
      fits(width, range.min_width, range.max_width, range.step_width)
        && fits(height, range.min_height, range.max_height, range.step_height)
    }
    return fitting.isEmpty ? [(Int(range.max_width), Int(range.max_height))] : fitting
  }

  private static func fits(_ value: Int, _ least: UInt32, _ most: UInt32, _ step: UInt32) -> Bool {
    value >= Int(least) && value <= Int(most) && (value - Int(least)) % max(1, Int(step)) == 0
  }
}
