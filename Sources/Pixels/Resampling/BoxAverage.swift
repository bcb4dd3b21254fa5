/// Makes frames smaller to the size of a screen: means of boxes of whole pixels, several times as fast as `AreaAverage`. What it
/// works in is allocated once.
package struct BoxAverage: Sendable {
  private var sums: [UInt16] = []
  private var luminances: [UInt32] = []
  private var boxes: [Box] = []

  /// Columns of pixels, or rows; at least one, also where there are more boxes than pixels.
  private struct Box {
    let start: Int32
    let end: Int32

    init(_ index: Int, of count: Int, in pixels: Int) {
      let start = index * pixels / count
      self.start = Int32(start)
      end = Int32(max((index + 1) * pixels / count, start + 1))
    }
  }

  package init() {}

  /// - Parameters:
  ///   - pixels: `[H, W, 3]` bytes, RGB.
  ///   - use: takes the mean of each of `columns × rows` boxes, row by row.
  package mutating func shrink(
    _ pixels: UnsafeRawBufferPointer, width: Int, height: Int, columns: Int, rows: Int,
    use: (_ index: Int, _ red: Int, _ green: Int, _ blue: Int) -> Void
  ) {
    prepare(pixels, width: width, height: height, columns: columns)
    let bytes = pixels.bindMemory(to: UInt8.self)
    sums.withUnsafeMutableBufferPointer { sums in
      for row in 0..<rows {
        let count = Self.add(bytes, Box(row, of: rows, in: height), to: sums)
        var mean = Mean(rows: count)
        for (column, box) in boxes.enumerated() {
          var (red, green, blue) = (0, 0, 0)
          for x in Int(box.start)..<Int(box.end) {
            red &+= Int(sums[x &* 3])
            green &+= Int(sums[x &* 3 &+ 1])
            blue &+= Int(sums[x &* 3 &+ 2])
          }
          mean.setColumns(box.end &- box.start)
          use(row &* columns &+ column, mean.of(red), mean.of(green), mean.of(blue))
        }
      }
    }
  }

  /// The same for the luminance alone, 0…255.
  /// - Parameter means: `[rows, columns]`; takes that size.
  package mutating func shrinkLuminance(
    _ pixels: UnsafeRawBufferPointer, width: Int, height: Int, columns: Int, rows: Int, into means: inout [UInt8]
  ) {
    prepare(pixels, width: width, height: height, columns: columns)
    if luminances.count != width { luminances = Array(repeating: 0, count: width) }
    if means.count != columns * rows { means = Array(repeating: 0, count: columns * rows) }
    let bytes = pixels.bindMemory(to: UInt8.self)
    for row in 0..<rows {
      let count = sums.withUnsafeMutableBufferPointer { Self.add(bytes, Box(row, of: rows, in: height), to: $0) }
      luminances.withUnsafeMutableBufferPointer { luminances in
        sums.withUnsafeBufferPointer { sums in
          for x in luminances.indices {
            luminances[x] = weightedSum(
              UInt32(sums[x &* 3]), UInt32(sums[x &* 3 &+ 1]), UInt32(sums[x &* 3 &+ 2]))
          }
        }
      }
      var mean = Mean(rows: count)
      for (column, box) in boxes.enumerated() {
        var sum = 0
        for x in Int(box.start)..<Int(box.end) { sum &+= Int(luminances[x]) }
        mean.setColumns(box.end &- box.start)
        means[row &* columns &+ column] = UInt8(truncatingIfNeeded: mean.of(sum) >> 8)
      }
    }
  }

  private mutating func prepare(_ pixels: UnsafeRawBufferPointer, width: Int, height: Int, columns: Int) {
    precondition(width > 0 && height > 0 && pixels.count >= width * height * 3)
    if sums.count != width * 3 { sums = Array(repeating: 0, count: width * 3) }
    if boxes.count != columns || boxes.last?.end != Int32(width) {
      boxes = (0..<columns).map { Box($0, of: columns, in: width) }
    }
  }

  /// Division by the number of a box's pixels; boxes of a row differ by a column at most, so that few divisions are made.
  private struct Mean {
    let rows: Int
    private var columns: Int32 = 0
    private var inverse = 0

    init(rows: Int) { self.rows = rows }

    @inline(__always) mutating func setColumns(_ columns: Int32) {
      guard columns != self.columns else { return }
      self.columns = columns
      inverse = (1 << 32) / (Int(columns) * rows) + 1
    }

    @inline(__always) func of(_ sum: Int) -> Int { (sum &* inverse) >> 32 }
  }

  /// Sums rows of bytes element by element; returns how many: of very high boxes some are left out, so that the sums fit
  /// 16 bits (257 rows of 255 do).
  private static func add(
    _ bytes: UnsafeBufferPointer<UInt8>, _ rows: Box, to sums: UnsafeMutableBufferPointer<UInt16>
  ) -> Int {
    sums.update(repeating: 0)
    var count = 0
    for y in stride(from: Int(rows.start), to: Int(rows.end), by: Int(rows.end - rows.start + 255) / 256) {
      let row = UnsafeBufferPointer(rebasing: bytes[(y * sums.count)..<((y + 1) * sums.count)])
      for index in sums.indices { sums[index] &+= UInt16(row[index]) }
      count += 1
    }
    return count
  }
}

/// Rec. 709 luma of gamma-encoded RGB, 0…255.
@inline(__always) package func luminance(_ red: Int, _ green: Int, _ blue: Int) -> Int {
  weightedSum(red, green, blue) >> 8
}

/// 256 times the luma.
@inline(__always) private func weightedSum<T: FixedWidthInteger>(_ red: T, _ green: T, _ blue: T) -> T {
  54 &* red &+ 183 &* green &+ 19 &* blue
}
