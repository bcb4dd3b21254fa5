/// Turns one raw frame into RGB of half, a quarter or an eighth of its size: the means of squares of pixels are taken of
/// Y′CbCr, and only they are turned. As both are linear, the result is within a level or two of the means of RGB; where
/// colours leave RGB's range, and are clamped, it may be further off.
///
/// What it works in is allocated once. Belongs to one thread.
package final class ReducedConversion {
  package let layout: PixelLayout
  package let divisor: Int
  package let width: Int
  package let height: Int
  /// Of the means, as planes.
  private let conversion: PixelConversion
  private let planes: UnsafeMutableRawBufferPointer
  /// Sums down a square's rows: of luma `[layout.width]`, and of chroma, two planes or Cb and Cr in turn.
  private let luma: UnsafeMutableBufferPointer<UInt16>
  private let chroma: UnsafeMutableBufferPointer<UInt16>

  /// - Parameter divisor: 2, 4 or 8.
  /// - Returns: `nil` for RGB, which there is nothing to turn of.
  package init?(_ layout: PixelLayout, dividedBy divisor: Int) {
    precondition([2, 4, 8].contains(divisor))
    if layout.format == .rgb || layout.format == .bgr { return nil }
    self.layout = layout
    self.divisor = divisor
    width = (layout.width + divisor - 1) / divisor
    height = (layout.height + divisor - 1) / divisor
    let means = PixelLayout(
      layout.format == .grey ? .grey : .yuv444, width: width, height: height, color: layout.color)
    conversion = PixelConversion(means)
    planes = .allocate(byteCount: means.frameBytes, alignment: 64)
    luma = .allocate(capacity: layout.width + 1)
    chroma = .allocate(capacity: 2 * (layout.width + 1))
  }

  deinit {
    planes.deallocate()
    luma.deallocate()
    chroma.deallocate()
  }

  /// Decodes `frame`. Returns `false`, with `output` undefined, where the frame is shorter than its format.
  /// - Parameter output: `[height, width, 3]` bytes.
  package func convert(_ frame: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Bool {
    guard frame.count >= layout.frameBytes, let input = frame.baseAddress else { return false }
    let pixels = planes.bindMemory(to: UInt8.self)
    let plane = width * height
    for row in 0..<height {
      let lines = row * divisor..<min((row + 1) * divisor, layout.height)
      if lines.count == 2, layout.width % 2 == 0, halve(row, of: input, into: pixels) { continue }
      addLuma(lines, of: input)
      means(
        luma[...], step: 1, shift: 0, lines: lines.count,
        into: UnsafeMutableBufferPointer(rebasing: pixels[row * width..<(row + 1) * width]))
      guard layout.format != .grey else { continue }
      let (across, down) = layout.format.chromaShift
      // Of a square that is cut off below, a line of chroma may stand for fewer lines than the others.
      let chromaLines = stride(
        from: lines.lowerBound, to: lines.upperBound, by: lines.count == divisor ? 1 << down : 1)
      let (cb, cr, step) = addChroma(chromaLines, of: input)
      for (sums, start) in [(cb, plane), (cr, 2 * plane)] {
        means(
          sums, step: step, shift: across, lines: chromaLines.underestimatedCount,
          into: UnsafeMutableBufferPointer(rebasing: pixels[start + row * width..<start + (row + 1) * width]))
      }
    }
    return conversion.convert(UnsafeRawBufferPointer(planes), into: output)
  }

  // MARK: By 2

  /// What most cameras and videos give, halved without sums in between: four samples of luma and two, or one, of chroma.
  private func halve(
    _ row: Int, of frame: UnsafeRawPointer, into pixels: UnsafeMutableBufferPointer<UInt8>
  ) -> Bool {
    guard divisor == 2 else { return false }
    let plane = width * height
    let (y, cb, cr) = (pixels.baseAddress! + row * width, plane, 2 * plane)
    let top = frame + 2 * row * layout.bytesPerRow
    switch layout.format {
    case .yuyv: Self.halvePacked(top, top + layout.bytesPerRow, width, luma: 0, cb: 8, y, y + cb, y + cr)
    case .uyvy: Self.halvePacked(top, top + layout.bytesPerRow, width, luma: 8, cb: 0, y, y + cb, y + cr)
    case .yuv420:
      Self.halvePlane(top, top + layout.bytesPerRow, width, y)
      let chroma = frame + layout.height * layout.bytesPerRow + row * layout.chromaBytesPerRow
      UnsafeMutableRawPointer(y + cb).copyMemory(from: chroma, byteCount: width)
      UnsafeMutableRawPointer(y + cr).copyMemory(
        from: chroma + layout.chromaRows * layout.chromaBytesPerRow, byteCount: width)
    default: return false
    }
    return true
  }

  /// - Parameters:
  ///   - luma: by how many bits the first of two luma samples lies up in four bytes; the second 16 higher.
  ///   - cb: the same of Cb; Cr lies 16 higher.
  @inline(__always)
  private static func halvePacked(
    _ top: UnsafeRawPointer, _ bottom: UnsafeRawPointer, _ width: Int, luma: UInt32, cb: UInt32,
    _ outY: UnsafeMutablePointer<UInt8>, _ outCb: UnsafeMutablePointer<UInt8>, _ outCr: UnsafeMutablePointer<UInt8>
  ) {
    for x in 0..<width {
      let a = top.loadUnaligned(fromByteOffset: 4 &* x, as: UInt32.self)
      let b = bottom.loadUnaligned(fromByteOffset: 4 &* x, as: UInt32.self)
      // Two sums of two lines in one word.
      let lumas = (a &>> luma & 0x00FF_00FF) &+ (b &>> luma & 0x00FF_00FF)
      let chromas = (a &>> cb & 0x00FF_00FF) &+ (b &>> cb & 0x00FF_00FF) &+ 0x0001_0001
      outY[x] = UInt8(truncatingIfNeeded: ((lumas & 0xFFFF) &+ (lumas &>> 16) &+ 2) &>> 2)
      outCb[x] = UInt8(truncatingIfNeeded: (chromas & 0xFFFF) &>> 1)
      outCr[x] = UInt8(truncatingIfNeeded: chromas &>> 17)
    }
  }

  @inline(__always)
  private static func halvePlane(
    _ top: UnsafeRawPointer, _ bottom: UnsafeRawPointer, _ width: Int, _ output: UnsafeMutablePointer<UInt8>
  ) {
    for x in 0..<width {
      let a = top.loadUnaligned(fromByteOffset: 2 &* x, as: UInt16.self)
      let b = bottom.loadUnaligned(fromByteOffset: 2 &* x, as: UInt16.self)
      output[x] = UInt8(
        truncatingIfNeeded: ((a & 0xFF) &+ (a &>> 8) &+ (b & 0xFF) &+ (b &>> 8) &+ 2) &>> 2)
    }
  }

  // MARK: Down

  private func addLuma(_ lines: Range<Int>, of frame: UnsafeRawPointer) {
    luma.update(repeating: 0)
    for y in lines {
      let line = frame + y * layout.bytesPerRow
      switch layout.format {
      case .yuyv: Self.addLow(line, layout.width, to: luma)
      case .uyvy: Self.addHigh(line, layout.width, to: luma)
      default: Self.add(line, layout.width, to: luma)
      }
    }
  }

  /// Where the sums of Cb and of Cr begin, and how far they lie apart.
  private func addChroma(
    _ lines: StrideTo<Int>, of frame: UnsafeRawPointer
  ) -> (cb: Slice<UnsafeMutableBufferPointer<UInt16>>, cr: Slice<UnsafeMutableBufferPointer<UInt16>>, step: Int) {
    let samples = (layout.width + 1 << layout.format.chromaShift.across - 1) >> layout.format.chromaShift.across
    let planes = frame + layout.height * layout.bytesPerRow
    let second = UnsafeMutableBufferPointer(rebasing: chroma[samples...])
    chroma.update(repeating: 0)
    for lumaLine in lines {
      let y = lumaLine >> layout.format.chromaShift.down
      switch layout.format {
      case .yuyv: Self.addHigh(frame + y * layout.bytesPerRow, 2 * samples, to: chroma)
      case .uyvy: Self.addLow(frame + y * layout.bytesPerRow, 2 * samples, to: chroma)
      case .nv12, .nv21: Self.add(planes + y * layout.chromaBytesPerRow, 2 * samples, to: chroma)
      default:
        let line = planes + y * layout.chromaBytesPerRow
        Self.add(line, samples, to: chroma)
        Self.add(line + layout.chromaRows * layout.chromaBytesPerRow, samples, to: second)
      }
    }
    switch layout.format {
    case .yuyv, .uyvy, .nv12: return (chroma[...], chroma[1...], 2)
    case .nv21: return (chroma[1...], chroma[...], 2)
    default: return (chroma[...], chroma[samples...], 1)
    }
  }

  @inline(__always)
  private static func add(_ line: UnsafeRawPointer, _ count: Int, to sums: UnsafeMutableBufferPointer<UInt16>) {
    for x in 0..<count { sums[x] &+= UInt16(line.load(fromByteOffset: x, as: UInt8.self)) }
  }

  /// The first of each two bytes.
  @inline(__always)
  private static func addLow(_ line: UnsafeRawPointer, _ count: Int, to sums: UnsafeMutableBufferPointer<UInt16>) {
    for x in 0..<count { sums[x] &+= line.loadUnaligned(fromByteOffset: 2 &* x, as: UInt16.self) & 0xFF }
  }

  @inline(__always)
  private static func addHigh(_ line: UnsafeRawPointer, _ count: Int, to sums: UnsafeMutableBufferPointer<UInt16>) {
    for x in 0..<count { sums[x] &+= line.loadUnaligned(fromByteOffset: 2 &* x, as: UInt16.self) &>> 8 }
  }

  // MARK: Across

  /// - Parameters:
  ///   - step: from one sum to the next.
  ///   - shift: pixels that share a sample: 2 to the power of this.
  private func means(
    _ sums: Slice<UnsafeMutableBufferPointer<UInt16>>, step: Int, shift: Int, lines: Int,
    into output: UnsafeMutableBufferPointer<UInt8>
  ) {
    let sums = UnsafeMutableBufferPointer(rebasing: sums)
    let whole = layout.width / divisor
    // Of a length that the compiler knows the loop is one of vectors.
    switch (divisor >> shift, step) {
    case (1, 1): Self.means(sums, 1, step: 1, lines: lines, count: whole, into: output)
    case (2, 1): Self.means(sums, 2, step: 1, lines: lines, count: whole, into: output)
    case (4, 1): Self.means(sums, 4, step: 1, lines: lines, count: whole, into: output)
    case (8, 1): Self.means(sums, 8, step: 1, lines: lines, count: whole, into: output)
    case (1, 2): Self.means(sums, 1, step: 2, lines: lines, count: whole, into: output)
    case (2, 2): Self.means(sums, 2, step: 2, lines: lines, count: whole, into: output)
    case (4, 2): Self.means(sums, 4, step: 2, lines: lines, count: whole, into: output)
    // Two means share a sample (4:1:1 by two).
    default: for column in 0..<whole { mean(sums, column, step: step, shift: shift, lines: lines, into: output) }
    }
    if whole < width { mean(sums, whole, step: step, shift: shift, lines: lines, into: output) }
  }

  @inline(__always)
  private static func means(
    _ sums: UnsafeMutableBufferPointer<UInt16>, _ samples: Int, step: Int, lines: Int, count: Int,
    into output: UnsafeMutableBufferPointer<UInt8>
  ) {
    let inverse = UInt32(65_536 / (samples * lines))
    for column in 0..<count {
      var sum: UInt32 = 0
      for sample in 0..<samples { sum &+= UInt32(sums[(column &* samples &+ sample) &* step]) }
      output[column] = UInt8(truncatingIfNeeded: (sum &* inverse &+ 32_768) &>> 16)
    }
  }

  private func mean(
    _ sums: UnsafeMutableBufferPointer<UInt16>, _ column: Int, step: Int, shift: Int, lines: Int,
    into output: UnsafeMutableBufferPointer<UInt8>
  ) {
    let pixels = column * divisor..<min((column + 1) * divisor, layout.width)
    let sum = pixels.reduce(0) { $0 + Int(sums[($1 >> shift) * step]) }
    let count = pixels.count * lines
    output[column] = UInt8((sum + count / 2) / count)
  }
}
