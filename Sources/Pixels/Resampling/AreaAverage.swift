/// Makes pictures smaller, with every pixel of the original weighing in by its area, those at a border in part: no aliasing,
/// whatever the ratio, once for each picture. (`BoxAverage` does it for every frame, to whole pixels.)
package enum AreaAverage {
  /// The picture itself if it fits, else the largest of its shape that is at most `width` × `height` and
  /// `maximumPixels`.
  package static func fit(_ picture: RGBImage, width: Int, height: Int, maximumPixels: Int) -> RGBImage {
    let pixels = Double(picture.width * picture.height)
    let scale = min(
      Double(width) / Double(picture.width), Double(height) / Double(picture.height),
      (Double(maximumPixels) / pixels).squareRoot())
    guard scale < 1 else { return picture }
    // Rounded down, so that the product stays within `maximumPixels`.
    return shrink(
      picture, width: max(1, Int(Double(picture.width) * scale)), height: max(1, Int(Double(picture.height) * scale)))
  }

  /// Which source pixels an output pixel covers: the first and the last only in part.
  private struct Span {
    let range: Range<Int>
    private let start: Double
    private let end: Double

    init(_ index: Int, outputCount: Int, inputCount: Int) {
      let step = Double(inputCount) / Double(outputCount)
      start = Double(index) * step
      end = min(Double(index + 1) * step, Double(inputCount))
      range = Int(start)..<min(Int(end.rounded(.up)), inputCount)
    }

    func weight(_ pixel: Int) -> Float {
      Float((min(end, Double(pixel + 1)) - max(start, Double(pixel))) / (end - start))
    }
  }

  private static func shrink(_ picture: RGBImage, width: Int, height: Int) -> RGBImage {
    let columns = (0..<width).map { Span($0, outputCount: width, inputCount: picture.width) }
    // One row of the original's width, `[W, 3]`: the weighted sum of the rows that an output row covers.
    var sums = [Float](repeating: 0, count: picture.width * 3)
    var pixels: [UInt8] = []
    pixels.reserveCapacity(width * height * 3)
    for y in 0..<height {
      for index in sums.indices { sums[index] = 0 }
      let rows = Span(y, outputCount: height, inputCount: picture.height)
      for row in rows.range {
        let weight = rows.weight(row)
        let base = row * sums.count
        for index in sums.indices { sums[index] += weight * Float(picture.pixels[base + index]) }
      }
      for column in columns {
        var red: Float = 0
        var green: Float = 0
        var blue: Float = 0
        for x in column.range {
          let weight = column.weight(x)
          red += weight * sums[x * 3]
          green += weight * sums[x * 3 + 1]
          blue += weight * sums[x * 3 + 2]
        }
        pixels.append(UInt8(min(red + 0.5, 255)))
        pixels.append(UInt8(min(green + 0.5, 255)))
        pixels.append(UInt8(min(blue + 0.5, 255)))
      }
    }
    return RGBImage(width: width, height: height, pixels: pixels)
  }
}
