/// How samples of 8 bits lie in memory. The raw value is what a source's status shows.
package enum PixelFormat: String, Sendable, Hashable {
  /// Y′CbCr, two pixels in four bytes, with a sample of chroma for both.
  case yuyv = "YUYV"
  case uyvy = "UYVY"
  /// A plane of Y′, then one of Cb and Cr in turn (NV21: Cr and Cb) at half the width and height.
  case nv12 = "NV12"
  case nv21 = "NV21"
  /// Planes of Y′, Cb and Cr: I420 or YU12 of cameras, and what Y4M holds.
  case yuv420 = "4:2:0"
  case yuv422 = "4:2:2"
  case yuv411 = "4:1:1"
  case yuv444 = "4:4:4"
  /// Y′ alone.
  case grey = "mono"
  case rgb = "RGB"
  case bgr = "BGR"

  /// Pixels that share a sample of chroma: 2 to the power of this, across and down.
  var chromaShift: (across: Int, down: Int) {
    switch self {
    case .yuyv, .uyvy, .yuv422: (1, 0)
    case .nv12, .nv21, .yuv420: (1, 1)
    case .yuv411: (2, 0)
    case .yuv444, .grey, .rgb, .bgr: (0, 0)
    }
  }
}

/// How a frame's bytes lie in a buffer, and what colours they mean.
package struct PixelLayout: Sendable, Hashable {
  package let format: PixelFormat
  /// In pixels.
  package let width: Int
  package let height: Int
  /// From one row to the next, of the first plane.
  package let bytesPerRow: Int
  package let color: YUVColorSpace

  /// - Parameter bytesPerRow: at least what a row needs is taken.
  package init(
    _ format: PixelFormat, width: Int, height: Int, bytesPerRow: Int = 0,
    color: YUVColorSpace = YUVColorSpace(matrix: .bt601, isFullRange: false)
  ) {
    let least =
      switch format {
      case .yuyv, .uyvy: (width + 1) / 2 * 4
      case .nv12, .nv21: (width + 1) / 2 * 2
      case .yuv420, .yuv422, .yuv411, .yuv444, .grey: width
      case .rgb, .bgr: width * 3
      }
    self.format = format
    self.width = width
    self.height = height
    self.bytesPerRow = max(bytesPerRow, least)
    self.color = color
    lastRowBytes = least
  }

  private let lastRowBytes: Int

  /// From one row of chroma to the next, where it has planes of its own.
  package var chromaBytesPerRow: Int {
    switch format {
    case .nv12, .nv21: bytesPerRow
    default: shifted(bytesPerRow, format.chromaShift.across)
    }
  }

  /// Rows in each plane of chroma.
  package var chromaRows: Int { shifted(height, format.chromaShift.down) }

  /// Half or a quarter, rounded up: the last pixel may share its chroma with nobody.
  private func shifted(_ count: Int, _ shift: Int) -> Int { (count + (1 << shift) - 1) >> shift }

  /// Bytes that a whole frame must have. The padding after the last row may be missing.
  package var frameBytes: Int {
    switch format {
    case .yuyv, .uyvy, .grey, .rgb, .bgr: (height - 1) * bytesPerRow + lastRowBytes
    case .nv12, .nv21: (height + chromaRows - 1) * bytesPerRow + lastRowBytes
    case .yuv420, .yuv422, .yuv411, .yuv444:
      height * bytesPerRow + (2 * chromaRows - 1) * chromaBytesPerRow + shifted(width, format.chromaShift.across)
    }
  }
}

/// Which colours the numbers of a Y′CbCr (or limited-range RGB) frame mean.
package struct YUVColorSpace: Sendable, Hashable {
  /// Rec. ITU-R BT.601, BT.709, BT.2020; SMPTE 240M.
  package enum Matrix: Sendable, Hashable {
    case bt601, bt709, bt2020, smpte240m

    /// The shares of red and blue in luma.
    package var weights: (red: Double, blue: Double) {
      switch self {
      case .bt601: (0.299, 0.114)
      case .bt709: (0.2126, 0.0722)
      case .bt2020: (0.2627, 0.0593)
      case .smpte240m: (0.212, 0.087)
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
}
