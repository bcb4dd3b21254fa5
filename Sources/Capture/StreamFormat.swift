import CV4L2
import Pixels
import Platform

/// What a driver has chosen of what it was asked for: a stream's format.
package struct StreamFormat: Sendable, Hashable, CustomStringConvertible {
  package let fourCC: FourCC
  /// In pixels.
  package let width: Int
  package let height: Int
  /// From one row to the next, of the first plane; 0 where the format has no rows.
  let bytesPerRow: Int
  /// What the driver says that a whole frame takes.
  let frameBytes: Int
  let color: YUVColorSpace

  init(_ raw: v4l2_pix_format) {
    fourCC = FourCC(raw.pixelformat)
    width = Int(raw.width)
    height = Int(raw.height)
    bytesPerRow = Int(raw.bytesperline)
    frameBytes = Int(raw.sizeimage)
    color = YUVColorSpace(
      colorspace: raw.colorspace, encoding: raw.ycbcr_enc, quantization: raw.quantization,
      isLumaWithChroma: fourCC.hasLumaWithChroma)
  }

  /// `nil` where the planes lie in several pieces of memory.
  init?(_ raw: v4l2_pix_format_mplane) {
    guard raw.num_planes == 1 else { return nil }
    var single = v4l2_pix_format()
    single.pixelformat = raw.pixelformat
    single.width = raw.width
    single.height = raw.height
    single.bytesperline = raw.plane_fmt.0.bytesperline
    single.sizeimage = raw.plane_fmt.0.sizeimage
    single.colorspace = raw.colorspace
    single.ycbcr_enc = UInt32(raw.ycbcr_enc)
    single.quantization = UInt32(raw.quantization)
    self.init(single)
  }

  /// A driver may say any size.
  var pixelCount: Int { width.multipliedSaturating(by: height) }

  /// How the pixels lie; `nil` for formats that are not decoded natively.
  var layout: PixelLayout? {
    fourCC.pixelFormat.map {
      // Rows of chroma have half the bytes of luma's.
      PixelLayout(
        $0, width: width, height: height,
        bytesPerRow: $0 == .yuv420 ? max(bytesPerRow, (width + 1) / 2 * 2) : bytesPerRow, color: color)
    }
  }

  /// `640×480 YUYV`
  package var description: String { "\(width)×\(height) \(fourCC)" }
}

extension YUVColorSpace {
  /// V4L2's defaults resolved as videodev2.h does it (`V4L2_MAP_YCBCR_ENC_DEFAULT`, `V4L2_MAP_QUANTIZATION_DEFAULT`).
  /// - Parameter isLumaWithChroma: only these formats are limited by default; RGB is not, nor grey, as the kernel's own
  ///   vivid and infrared cameras give it.
  init(colorspace: UInt32, encoding: UInt32, quantization: UInt32, isLumaWithChroma: Bool) {
    let matrix: Matrix =
      switch encoding {
      case V4L2_YCBCR_ENC_709.rawValue, V4L2_YCBCR_ENC_XV709.rawValue: .bt709
      case V4L2_YCBCR_ENC_BT2020.rawValue, V4L2_YCBCR_ENC_BT2020_CONST_LUM.rawValue: .bt2020
      case V4L2_YCBCR_ENC_SMPTE240M.rawValue: .smpte240m
      case V4L2_YCBCR_ENC_DEFAULT.rawValue:
        switch colorspace {
        case V4L2_COLORSPACE_REC709.rawValue, V4L2_COLORSPACE_DCI_P3.rawValue: .bt709
        case V4L2_COLORSPACE_BT2020.rawValue: .bt2020
        case V4L2_COLORSPACE_SMPTE240M.rawValue: .smpte240m
        default: .bt601
        }
      default: .bt601
      }
    let isFullRange =
      switch quantization {
      case V4L2_QUANTIZATION_FULL_RANGE.rawValue: true
      case V4L2_QUANTIZATION_LIM_RANGE.rawValue: false
      default: !isLumaWithChroma || colorspace == V4L2_COLORSPACE_JPEG.rawValue
      }
    self.init(matrix: matrix, isFullRange: isFullRange)
  }
}
