import Frames
import Terminal
import Testing

@Suite struct PreviewTests {
  /// A frame whose red is the column and whose green is the row.
  private func frame(_ width: Int, _ height: Int, _ pixel: (Int, Int) -> (Int, Int, Int)) -> [UInt8] {
    var pixels: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        let (r, g, b) = pixel(x, y)
        pixels += [UInt8(r), UInt8(g), UInt8(b)]
      }
    }
    return pixels
  }

  private func fill(
    _ image: inout PreviewImage, _ pixels: [UInt8], _ width: Int, _ height: Int, _ columns: Int, _ rows: Int
  ) {
    pixels.withUnsafeBytes { image.fill($0, width: width, height: height, columns: columns, rows: rows) }
  }

  @Test func `noise changes nothing, a change does`() {
    var image = PreviewImage()
    let noise = PreviewImage.noise
    fill(&image, frame(8, 8) { _, _ in (100, 100, 100) }, 8, 8, 2, 2)
    fill(&image, frame(8, 8) { _, _ in (100 + noise, 100 - noise, 100) }, 8, 8, 2, 2)
    #expect(image.sample(0, 0) == (100, 100, 100))
    fill(&image, frame(8, 8) { _, _ in (100 + noise + 1, 100, 100) }, 8, 8, 2, 2)
    #expect(image.sample(0, 0) == (100 + noise + 1, 100, 100))
  }

  @Test func `a dim picture is stretched, a flat one is not blown up`() {
    var image = PreviewImage()
    fill(&image, frame(100, 10) { x, _ in (x, x, x) }, 100, 10, 100, 10)
    #expect(image.stretched(0) == 0)
    #expect(image.stretched(99) == 255)
    #expect((100...155).contains(image.stretched(50)))
    var flat = PreviewImage()
    fill(&flat, frame(100, 10) { x, _ in (120 + x % 2, 120, 120) }, 100, 10, 100, 10)
    #expect(flat.high - flat.low >= 64)
  }

  @Test func `too few bytes or no size leave it empty`() {
    var image = PreviewImage()
    fill(&image, [1, 2, 3], 640, 480, 10, 10)
    fill(&image, [1, 2, 3], 0, 0, 10, 10)
    fill(&image, [1, 2, 3], 1, 1, 0, 0)
    #expect(image.isEmpty)
  }

  @Test func `the ramp goes from dark to bright`() {
    let coverage = Dictionary(uniqueKeysWithValues: Ramp.coverage.map { ($0.0, $0.1) })
    let values = Ramp.glyphs.map { coverage[$0]! }
    #expect(values == values.sorted())
    #expect(values.first == 0 && values.last == coverage.values.max())
  }

  @Test func `mirroring turns the picture and its crop round`() {
    let size = Size(width: 60, height: 20)
    let line = drawn(size).text.split(separator: "\n")[5].dropFirst().dropLast()
    let mirrored = drawn(size) { $0.options.isMirrored = true }.text.split(separator: "\n")[5].dropFirst().dropLast()
    #expect(line != mirrored)
    #expect(
      String(line.reversed()).filter { $0 != " " } == mirrored.filter { $0 != " " }, "the same characters in reverse")
  }

  @Test func `flipping turns the picture and its crop upside down`() {
    let size = Size(width: 60, height: 20)
    func picture(_ change: (inout Snapshot) -> Void) -> [Substring] {
      drawn(size) {
        $0.crop = nil
        change(&$0)
      }.text.split(separator: "\n")[2..<15].map { $0.dropFirst().dropLast() }
    }
    let upright = picture { _ in }
    let flipped = picture { $0.options.isFlipped = true }
    #expect(upright != flipped && upright.reversed() == flipped)
    // A crop in the upper half lies in the lower one.
    let corner = Crop(x: 100, y: 20, side: 200)
    let above = picture { $0.crop = corner }
    let below = picture {
      $0.crop = corner
      $0.options.isFlipped = true
    }
    #expect(above.firstIndex { $0.contains("┏") }! < 2 && below.firstIndex { $0.contains("┏") }! > 5)
  }

  @Test func `styles fall back to what the terminal shows`() {
    let ascii8 = Capabilities(unicode: false, colors: .ansi8)
    #expect(PreviewStyle.quadrants.effective(on: plain) == .ascii)
    #expect(PreviewStyle.quadrants.effective(on: ascii8) == .color)
    #expect(PreviewStyle.braille.effective(on: Capabilities(unicode: true, colors: .none)) == .braille)
    #expect(PreviewStyle.ascii.next(on: plain) == .ascii)
    #expect(PreviewStyle.color.next(on: ascii8) == .ascii)
    #expect(PreviewStyle.braille.next(on: utf8) == .ascii)
  }
}
