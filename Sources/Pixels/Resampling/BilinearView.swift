/// Draws windows of pictures at one output size, bilinear, in fixed point: whole pixels and 256ths. Its tables and rows
/// are allocated once.
///
/// Each row of the picture is stretched horizontally once and kept while output rows need it; an output row is then a
/// mix of two such rows, which the compiler vectorises.
package final class BilinearView {
  private let width: Int
  private let height: Int
  private let rowCount: Int
  /// For each output column: byte offset of the pixel at its left, and the right neighbour's share in 256ths.
  private let offsets: UnsafeMutablePointer<Int32>
  private let shares: UnsafeMutablePointer<UInt16>
  /// Two stretched rows, `[W, 3]` and one that is not looked at, one byte's range in 16 bits, and which row of the picture
  /// each holds.
  private var upper: UnsafeMutablePointer<UInt16>
  private var lower: UnsafeMutablePointer<UInt16>
  private var upperRow = -1
  private var lowerRow = -1

  package init(width: Int, height: Int) {
    self.width = width
    self.height = height
    rowCount = width * 3
    offsets = .allocate(capacity: width)
    shares = .allocate(capacity: width)
    upper = .allocate(capacity: rowCount + 1)
    lower = .allocate(capacity: rowCount + 1)
  }

  deinit {
    offsets.deallocate()
    shares.deallocate()
    upper.deallocate()
    lower.deallocate()
  }

  /// Writes the window into `target`, `[height, width, 3]` bytes. Parts outside the picture repeat its edge.
  /// - Precondition: the picture is at least 2 × 2 pixels.
  /// - Parameters:
  ///   - window: in pixels of the picture; it may begin and end between pixels.
  package func draw(
    _ picture: RGBImage, window: (left: Double, top: Double, width: Double, height: Double),
    into target: UnsafeMutableRawBufferPointer
  ) {
    precondition(picture.width >= 2 && picture.height >= 2 && target.count >= rowCount * height)
    let target = target.bindMemory(to: UInt8.self)
    for x in 0..<width {
      let (pixel, share) = Self.position(x, of: width, from: window.left, span: window.width, limit: picture.width)
      offsets[x] = Int32(pixel * 3)
      shares[x] = UInt16(share)
    }
    upperRow = -1
    lowerRow = -1
    picture.pixels.withUnsafeBufferPointer { source in
      // A picture has pixels, and its size was checked.
      guard let first = source.baseAddress, let output = target.baseAddress else { return }
      let pictureRowBytes = picture.width * 3
      for y in 0..<height {
        let (row, share) = Self.position(y, of: height, from: window.top, span: window.height, limit: picture.height)
        let base = first + row * pictureRowBytes
        if upperRow != row {
          if lowerRow == row {
            swap(&upper, &lower)
            lowerRow = -1
          } else {
            stretch(base, into: upper)
          }
          upperRow = row
        }
        if lowerRow != row + 1 {
          stretch(base + pictureRowBytes, into: lower)
          lowerRow = row + 1
        }
        mix(lowerShare: UInt16(share), into: output + y * rowCount)
      }
    }
  }

  /// Where output pixel `index` of `count` looks, centre on centre: the pixel at its left (or above) and the share of
  /// that one's neighbour in 256ths.
  private static func position(
    _ index: Int, of count: Int, from start: Double, span: Double, limit: Int
  ) -> (pixel: Int, share: Int) {
    let centre = start + (Double(index) + 0.5) * span / Double(count) - 0.5
    let fixed = min(max(Int(centre * 256), 0), (limit - 1) * 256)
    let pixel = min(fixed >> 8, limit - 2)
    return (pixel, fixed - pixel << 8)
  }

  /// A pixel at a time: its channels, and one more of which nothing is kept.
  private func stretch(_ row: UnsafePointer<UInt8>, into stretched: UnsafeMutablePointer<UInt16>) {
    var target = UnsafeMutableRawPointer(stretched)
    for x in 0..<width {
      let pixel = UnsafeRawPointer(row + Int(offsets[x]))
      let left = Self.channels(pixel.loadUnaligned(as: UInt32.self))
      // From one byte before the neighbour: there may be none behind it.
      let right = Self.channels(pixel.loadUnaligned(fromByteOffset: 2, as: UInt32.self) &>> 8)
      let share = SIMD4(repeating: shares[x])
      // At most 255 × 256 + 128: no carry beyond 16 bits, and 8 remain.
      let mixed = (left &* (256 &- share) &+ right &* share &+ 128) &>> 8
      target.storeBytes(of: mixed, as: SIMD4<UInt16>.self)
      target += 3 * MemoryLayout<UInt16>.stride
    }
  }

  @inline(__always) private static func channels(_ bytes: UInt32) -> SIMD4<UInt16> {
    SIMD4(truncatingIfNeeded: unsafeBitCast(bytes, to: SIMD4<UInt8>.self))
  }

  private func mix(lowerShare share: UInt16, into target: UnsafeMutablePointer<UInt8>) {
    let upper = self.upper
    let lower = self.lower
    let rest = 256 &- share
    for index in 0..<rowCount {
      target[index] = UInt8(truncatingIfNeeded: (upper[index] &* rest &+ lower[index] &* share &+ 128) >> 8)
    }
  }
}
