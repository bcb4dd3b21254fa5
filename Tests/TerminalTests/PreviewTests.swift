import Frames
import Terminal
import TestSupport
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
    pixels.withUnsafeBytes {
      image.fill($0, width: width, height: height, samples: PreviewSamples(columns: columns, rows: rows))
    }
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
    func line(_ change: (inout Snapshot) -> Void) -> Substring {
      drawn(size) {
        $0.options.style = .ramp
        change(&$0)
      }.text.split(separator: "\n")[5].dropFirst().dropLast()
    }
    let upright = line { _ in }
    let mirrored = line { $0.options.isMirrored = true }
    #expect(upright != mirrored)
    #expect(
      String(upright.reversed()).filter { $0 != " " } == mirrored.filter { $0 != " " }, "the same characters in reverse"
    )
  }

  @Test func `flipping turns the picture and its crop upside down`() {
    let size = Size(width: 60, height: 20)
    func picture(_ change: (inout Snapshot) -> Void) -> [Substring] {
      drawn(size) {
        $0.crop = nil
        $0.options.style = .ramp
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
    #expect(PreviewStyle.ascii.next(on: plain) == .ramp && PreviewStyle.ramp.next(on: plain) == .ascii)
    #expect(PreviewStyle.ascii.next(on: ascii8) == .color && PreviewStyle.color.next(on: ascii8) == .ramp)
    #expect(PreviewStyle.solid.next(on: utf8) == .ascii)
    #expect(PreviewStyle.quadrants.next(on: utf8) == .braille, "the locale knows no sextants")
    let sextants = Capabilities(unicode: true, colors: .ansi8, sextants: true)
    #expect(PreviewStyle.quadrants.next(on: sextants) == .sextants)
    #expect(PreviewStyle.sextants.effective(on: utf8) == .color)
  }

  // MARK: Shapes

  /// A frame as it stands on a screen of its own, without a crop; `shown` is what was there.
  private func shapes(
    _ image: PreviewImage, style: PreviewStyle = .ascii, over shown: CellGrid? = nil,
    _ change: (inout ViewOptions) -> Void = { _ in }
  ) -> CellGrid {
    var snapshot = Snapshot()
    snapshot.preview = image
    snapshot.options.style = style
    snapshot.options.hiddenPanels = Set(ViewOptions.Panel.allCases)
    change(&snapshot.options)
    var grid = CellGrid(width: 102, height: 34, capabilities: utf8)
    ScreenView.draw(snapshot, over: shown, into: &grid)
    return grid
  }

  /// 80 × 30 cells with patches, of a frame of 640 × 480.
  private func patched(_ image: inout PreviewImage, _ pixel: (Int, Int) -> Int) {
    let pixels = frame(640, 480) { x, y in
      let value = min(max(pixel(x, y), 0), 255)
      return (value, value, value)
    }
    pixels.withUnsafeBytes {
      image.fill($0, width: 640, height: 480, samples: PreviewSamples(columns: 80, rows: 30, withShapes: true))
    }
  }

  @Test func `a character is chosen for its own shape`() {
    for value in 0x20...0x7E {
      let character = Unicode.Scalar(UInt8(value))
      #expect(GlyphShapes.glyph(for: GlyphShapes.patch(of: character), over: nil) == character)
    }
  }

  @Test(arguments: [false, true], [false, true])
  func `a character stands where the picture is bright`(isMirrored: Bool, isFlipped: Bool) {
    // One half of every cell of 8 × 16 pixels is lit; which it is on the screen follows from how that is turned.
    let halves: [(isLit: (Int, Int) -> Bool, onScreen: (Int, Int) -> Bool)] = [
      ({ x, _ in x % 8 < 4 }, { x, _ in x < 2 }), ({ x, _ in x % 8 >= 4 }, { x, _ in x >= 2 }),
      ({ _, y in y % 16 < 8 }, { _, y in y < 4 }), ({ _, y in y % 16 >= 8 }, { _, y in y >= 4 }),
    ]
    for half in halves {
      var image = PreviewImage()
      patched(&image) { x, y in half.isLit(x, y) ? 255 : 0 }
      let glyph = shapes(image) {
        ($0.isMirrored, $0.isFlipped) = (isMirrored, isFlipped)
      }[50, 15].glyph
      let coverage = GlyphShapes.patch(of: glyph)
      var (lit, dark) = (0, 0)
      for index in 0..<GlyphShapes.sampleCount {
        let (x, y) = (index % GlyphShapes.across, index / GlyphShapes.across)
        let isLit = half.onScreen(
          isMirrored ? GlyphShapes.across - 1 - x : x, isFlipped ? GlyphShapes.down - 1 - y : y)
        if isLit { lit += Int(coverage[index]) } else { dark += Int(coverage[index]) }
      }
      #expect(2 * lit > 3 * dark, "\(glyph)")
    }
  }

  @Test func `noise of two levels changes less than one cell in fifty`() {
    var random = SplitMix64(state: 17)
    var image = PreviewImage()
    func scene(_ x: Int, _ y: Int) -> Int { 128 + (x * y / 40) % 100 - 50 + (x / 37 + y / 23) % 2 * 40 }
    var shown: CellGrid?
    var changed = 0
    let frames = 20
    for _ in 0..<frames {
      patched(&image) { x, y in scene(x, y) + Int(random.next() % 5) - 2 }
      let grid = shapes(image, over: shown)
      if let shown { changed += zip(shown.cells, grid.cells).count { $0 != $1 } }
      shown = grid
    }
    #expect(changed < 80 * 30 * (frames - 1) / 50, "\(changed) cells in \(frames - 1) frames")
    #expect(Set(shown!.cells.map(\.glyph)).count > 20, "there is something to change")
  }

  @Test func `of two characters that suit alike the one that stands there stays`() {
    var image = PreviewImage()
    patched(&image) { x, y in (x + y) * 255 / 1120 }
    let first = shapes(image)
    // A little brighter, as when a lamp warms up: most cells rest.
    var (rested, moved) = (image, image)
    patched(&rested) { x, y in (x + y) * 255 / 1120 + 4 }
    let resting = zip(first.cells, shapes(rested, over: first).cells).count { $0 != $1 }
    let restless = zip(first.cells, shapes(rested).cells).count { $0 != $1 }
    #expect(resting < restless)
    patched(&moved) { x, y in 255 - (x + y) * 255 / 1120 }
    #expect(zip(first.cells, shapes(moved, over: first).cells).count { $0 != $1 } > 1000)
  }

  @Test func `in colour a flat dark place is one dim character, on few colours the character tells`() {
    var image = PreviewImage()
    patched(&image) { x, _ in x < 320 ? 40 : 230 }
    let dark = shapes(image, style: .color)[10, 10]
    let bright = shapes(image, style: .color)[80, 10]
    #expect(dark.glyph == " " || dark.foreground.terminalNumber(.direct) < bright.foreground.terminalNumber(.direct))
    let few = shapes(image, style: .color) { $0.colorLimit = .ansi8 }
    #expect(few[10, 10].glyph != few[80, 10].glyph)
  }

  @Test func `a picture taken for another style is drawn by its brightness`() {
    var image = PreviewImage()
    fill(&image, frame(100, 10) { x, _ in (2 * x, 2 * x, 2 * x) }, 100, 10, 100, 30)
    #expect(shapes(image).text == shapes(image, style: .ramp).text)
  }

  @Test func `sextants have their code points`() {
    // Unicode's names list the filled cells: BLOCK SEXTANT-1 is the upper left one, -23456 the last.
    #expect(PictureView.sextant(0b000001) == "\u{1FB00}")
    #expect(PictureView.sextant(0b010100) == "\u{1FB13}", "SEXTANT-35")
    #expect(PictureView.sextant(0b010110) == "\u{1FB14}", "SEXTANT-235")
    #expect(PictureView.sextant(0b101001) == "\u{1FB27}", "SEXTANT-146")
    #expect(PictureView.sextant(0b101011) == "\u{1FB28}", "SEXTANT-1246")
    #expect(PictureView.sextant(0b111110) == "\u{1FB3B}")
    #expect([0b010101, 0b101010, 0b111111, 0].map(PictureView.sextant) == ["▌", "▐", "█", " "])
  }
}
