import CV4L2
import Pixels

/// A pixel format's four-character code, as V4L2 numbers it.
package struct FourCC: Sendable, Hashable, CustomStringConvertible {
  package var code: UInt32

  package init(_ code: UInt32) { self.code = code }

  /// From its letters: "YUYV"; shorter names are padded with spaces.
  package init(_ letters: String) {
    let bytes = Array(letters.utf8) + Array(repeating: 32, count: 4)
    code = bytes.prefix(4).enumerated().reduce(0) { $0 | UInt32($1.element) << UInt32(8 * $1.offset) }
  }

  /// `YUYV`; big-endian formats carry `-BE`.
  package var description: String {
    let bytes = (0..<4).map { UInt8(truncatingIfNeeded: code >> UInt32(8 * $0)) & 0x7F }
    var name = String(decoding: bytes.map { $0 >= 32 ? $0 : 63 }, as: UTF8.self)
    while name.last == " " { name.removeLast() }
    return code >> 31 == 1 ? name + "-BE" : name
  }

  package static let yuyv = FourCC(cv4l2_YUYV)
  package static let uyvy = FourCC(cv4l2_UYVY)
  package static let nv12 = FourCC(cv4l2_NV12)
  package static let nv21 = FourCC(cv4l2_NV21)
  package static let yu12 = FourCC(cv4l2_YU12)
  package static let grey = FourCC(cv4l2_GREY)
  package static let rgb3 = FourCC(cv4l2_RGB3)
  package static let bgr3 = FourCC(cv4l2_BGR3)
  package static let mjpg = FourCC(cv4l2_MJPG)
  package static let jpeg = FourCC(cv4l2_JPEG)

  /// How a format's frames become RGB.
  package enum Decoder: Int, Sendable, Comparable {
    /// By `PixelConversion`, with colour range and matrix honoured.
    case native
    /// JPEG frames, by libjpeg-turbo.
    case jpeg
    /// Other formats that libv4lconvert knows.
    case library
    /// Native, but without colour: an infrared camera as a rule.
    case grey

    package static func < (a: Decoder, b: Decoder) -> Bool { a.rawValue < b.rawValue }
  }

  /// `nil` where nobody here can decode the format.
  package var decoder: Decoder? {
    switch self {
    case .grey: .grey
    case .mjpg, .jpeg: .jpeg
    default: pixelFormat != nil ? .native : Self.libraryFormats.contains(self) ? .library : nil
    }
  }

  /// `nil` for formats that are not decoded natively.
  package var pixelFormat: PixelFormat? {
    switch self {
    case .yuyv: .yuyv
    case .uyvy: .uyvy
    case .nv12: .nv12
    case .nv21: .nv21
    case .yu12: .yuv420
    case .grey: .grey
    case .rgb3: .rgb
    case .bgr3: .bgr
    default: nil
    }
  }

  /// Formats that libv4lconvert turns into RGB24 (its `supported_src_pixfmts`), without those decoded natively.
  /// Bayer data is among them where a camera has no other format: gspca's webcams do that.
  private static let libraryFormats: Set<FourCC> = Set(
    [
      "YVYU", "YV12", "NV16", "NV61", "RGBP", "BGR4", "RGB4", "BA24", "BX24", "AR24", "XR24", "M420", "HM12", "HSV3",
      "HSV4", "PJPG", "JPGL", "JL20", "BA81", "GBRG", "GRBG", "RGGB", "Y16", "Y10B", "Y04", "Y06", "S910", "S920",
      "SONX", "S501", "S505", "S508", "S561", "S680", "S401", "P207", "M310", "905C", "O511", "O518", "CPIA", "CITV",
      "KONI",
    ].map { FourCC($0) })

  /// Y′CbCr, as far as formats are decoded natively; the colour range of these is limited unless said otherwise.
  var hasLumaWithChroma: Bool { ![.rgb3, .bgr3, .grey].contains(self) }

  /// Data straight from the sensor, one colour a pixel.
  package var isBayer: Bool {
    let name = description
    return ["BA81", "GBRG", "GRBG", "RGGB", "BYR2"].contains(name)
      || [
        "BG1", "GB1", "BA1", "RG1", "pBA", "pGA", "pgA", "pRA", "pBB", "pGB", "pgB", "pRB", "pBC", "pGC", "pgC", "pRC",
      ]
      .contains { name.hasPrefix($0) }
  }
}
