/// Planes of Y′, Cb and Cr at full range and 4:4:4, so that a recording of RGB loses rounding only.
package enum YUV444 {
  /// - Parameters:
  ///   - rgb: `[H, W, 3]` bytes.
  ///   - planes: Y, Cb, Cr of BT.601, each `[H, W]` bytes.
  package static func separate(
    _ rgb: UnsafeRawBufferPointer, pixelCount: Int, into planes: UnsafeMutableRawBufferPointer
  ) {
    precondition(min(rgb.count, planes.count) >= pixelCount * 3)
    func fixed(_ value: Double) -> Int32 { Int32((value * 65_536).rounded()) }
    let weights = YUVColorSpace.Matrix.bt601.weights
    let (redLuma, blueLuma) = (fixed(weights.red), fixed(weights.blue))
    let greenLuma = 65_536 - redLuma - blueLuma
    let (cbScale, crScale) = (fixed(0.5 / (1 - weights.blue)), fixed(0.5 / (1 - weights.red)))
    let chromaMiddle: Int32 = 128 << 16
    for index in 0..<pixelCount {
      let (red, green, blue) = (Int32(rgb[index * 3]), Int32(rgb[index * 3 + 1]), Int32(rgb[index * 3 + 2]))
      let luma = red &* redLuma &+ green &* greenLuma &+ blue &* blueLuma
      planes[index] = byte(luma)
      planes[pixelCount + index] = byte(chromaMiddle &+ scaled(blue << 16 &- luma, cbScale))
      planes[2 * pixelCount + index] = byte(chromaMiddle &+ scaled(red << 16 &- luma, crScale))
    }
  }

  /// In 64 bits: difference × scale needs more than 32.
  private static func scaled(_ difference: Int32, _ scale: Int32) -> Int32 {
    Int32(truncatingIfNeeded: (Int64(difference) &* Int64(scale)) >> 16)
  }

  /// Rounds and clamps 16.16 to a byte.
  private static func byte(_ value: Int32) -> UInt8 {
    UInt8(truncatingIfNeeded: min(max((value &+ 32_768) >> 16, 0), 255))
  }
}
