import Pixels
import Testing

@Suite struct YUVConversionTests {
  func convert(
    _ planes: [UInt8], _ format: PixelFormat, _ width: Int, _ height: Int, isFullRange: Bool = true
  ) -> [UInt8] {
    let layout = PixelLayout(
      format, width: width, height: height, color: YUVColorSpace(matrix: .bt601, isFullRange: isFullRange))
    #expect(planes.count == layout.frameBytes)
    var rgb = [UInt8](repeating: 0xA5, count: width * height * 3 + 16)
    let isConverted = rgb.withUnsafeMutableBytes { rgb in
      planes.withUnsafeBytes { PixelConversion(layout).convert($0, into: rgb) }
    }
    #expect(isConverted && rgb.suffix(16).allSatisfy { $0 == 0xA5 })
    return Array(rgb.dropLast(16))
  }

  /// Against BT.601's formulas in floating point, over a grid of every sample's range.
  @Test(arguments: [false, true])
  func matchesTheFormula(isFullRange: Bool) {
    for y in stride(from: 0, through: 255, by: 15) {
      for cb in stride(from: 0, through: 255, by: 17) {
        for cr in stride(from: 0, through: 255, by: 17) {
          let light = isFullRange ? Double(y) : (Double(y) - 16) * 255 / 219
          let scale = isFullRange ? 1 : 255.0 / 224
          let (blue, red) = ((Double(cb) - 128) * scale, (Double(cr) - 128) * scale)
          let expected = [light + 1.402 * red, light - 0.344136 * blue - 0.714136 * red, light + 1.772 * blue]
          let found = convert([UInt8(y), UInt8(cb), UInt8(cr)], .yuv444, 1, 1, isFullRange: isFullRange)
          for channel in 0..<3 {
            let distance = abs(Double(found[channel]) - min(max(expected[channel], 0), 255))
            #expect(distance <= 0.51, "Y \(y) Cb \(cb) Cr \(cr), channel \(channel)")
          }
        }
      }
    }
  }

  @Test func blackAndWhite() {
    #expect(convert([16, 235, 128, 128], .yuv422, 2, 1, isFullRange: false) == [0, 0, 0, 255, 255, 255])
    #expect(convert([0, 255], .grey, 2, 1) == [0, 0, 0, 255, 255, 255])
  }

  @Test func fourPixelsShareChroma() {
    // The fifth pixel has a sample of its own: red there.
    let rgb = convert([128, 128, 128, 128, 128] + [128, 128] + [128, 228], .yuv411, 5, 1)
    #expect(Array(rgb[..<12]) == Array(repeating: 128, count: 12))
    #expect(rgb[12] == 255 && rgb[13] < 128 && rgb[14] == 128)
  }

  /// 3 × 3 pixels, so that the last column and row share their chroma with nobody.
  @Test func chromaOfOddSizes() {
    let luma = [UInt8](repeating: 128, count: 9)
    let rgb = convert(luma + [128, 228, 128, 128] + [128, 128, 228, 128], .yuv420, 3, 3)
    func pixel(_ x: Int, _ y: Int) -> [UInt8] { Array(rgb[((y * 3 + x) * 3)...].prefix(3)) }
    for (x, y) in [(0, 0), (1, 0), (0, 1), (1, 1), (2, 2)] { #expect(pixel(x, y) == [128, 128, 128]) }
    for y in [0, 1] { #expect(pixel(2, y)[2] == 255 && pixel(2, y)[0] == 128) }
    for x in [0, 1] { #expect(pixel(x, 2)[0] == 255 && pixel(x, 2)[2] == 128) }
  }
}
