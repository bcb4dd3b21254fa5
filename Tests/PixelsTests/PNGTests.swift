import Pixels
import TestSupport
import Testing

/// Every kind of PNG, held to what its samples say.
@Suite struct PNGTests {
  struct Kind: Sendable, CustomTestStringConvertible {
    let color: Int
    let depth: Int
    var testDescription: String { "colour type \(color), \(depth) bits" }
  }
  static let kinds =
    [1, 2, 4, 8, 16].map { Kind(color: 0, depth: $0) } + [1, 2, 4, 8].map { Kind(color: 3, depth: $0) }
    + [2, 4, 6].flatMap { [Kind(color: $0, depth: 8), Kind(color: $0, depth: 16)] }
  static let (width, height) = (11, 9)
  static let palette = (0..<768).map { UInt8(truncatingIfNeeded: $0 * 73 + 5) }

  /// What files say of their colours: linear light, another white and primaries, a profile, all of them broken or not.
  static let colors: [[PNGFile.Chunk]] = [
    [], [("gAMA", PNGFile.big(100_000))], [("gAMA", PNGFile.big(45455)), ("sRGB", [0])], [("gAMA", PNGFile.big(0))],
    [("cHRM", [31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000].flatMap(PNGFile.big))],
    [("iCCP", Array("profile\0\0no profile".utf8))], [("gAMA", [1]), ("sRGB", [9]), ("cICP", [9, 16, 0, 1])],
  ]

  static func sample(_ kind: Kind, _ x: Int, _ y: Int, _ channel: Int) -> Int {
    // Alpha is the last of two or four: opaque.
    if (kind.color == 4 && channel == 1) || (kind.color == 6 && channel == 3) { return 1 << kind.depth - 1 }
    return (x * 7919 + y * 104_729 + channel * 31 + x * y * 2741) & (1 << kind.depth - 1)
  }

  @Test(arguments: kinds, [false, true])
  func samplesAreRead(kind: Kind, isInterlaced: Bool) throws {
    let most = 1 << kind.depth - 1
    let expected = (0..<Self.height).flatMap { y in
      (0..<Self.width).flatMap { x in
        (0..<3).map { channel in
          if kind.color == 3 { return Int(Self.palette[Self.sample(kind, x, y, 0) * 3 + channel]) }
          let value = Self.sample(kind, x, y, kind.color == 0 || kind.color == 4 ? 0 : channel)
          return (value * 255 * 2 + most) / (2 * most)
        }
      }
    }
    for chunks in Self.colors {
      let palette: [PNGFile.Chunk] = kind.color == 3 ? [("PLTE", Array(Self.palette[..<(3 << kind.depth)]))] : []
      let png = PNGFile.make(
        width: Self.width, height: Self.height, depth: kind.depth, color: kind.color, isInterlaced: isInterlaced,
        before: chunks + palette
      ) { Self.sample(kind, $0, $1, $2) }
      let picture = try ImageFile.decode(png, name: "a.png")
      #expect(picture.width == Self.width && picture.height == Self.height)
      #expect(picture.pixels.map(Int.init) == expected, "\(chunks.map(\.type))")
    }
  }

  /// A grey of 64 is one, in however many bits.
  @Test func greyIsGrey() throws {
    for (depth, value) in [(8, 64), (16, 64 * 257), (16, 64 * 256)] {
      let png = PNGFile.make(width: 4, height: 4, depth: depth, color: 0) { _, _, _ in value }
      #expect(try ImageFile.decode(png, name: "a.png").pixels == [UInt8](repeating: 64, count: 48))
    }
  }

  /// What is transparent is laid on black: in a palette, by one colour that is meant, by alpha, in 8 and 16 bits.
  @Test func transparencyIsBlack() throws {
    let palette: [PNGFile.Chunk] = [("PLTE", [10, 20, 30, 200, 100, 50]), ("tRNS", [0])]
    let ofPalette = PNGFile.make(width: 2, height: 1, depth: 1, color: 3, before: palette) { x, _, _ in x }
    #expect(try ImageFile.decode(ofPalette, name: "p").pixels == [0, 0, 0, 200, 100, 50])
    let ofGrey = PNGFile.make(width: 2, height: 1, depth: 8, color: 0, before: [("tRNS", [0, 90])]) { x, _, _ in 90 + x
    }
    #expect(try ImageFile.decode(ofGrey, name: "g").pixels == [0, 0, 0, 91, 91, 91])
    for depth in [8, 16] {
      let most = 1 << depth - 1
      let ofAlpha = PNGFile.make(width: 3, height: 1, depth: depth, color: 6) { x, _, channel in
        channel == 3 ? [0, most, most / 2][x] : most
      }
      let pixels = try ImageFile.decode(ofAlpha, name: "a").pixels
      #expect(Array(pixels[..<6]) == [0, 0, 0, 255, 255, 255])
      #expect(Array(pixels[6...]) == [127, 127, 127])
    }
  }
}
