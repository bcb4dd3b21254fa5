/// Makes frames smaller to the size of a screen: means of boxes of whole pixels, several times as fast as `AreaAverage`. Its
/// row of sums is allocated once.
package struct BoxAverage: Sendable {
  private var sums: [UInt16] = []

  package init() {}

  /// - Parameters:
  ///   - pixels: `[H, W, 3]` bytes, RGB.
  ///   - use: takes the mean of each of `columns × rows` boxes, row by row.
  package mutating func shrink(
    _ pixels: UnsafeRawBufferPointer, width: Int, height: Int, columns: Int, rows: Int,
    use: (_ index: Int, _ red: Int, _ green: Int, _ blue: Int) -> Void
  ) {
    precondition(width > 0 && height > 0 && pixels.count >= width * height * 3)
    if sums.count != width * 3 { sums = Array(repeating: 0, count: width * 3) }
    let bytes = pixels.bindMemory(to: UInt8.self)
    sums.withUnsafeMutableBufferPointer { sums in
      for row in 0..<rows {
        let (top, bottom) = Self.span(row, of: rows, in: height)
        let count = Self.add(bytes, top: top, bottom: bottom, to: sums)
        for column in 0..<columns {
          let (left, right) = Self.span(column, of: columns, in: width)
          var (red, green, blue) = (0, 0, 0)
          for x in left..<right {
            red &+= Int(sums[x &* 3])
            green &+= Int(sums[x &* 3 &+ 1])
            blue &+= Int(sums[x &* 3 &+ 2])
          }
          let area = (right - left) * count
          use(row * columns + column, red / area, green / area, blue / area)
        }
      }
    }
  }

  /// At least one pixel, also where there are more boxes than pixels.
  private static func span(_ index: Int, of count: Int, in pixels: Int) -> (Int, Int) {
    let start = index * pixels / count
    return (start, max((index + 1) * pixels / count, start + 1))
  }

  /// Sums rows of bytes element by element; returns how many: of very high boxes some are left out, so that the sums fit
  /// 16 bits (257 rows of 255 do).
  private static func add(
    _ bytes: UnsafeBufferPointer<UInt8>, top: Int, bottom: Int, to sums: UnsafeMutableBufferPointer<UInt16>
  ) -> Int {
    sums.update(repeating: 0)
    var count = 0
    for y in stride(from: top, to: bottom, by: (bottom - top + 255) / 256) {
      let row = UnsafeBufferPointer(rebasing: bytes[(y * sums.count)..<((y + 1) * sums.count)])
      for index in sums.indices { sums[index] &+= UInt16(row[index]) }
      count += 1
    }
    return count
  }
}
