/// Turns one raw frame into tightly packed RGB, `[H, W, 3]` bytes, full range: a camera's, or a recording's.
///
/// Eight pixels at a time in 16-bit lanes. Each chroma sample stands for all the pixels that share it.
package struct PixelConversion: Sendable {
  package let layout: PixelLayout
  private let transform: YUVTransform

  package init(_ layout: PixelLayout) {
    self.layout = layout
    transform = YUVTransform(layout.color, isCrFirst: layout.format == .nv21)
  }

  /// Decodes `frame`. Returns `false`, with `output` undefined, where the frame is shorter than its format.
  /// - Parameter output: `[H, W, 3]` bytes.
  package func convert(_ frame: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Bool {
    guard frame.count >= layout.frameBytes, output.count >= layout.width * layout.height * 3,
      let input = frame.baseAddress, let output = output.baseAddress
    else { return false }
    for y in 0..<layout.height { convertRow(y, input, output + y * layout.width * 3) }
    return true
  }

  private func convertRow(_ y: Int, _ frame: UnsafeRawPointer, _ output: UnsafeMutableRawPointer) {
    let row = frame + y * layout.bytesPerRow
    let planes = frame + layout.height * layout.bytesPerRow
    let chroma = planes + (y >> layout.format.chromaShift.down) * layout.chromaBytesPerRow
    let secondChroma = chroma + layout.chromaRows * layout.chromaBytesPerRow
    // A vector store writes two bytes too many: into the next row, and in the last one nowhere.
    let vectors = (layout.width - (y < layout.height - 1 ? 0 : 1)) / 8
    switch layout.format {
    case .yuyv:
      @inline(__always) func eight(_ x: Int) -> Eight {
        let words = row.loadUnaligned(fromByteOffset: 2 &* x, as: SIMD8<UInt16>.self)
        return Eight(words & 0xFF, words &>> 8)
      }
      yuvRow(output, vectors, Samples(luma: row, lumaStep: 2, cb: row + 1, cr: row + 3, chromaStep: 4, shift: 1), eight)
    case .uyvy:
      @inline(__always) func eight(_ x: Int) -> Eight {
        let words = row.loadUnaligned(fromByteOffset: 2 &* x, as: SIMD8<UInt16>.self)
        return Eight(words &>> 8, words & 0xFF)
      }
      yuvRow(output, vectors, Samples(luma: row + 1, lumaStep: 2, cb: row, cr: row + 2, chromaStep: 4, shift: 1), eight)
    case .nv12, .nv21:
      @inline(__always) func eight(_ x: Int) -> Eight {
        Eight(words(row + x), words(chroma + x))
      }
      yuvRow(
        output, vectors, Samples(luma: row, lumaStep: 1, cb: chroma, cr: chroma + 1, chromaStep: 2, shift: 1), eight)
    case .yuv420, .yuv422:
      @inline(__always) func eight(_ x: Int) -> Eight {
        let (cb, cr) = (fourSamples(chroma + x &>> 1), fourSamples(secondChroma + x &>> 1))
        return Eight(words(row + x), cb | cr &<< 16)
      }
      yuvRow(
        output, vectors, Samples(luma: row, lumaStep: 1, cb: chroma, cr: secondChroma, chromaStep: 1, shift: 1), eight)
    case .yuv411:
      @inline(__always) func eight(_ x: Int) -> Eight {
        let cb = (chroma + x &>> 2).loadUnaligned(as: SIMD2<UInt8>.self)
        let cr = (secondChroma + x &>> 2).loadUnaligned(as: SIMD2<UInt8>.self)
        let pairs = SIMD2<UInt32>(truncatingIfNeeded: cb) | SIMD2<UInt32>(truncatingIfNeeded: cr) &<< 16
        return Eight(words(row + x), SIMD4(pairs[0], pairs[0], pairs[1], pairs[1]))
      }
      yuvRow(
        output, vectors, Samples(luma: row, lumaStep: 1, cb: chroma, cr: secondChroma, chromaStep: 1, shift: 2), eight)
    case .yuv444:
      @inline(__always) func eight(_ x: Int) -> Eight {
        let cb = unsafeBitCast(words(chroma + x), to: SIMD4<UInt32>.self)
        let cr = unsafeBitCast(words(secondChroma + x), to: SIMD4<UInt32>.self)
        return Eight(words(row + x), cb & 0xFFFF | cr &<< 16, odd: cb &>> 16 | cr & 0xFFFF_0000)
      }
      yuvRow(
        output, vectors, Samples(luma: row, lumaStep: 1, cb: chroma, cr: secondChroma, chromaStep: 1, shift: 0), eight)
    case .grey:
      @inline(__always) func eight(_ x: Int) -> Eight {
        Eight(words(row + x), SIMD8(repeating: 128))
      }
      yuvRow(output, vectors, Samples(luma: row, lumaStep: 1, cb: nil, cr: nil, chromaStep: 0, shift: 0), eight)
    case .rgb, .bgr: rgbRow(row, output)
    }
  }

  // MARK: Y′CbCr

  /// Luma of eight pixels and chroma of the even and the odd ones (see `YUVTransform.write`).
  private struct Eight {
    let luma: SIMD8<UInt16>
    let even: SIMD4<UInt32>
    let odd: SIMD4<UInt32>

    @inline(__always)
    init(_ luma: SIMD8<UInt16>, _ even: SIMD4<UInt32>, odd: SIMD4<UInt32>) {
      self.luma = luma
      self.even = even
      self.odd = odd
    }

    /// Neighbors share their chroma.
    @inline(__always)
    init(_ luma: SIMD8<UInt16>, _ pairs: SIMD4<UInt32>) { self.init(luma, pairs, odd: pairs) }

    @inline(__always)
    init(_ luma: SIMD8<UInt16>, _ pairs: SIMD8<UInt16>) {
      self.init(luma, unsafeBitCast(pairs, to: SIMD4<UInt32>.self))
    }
  }

  /// Where a row's samples lie, for those pixels at its end that fill no vector.
  private struct Samples {
    let luma: UnsafeRawPointer
    let lumaStep: Int
    /// `nil`: grey.
    let cb: UnsafeRawPointer?
    let cr: UnsafeRawPointer?
    let chromaStep: Int
    let shift: Int

    /// One pixel, in every lane.
    func pixel(_ x: Int) -> Eight {
      func chroma(_ plane: UnsafeRawPointer?) -> UInt32 {
        UInt32(plane?.load(fromByteOffset: (x >> shift) * chromaStep, as: UInt8.self) ?? 128)
      }
      return Eight(
        SIMD8(repeating: UInt16(luma.load(fromByteOffset: x * lumaStep, as: UInt8.self))),
        SIMD4<UInt32>(repeating: chroma(cb) | chroma(cr) << 16))
    }
  }

  @inline(__always)
  private func yuvRow(_ output: UnsafeMutableRawPointer, _ vectors: Int, _ rest: Samples, _ eight: (Int) -> Eight) {
    // A copy, so that the loop need not load it again after each store.
    let transform = transform
    for x in stride(from: 0, to: vectors &* 8, by: 8) {
      let pixels = eight(x)
      transform.write(pixels.luma, even: pixels.even, odd: pixels.odd, to: output + 3 &* x)
    }
    end(of: output, from: vectors * 8, rest)
  }

  private func end(of output: UnsafeMutableRawPointer, from start: Int, _ samples: Samples) {
    for x in start..<layout.width {
      let pixel = samples.pixel(x)
      withUnsafeTemporaryAllocation(byteCount: 26, alignment: 1) { eight in
        guard let start = eight.baseAddress else { return }
        transform.write(pixel.luma, even: pixel.even, odd: pixel.odd, to: start)
        (output + 3 * x).copyMemory(from: start, byteCount: 3)
      }
    }
  }

  // MARK: RGB

  private func rgbRow(_ input: UnsafeRawPointer, _ output: UnsafeMutableRawPointer) {
    let (width, isBGR) = (layout.width, layout.format == .bgr)
    var start = 0
    if layout.color.isFullRange {
      if !isBGR { return output.copyMemory(from: input, byteCount: 3 * width) }
      // Two pixels of three bytes at a time: green stays, red and blue change places.
      while start + 3 <= width {
        let bytes = input.loadUnaligned(fromByteOffset: 3 &* start, as: UInt64.self)
        let swapped = (bytes & 0xFF_0000_FF00) | ((bytes &>> 16) & 0xFF00_00FF) | ((bytes &<< 16) & 0xFF00_00FF_0000)
        output.storeBytes(of: swapped, toByteOffset: 3 &* start, as: UInt64.self)
        start &+= 2
      }
    }
    for x in start..<width {
      for channel in 0..<3 {
        let value = input.load(fromByteOffset: 3 * x + (isBGR ? 2 - channel : channel), as: UInt8.self)
        output.storeBytes(of: transform.stretched(value), toByteOffset: 3 * x + channel, as: UInt8.self)
      }
    }
  }
}

@inline(__always)
private func words(_ bytes: UnsafeRawPointer) -> SIMD8<UInt16> {
  SIMD8(truncatingIfNeeded: bytes.loadUnaligned(as: SIMD8<UInt8>.self))
}

@inline(__always)
private func fourSamples(_ bytes: UnsafeRawPointer) -> SIMD4<UInt32> {
  SIMD4(truncatingIfNeeded: bytes.loadUnaligned(as: SIMD4<UInt8>.self))
}
