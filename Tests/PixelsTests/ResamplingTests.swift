import Pixels
import Testing

@Suite struct AreaAverageTests {
  @Test func whatFitsStaysAsItIs() {
    let picture = RGBImage.flat(1, 2, 3, width: 30, height: 20)
    #expect(AreaAverage.fit(picture, width: 30, height: 20, maximumPixels: 600) == picture)
  }

  /// Each output pixel is the mean of the pixels under it: black and white stripes become grey.
  @Test func everyPixelWeighsIn() {
    let stripes = RGBImage(
      width: 60, height: 4,
      pixels: (0..<240).flatMap { pixel in [UInt8](repeating: pixel % 2 == 0 ? 0 : 200, count: 3) })
    let half = AreaAverage.fit(stripes, width: 30, height: 100, maximumPixels: 10_000)
    #expect(half.width == 30 && half.height == 2)
    #expect(half.pixels.allSatisfy { $0 == 100 })
  }

  @Test func partlyCoveredPixels() {
    // Three columns onto two: each output column covers one and a half.
    let picture = RGBImage(width: 3, height: 1, pixels: [0, 0, 0, 90, 90, 90, 240, 240, 240])
    let two = AreaAverage.fit(picture, width: 2, height: 1, maximumPixels: 10)
    #expect(two == RGBImage(width: 2, height: 1, pixels: [30, 30, 30, 190, 190, 190]))
  }

  @Test(arguments: [(5000, 3), (3, 5000), (1999, 1501), (101, 99)])
  func staysWithinTheLimits(width: Int, height: Int) {
    let small = AreaAverage.fit(
      RGBImage.flat(7, 8, 9, width: width, height: height), width: 97, height: 89, maximumPixels: 5000)
    #expect(small.width <= 97 && small.height <= 89 && small.width * small.height <= 5000)
    #expect(Array(small.pixels.suffix(3)) == [7, 8, 9])
  }
}

@Suite struct BoxAverageTests {
  /// The means of a picture of `pixel`'s colours, `[rows, columns, 3]`.
  private func shrunk(_ pixels: [UInt8], _ width: Int, _ height: Int, _ columns: Int, _ rows: Int) -> [Int] {
    var means = [Int](repeating: -1, count: columns * rows * 3)
    var boxes = BoxAverage()
    pixels.withUnsafeBytes {
      boxes.shrink($0, width: width, height: height, columns: columns, rows: rows) { index, red, green, blue in
        means.replaceSubrange(index * 3..<index * 3 + 3, with: [red, green, blue])
      }
    }
    return means
  }

  @Test(arguments: [(16, 12, 4, 3), (17, 13, 4, 3), (3, 2, 9, 7), (1, 1, 1, 1), (40, 700, 5, 1)])
  func `a sample is the mean of its pixels`(width: Int, height: Int, columns: Int, rows: Int) {
    let pixels = (0..<width * height).flatMap { at in
      let (x, y) = (at % width, at / width)
      return [UInt8(x * 37 % 256), UInt8(y * 53 % 256), UInt8((x + y) * 29 % 256)]
    }
    let means = shrunk(pixels, width, height, columns, rows)
    for row in 0..<rows {
      for column in 0..<columns {
        let (left, top) = (column * width / columns, row * height / rows)
        let right = max((column + 1) * width / columns, left + 1)
        let bottom = max((row + 1) * height / rows, top + 1)
        // Very high boxes are read in steps, so that sums fit 16 bits.
        let lines = Array(stride(from: top, to: bottom, by: (bottom - top + 255) / 256))
        var sum = [0, 0, 0]
        for y in lines {
          for x in left..<right {
            for channel in 0..<3 { sum[channel] += Int(pixels[(y * width + x) * 3 + channel]) }
          }
        }
        let area = lines.count * (right - left)
        #expect(Array(means[(row * columns + column) * 3..<(row * columns + column) * 3 + 3]) == sum.map { $0 / area })
      }
    }
  }

  @Test(arguments: [(16, 12, 4, 3), (17, 13, 4, 3), (3, 2, 9, 7), (1, 1, 1, 1), (40, 700, 5, 1)])
  func `luminances alone are within two of those of the means`(width: Int, height: Int, columns: Int, rows: Int) {
    for white in [false, true] {
      // Alike in each row of a box, of which not all are read.
      let pixels = (0..<width * height).flatMap { at in
        let (x, row) = (at % width, at / width * rows / height)
        return white ? [255, 255, 255] : [UInt8(x * 37 % 256), UInt8(row * 53 % 256), UInt8((x + row) * 29 % 256)]
      }
      let means = shrunk(pixels, width, height, columns, rows)
      var boxes = BoxAverage()
      var luminances: [UInt8] = []
      pixels.withUnsafeBytes {
        boxes.shrinkLuminance($0, width: width, height: height, columns: columns, rows: rows, into: &luminances)
      }
      #expect(luminances.count == columns * rows)
      for (index, value) in luminances.enumerated() {
        #expect(abs(Int(value) - luminance(means[index * 3], means[index * 3 + 1], means[index * 3 + 2])) <= 2)
      }
    }
  }

  @Test func `white stays white in the highest box`() {
    let white = [UInt8](repeating: 255, count: 4 * 514 * 3)
    #expect(shrunk(white, 4, 514, 2, 2) == [Int](repeating: 255, count: 12))
  }
}
