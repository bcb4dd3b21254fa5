import Pixels
import Testing

/// JPEG files of our own.
@Suite struct JPEGEncodingTests {
  @Test func aPictureComesBackNearlyAsItWas() throws {
    var pixels: [UInt8] = []
    for place in 0..<53 * 37 {
      pixels += [UInt8(place % 53 * 4), UInt8(place / 53 * 6), 128]
    }
    let picture = RGBImage(width: 53, height: 37, pixels: pixels)
    let bytes = try JPEGEncoder.encode(picture)
    let back = try ImageFile.decode(bytes, name: "ours")
    #expect(back.width == 53 && back.height == 37)
    var difference = 0
    for (ours, original) in zip(back.pixels, pixels) { difference += abs(Int(ours) - Int(original)) }
    #expect(Double(difference) / Double(pixels.count) < 3)
    #expect(try JPEGEncoder.encode(picture, quality: 30).count < bytes.count)
  }
}
