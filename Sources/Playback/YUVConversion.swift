/// Planar 8-bit Y′CbCr to RGB and back, BT.601's matrix (ITU-R BT.601-7, section 2.5), in 16.16 fixed point.
package struct YUVConversion: Sendable {
  private let lumaOffset: Int32
  private let luma: Int32
  private let redFromCr: Int32
  private let greenFromCb: Int32
  private let greenFromCr: Int32
  private let blueFromCb: Int32

  private static let one = 65_536.0
  private static let half: Int32 = 32_768

  package init(isFullRange: Bool) {
    let lumaScale = isFullRange ? 1 : 255.0 / 219
    let chromaScale = isFullRange ? 1 : 255.0 / 224
    func fixed(_ value: Double) -> Int32 { Int32((value * Self.one).rounded()) }
    lumaOffset = isFullRange ? 0 : 16
    luma = fixed(lumaScale)
    redFromCr = fixed(1.402 * chromaScale)
    greenFromCb = fixed(0.344136 * chromaScale)
    greenFromCr = fixed(0.714136 * chromaScale)
    blueFromCb = fixed(1.772 * chromaScale)
  }

  /// Converts one frame. Each chroma sample stands for all the pixels that share it.
  /// - Parameters:
  ///   - planes: `header.frameBytes` bytes: Y `[H, W]`, then Cb and Cr.
  ///   - rgb: `[H, W, 3]` bytes.
  package func convert(
    _ planes: UnsafePointer<UInt8>, _ header: Y4MHeader, into rgb: UnsafeMutablePointer<UInt8>
  ) {
    let chromaWidth = header.chromaWidth
    let columnShift = header.chromaColumnShift
    let rowShift = header.layout == .yuv420 ? 1 : 0
    let cb = planes + header.width * header.height
    let cr = cb + chromaWidth * header.chromaHeight
    for y in 0..<header.height {
      let row = planes + y * header.width
      var target = rgb + y * header.width * 3
      if header.layout == .mono {
        for x in 0..<header.width {
          let grey = Self.byte((Int32(row[x]) &- lumaOffset) &* luma)
          target[0] = grey
          target[1] = grey
          target[2] = grey
          target += 3
        }
        continue
      }
      let cbRow = cb + (y >> rowShift) * chromaWidth
      let crRow = cr + (y >> rowShift) * chromaWidth
      for x in 0..<header.width {
        let light = (Int32(row[x]) &- lumaOffset) &* luma
        let blue = Int32(cbRow[x >> columnShift]) &- 128
        let red = Int32(crRow[x >> columnShift]) &- 128
        target[0] = Self.byte(light &+ red &* redFromCr)
        target[1] = Self.byte(light &- blue &* greenFromCb &- red &* greenFromCr)
        target[2] = Self.byte(light &+ blue &* blueFromCb)
        target += 3
      }
    }
  }

  /// RGB to planes at full range and 4:4:4, so that a recording loses rounding only.
  /// - Parameters:
  ///   - rgb: `[H, W, 3]` bytes.
  ///   - planes: Y, Cb, Cr, each `[H, W]` bytes.
  package static func separate(
    _ rgb: UnsafePointer<UInt8>, pixelCount: Int, into planes: UnsafeMutablePointer<UInt8>
  ) {
    func fixed(_ value: Double) -> Int32 { Int32((value * one).rounded()) }
    let (redLuma, greenLuma, blueLuma) = (fixed(0.299), fixed(0.587), fixed(0.114))
    let (cbScale, crScale) = (fixed(1 / 1.772), fixed(1 / 1.402))
    let chromaMiddle: Int32 = 128 << 16
    for index in 0..<pixelCount {
      let red = Int32(rgb[index * 3])
      let green = Int32(rgb[index * 3 + 1])
      let blue = Int32(rgb[index * 3 + 2])
      let light = red &* redLuma &+ green &* greenLuma &+ blue &* blueLuma
      planes[index] = byte(light)
      // In 64 bits: difference × scale needs more than 32.
      planes[pixelCount + index] = byte(chromaMiddle &+ scaled(blue << 16 &- light, cbScale))
      planes[2 * pixelCount + index] = byte(chromaMiddle &+ scaled(red << 16 &- light, crScale))
    }
  }

  private static func scaled(_ difference: Int32, _ scale: Int32) -> Int32 {
    Int32(truncatingIfNeeded: (Int64(difference) &* Int64(scale)) >> 16)
  }

  /// Rounds and clamps 16.16 to a byte.
  private static func byte(_ value: Int32) -> UInt8 {
    UInt8(truncatingIfNeeded: min(max((value &+ half) >> 16, 0), 255))
  }
}
