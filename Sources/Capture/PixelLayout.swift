import CV4L2
import Platform

/// How a frame's bytes lie in a buffer, and what colours they mean.
package struct PixelLayout: Sendable, Hashable {
  package var fourCC: FourCC
  /// In pixels.
  package var width: Int
  package var height: Int
  /// From one row to the next, of the first plane; at least what a row needs.
  package var bytesPerRow: Int
  /// What the driver says that a whole frame takes.
  package var frameBytes: Int
  package var colour: ColourEncoding

  package init(
    fourCC: FourCC, width: Int, height: Int, bytesPerRow: Int = 0, frameBytes: Int = 0,
    colour: ColourEncoding = ColourEncoding(matrix: .bt601, isFullRange: false)
  ) {
    self.fourCC = fourCC
    self.width = width
    self.height = height
    self.bytesPerRow = max(bytesPerRow, Self.leastBytesPerRow(fourCC, width))
    self.frameBytes = frameBytes
    self.colour = colour
  }

  init(_ raw: v4l2_pix_format) {
    let fourCC = FourCC(raw.pixelformat)
    self.init(
      fourCC: fourCC, width: Int(raw.width), height: Int(raw.height), bytesPerRow: Int(raw.bytesperline),
      frameBytes: Int(raw.sizeimage),
      colour: ColourEncoding(
        colorspace: raw.colorspace, encoding: raw.ycbcr_enc, quantization: raw.quantization,
        isLumaWithChroma: fourCC.hasLumaWithChroma))
  }

  /// `nil` where the planes lie in several pieces of memory.
  init?(_ raw: v4l2_pix_format_mplane) {
    guard raw.num_planes == 1 else { return nil }
    let fourCC = FourCC(raw.pixelformat)
    self.init(
      fourCC: fourCC, width: Int(raw.width), height: Int(raw.height), bytesPerRow: Int(raw.plane_fmt.0.bytesperline),
      frameBytes: Int(raw.plane_fmt.0.sizeimage),
      colour: ColourEncoding(
        colorspace: raw.colorspace, encoding: UInt32(raw.ycbcr_enc), quantization: UInt32(raw.quantization),
        isLumaWithChroma: fourCC.hasLumaWithChroma))
  }

  private static func leastBytesPerRow(_ fourCC: FourCC, _ width: Int) -> Int {
    switch fourCC {
    case .yuyv, .uyvy: (width + 1) / 2 * 4
    case .rgb3, .bgr3: width * 3
    case .nv12, .nv21, .yu12: (width + 1) / 2 * 2
    case .grey: width
    default: 0
    }
  }

  /// Bytes that a whole frame must have to be decoded natively; `nil` for formats without a fixed size. The padding
  /// after the last row may be missing.
  package var leastFrameBytes: Int? {
    let chromaRows = (height + 1) / 2
    switch fourCC {
    case .yuyv, .uyvy, .rgb3, .bgr3, .grey:
      return (height - 1) * bytesPerRow + Self.leastBytesPerRow(fourCC, width)
    case .nv12, .nv21:
      return (height + chromaRows - 1) * bytesPerRow + (width + 1) / 2 * 2
    case .yu12:
      return height * bytesPerRow + (2 * chromaRows - 1) * (bytesPerRow / 2) + (width + 1) / 2
    default: return nil
    }
  }

  /// A driver may say any size.
  package var pixelCount: Int { width.multipliedSaturating(by: height) }
}

/// Which colours the numbers of a Y′CbCr (or limited-range RGB) frame mean.
package struct ColourEncoding: Sendable, Hashable {
  /// Luma weights of red and blue (Rec. ITU-R BT.601, BT.709, BT.2020; SMPTE 240M).
  package enum Matrix: Sendable, Hashable {
    case bt601, bt709, bt2020, smpte240m

    package var red: Double {
      switch self {
      case .bt601: 0.299
      case .bt709: 0.2126
      case .bt2020: 0.2627
      case .smpte240m: 0.212
      }
    }

    package var blue: Double {
      switch self {
      case .bt601: 0.114
      case .bt709: 0.0722
      case .bt2020: 0.0593
      case .smpte240m: 0.087
      }
    }
  }

  package var matrix: Matrix
  /// 0…255; otherwise 16…235 for luma and RGB, 16…240 for chroma.
  package var isFullRange: Bool

  package init(matrix: Matrix, isFullRange: Bool) {
    self.matrix = matrix
    self.isFullRange = isFullRange
  }

  /// V4L2's defaults resolved as videodev2.h does it (`V4L2_MAP_YCBCR_ENC_DEFAULT`, `V4L2_MAP_QUANTIZATION_DEFAULT`).
  /// - Parameter isLumaWithChroma: only these formats are limited by default; RGB is not, nor grey, as the kernel's own
  ///   vivid and infrared cameras give it.
  init(colorspace: UInt32, encoding: UInt32, quantization: UInt32, isLumaWithChroma: Bool) {
    switch encoding {
    case V4L2_YCBCR_ENC_709.rawValue, V4L2_YCBCR_ENC_XV709.rawValue: matrix = .bt709
    case V4L2_YCBCR_ENC_BT2020.rawValue, V4L2_YCBCR_ENC_BT2020_CONST_LUM.rawValue: matrix = .bt2020
    case V4L2_YCBCR_ENC_SMPTE240M.rawValue: matrix = .smpte240m
    case V4L2_YCBCR_ENC_DEFAULT.rawValue:
      switch colorspace {
      case V4L2_COLORSPACE_REC709.rawValue, V4L2_COLORSPACE_DCI_P3.rawValue: matrix = .bt709
      case V4L2_COLORSPACE_BT2020.rawValue: matrix = .bt2020
      case V4L2_COLORSPACE_SMPTE240M.rawValue: matrix = .smpte240m
      default: matrix = .bt601
      }
    default: matrix = .bt601
    }
    switch quantization {
    case V4L2_QUANTIZATION_FULL_RANGE.rawValue: isFullRange = true
    case V4L2_QUANTIZATION_LIM_RANGE.rawValue: isFullRange = false
    default: isFullRange = !isLumaWithChroma || colorspace == V4L2_COLORSPACE_JPEG.rawValue
    }
  }
}
