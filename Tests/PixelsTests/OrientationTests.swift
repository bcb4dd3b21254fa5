import CTurboJPEG
import Pixels
import TestSupport
import Testing

/// Exif's orientation, from JPEG and PNG.
@Suite struct OrientationTests {
  enum Side { case top, bottom, left, right }

  /// Exif 2.32, tag 0x0112: which side of what is to be seen the first row and the first column as stored are.
  static let sides: [(value: Int, row: Side, column: Side)] = [
    (1, .top, .left), (2, .top, .right), (3, .bottom, .right), (4, .bottom, .left), (5, .left, .top), (6, .right, .top),
    (7, .right, .bottom), (8, .left, .bottom),
  ]
  static let (width, height) = (5, 3)

  /// Where a stored pixel is to be seen.
  static func seen(_ x: Int, _ y: Int, row: Side, column: Side) -> (x: Int, y: Int) {
    var place = (x: 0, y: 0)
    for (side, index, count) in [(row, y, height), (column, x, width)] {
      switch side {
      case .left: place.x = index
      case .right: place.x = count - 1 - index
      case .top: place.y = index
      case .bottom: place.y = count - 1 - index
      }
    }
    return place
  }

  static func png(before: [PNGFile.Chunk] = [], after: [PNGFile.Chunk] = []) -> [UInt8] {
    PNGFile.make(width: width, height: height, depth: 8, color: 2, before: before, after: after) {
      [$0 * 50, $1 * 80, 7][$2]
    }
  }

  @Test(arguments: sides.map(\.value), [true, false])
  func picturesStandUpright(value: Int, isLittle: Bool) throws {
    let (_, row, column) = Self.sides[value - 1]
    for type in [1, 3, 4] {
      let exif = ExifFile.make(orientation: value, isLittle: isLittle, type: type)
      for chunk in [exif, Array("Exif\0\0".utf8) + exif] {
        for png in [Self.png(before: [("eXIf", chunk)]), Self.png(after: [("eXIf", chunk)])] {
          let picture = try ImageFile.decode(png, name: "a.png")
          let isTurned = value >= 5
          #expect(picture.width == (isTurned ? Self.height : Self.width))
          #expect(picture.height == (isTurned ? Self.width : Self.height))
          for y in 0..<Self.height {
            for x in 0..<Self.width {
              let place = Self.seen(x, y, row: row, column: column)
              let base = (place.y * picture.width + place.x) * 3
              #expect(Array(picture.pixels[base..<base + 3]) == [UInt8(x * 50), UInt8(y * 80), 7])
            }
          }
        }
      }
      // The same turn of the same stored pixels, whatever the format.
      let jpeg = JPEGFile.make(width: 24, height: 20)
      let turned = try ImageFile.decode(JPEGFile.inserting(exif: exif, in: jpeg), name: "a.jpg")
      let stored = try ImageFile.decode(jpeg, name: "a.jpg")
      let asPNG = PNGFile.make(width: 24, height: 20, depth: 8, color: 2, before: [("eXIf", exif)]) {
        Int(stored.pixels[($1 * 24 + $0) * 3 + $2])
      }
      #expect(try ImageFile.decode(asPNG, name: "a.png") == turned)
    }
  }

  @Test func thePictureOfACamera() throws {
    // After JFIF's segment, as Pillow and some phones write it.
    var jpeg = Sample.jpeg
    let exif = Array("Exif\0\0".utf8) + ExifFile.make(orientation: 6, isLittle: false)
    jpeg.insert(contentsOf: [0xFF, 0xE1, 0, UInt8(exif.count + 2)] + exif, at: 20)
    let picture = try ImageFile.decode(jpeg, name: "a.jpg")
    #expect(picture.width == 16 && picture.height == 32)
    // Left was red and is above now.
    #expect(picture.pixels[(3 * 16 + 8) * 3] > 190 && picture.pixels[(28 * 16 + 8) * 3] < 30)
  }

  /// What is broken says nothing: the picture is read as it is stored.
  @Test func brokenExifIsIgnored() throws {
    let stored = try ImageFile.decode(Self.png(), name: "a.png")
    let good = ExifFile.make(orientation: 6, isLittle: true)
    var blocks = (0..<(good.count - 10)).map { Array(good[..<$0]) }
    func changed(_ place: Int, _ bytes: [UInt8]) -> [UInt8] {
      Array(good[..<place]) + bytes + Array(good[(place + bytes.count)...])
    }
    // No order; the directory nowhere, at itself; no entry; a count, a type, a value that there is not.
    blocks += [
      changed(0, [0x49, 0x4D]), changed(2, [0, 0]), changed(4, [0xFF, 0xFF, 0xFF, 0xFF]), changed(4, [0, 0, 0, 0x80]),
      changed(8, [0, 0]), changed(26, [2, 0, 0, 0]), changed(24, [2, 0]), changed(24, [0, 0]), changed(30, [0, 0]),
      changed(30, [9, 0]), changed(30, [0xFF, 0xFF]), changed(22, [0x13, 0x01]),
    ]
    for (index, block) in blocks.enumerated() {
      #expect(try ImageFile.decode(Self.png(before: [("eXIf", block)]), name: "a.png") == stored, "block \(index)")
      let jpeg = JPEGFile.inserting(exif: block, in: Sample.jpeg)
      #expect(try ImageFile.decode(jpeg, name: "a.jpg").width == 32, "block \(index)")
    }
    // More entries than there are, the right one among them.
    #expect(try ImageFile.decode(Self.png(before: [("eXIf", changed(8, [0xFF, 0xFF]))]), name: "a.png").width == 3)
  }
}
