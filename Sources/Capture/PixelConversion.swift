/// Turns one raw frame into tightly packed RGB, `[H, W, 3]` bytes, full range.
///
/// Eight pixels at a time in 16-bit lanes; the result is within 1 of the exact value.
package struct PixelConversion: Sendable {
  package let layout: PixelLayout
  private let colour: ColourTransform

  /// `nil` for formats that are not decoded natively.
  package init?(_ layout: PixelLayout) {
    guard layout.leastFrameBytes != nil, layout.width > 0, layout.height > 0 else { return nil }
    self.layout = layout
    colour = ColourTransform(layout.colour)
  }

  /// Decodes `frame`. Returns `false`, with `output` undefined, where the frame is shorter than its format.
  /// - Parameter output: `[H, W, 3]` bytes.
  package func convert(_ frame: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Bool {
    guard frame.count >= layout.leastFrameBytes ?? .max, output.count >= layout.pixelCount * 3 else { return false }
    guard let input = frame.baseAddress, let output = output.baseAddress else { return false }
    let lastFullRow = layout.height - 1
    for y in 0..<layout.height {
      let row = output + y * layout.width * 3
      convertRow(y, input, row, mayOverrun: y < lastFullRow)
    }
    return true
  }

  /// One row; a vector store writes two bytes too many, into the next row or (in the last one) nowhere: `mayOverrun`.
  private func convertRow(
    _ y: Int, _ frame: UnsafeRawPointer, _ output: UnsafeMutableRawPointer, mayOverrun: Bool
  ) {
    let stride = layout.bytesPerRow
    let luma = frame + y * stride
    let planeEnd = frame + layout.height * stride
    switch layout.fourCC {
    case .yuyv: packedRow(luma, lumaShift: 0, uShift: 8, vShift: 24, output, mayOverrun)
    case .uyvy: packedRow(luma, lumaShift: 8, uShift: 0, vShift: 16, output, mayOverrun)
    case .nv12: semiPlanarRow(luma, planeEnd + y / 2 * stride, uShift: 0, vShift: 8, output, mayOverrun)
    case .nv21: semiPlanarRow(luma, planeEnd + y / 2 * stride, uShift: 8, vShift: 0, output, mayOverrun)
    case .yu12:
      let half = stride / 2
      let u = planeEnd + y / 2 * half
      planarRow(luma, u, u + (layout.height + 1) / 2 * half, output, mayOverrun)
    case .grey: greyRow(luma, output, mayOverrun)
    case .rgb3: rgbRow(luma, output)
    default: bgrRow(luma, output)
    }
  }

  // MARK: Y′CbCr

  /// Two pixels in four bytes. The shifts say where in such a word (little-endian) luma, Cb and Cr stand.
  @inline(__always)
  private func packedRow(
    _ input: UnsafeRawPointer, lumaShift: UInt16, uShift: UInt32, vShift: UInt32, _ output: UnsafeMutableRawPointer,
    _ mayOverrun: Bool
  ) {
    yuvRow(output, mayOverrun) { x in
      let words = input.loadUnaligned(fromByteOffset: 2 * x, as: SIMD8<UInt16>.self)
      let pairs = unsafeBitCast(words, to: SIMD4<UInt32>.self)
      return (
        bitPatterns((words &>> lumaShift) & 0xFF), (pairs &>> uShift) & 0xFF, (pairs &>> vShift) & 0xFF
      )
    } one: { x in
      let pair = input.loadUnaligned(fromByteOffset: x / 2 * 4, as: UInt32.self)
      let luma = pair &>> (UInt32(lumaShift) + UInt32(x % 2) * 16)
      return (Int16(luma & 0xFF), Int16((pair &>> uShift) & 0xFF), Int16((pair &>> vShift) & 0xFF))
    }
  }

  /// A plane of luma, a plane of Cb and Cr in turn (or Cr and Cb: the shifts say).
  @inline(__always)
  private func semiPlanarRow(
    _ luma: UnsafeRawPointer, _ chroma: UnsafeRawPointer, uShift: UInt32, vShift: UInt32,
    _ output: UnsafeMutableRawPointer, _ mayOverrun: Bool
  ) {
    yuvRow(output, mayOverrun) { x in
      let y = SIMD8<Int16>(truncatingIfNeeded: luma.loadUnaligned(fromByteOffset: x, as: SIMD8<UInt8>.self))
      let pairs = SIMD4<UInt32>(truncatingIfNeeded: chroma.loadUnaligned(fromByteOffset: x, as: SIMD4<UInt16>.self))
      return (y, (pairs &>> uShift) & 0xFF, (pairs &>> vShift) & 0xFF)
    } one: { x in
      let pair = UInt32(chroma.loadUnaligned(fromByteOffset: x / 2 * 2, as: UInt16.self))
      let y = luma.load(fromByteOffset: x, as: UInt8.self)
      return (Int16(y), Int16((pair &>> uShift) & 0xFF), Int16((pair &>> vShift) & 0xFF))
    }
  }

  @inline(__always)
  private func planarRow(
    _ luma: UnsafeRawPointer, _ u: UnsafeRawPointer, _ v: UnsafeRawPointer, _ output: UnsafeMutableRawPointer,
    _ mayOverrun: Bool
  ) {
    yuvRow(output, mayOverrun) { x in
      let y = SIMD8<Int16>(truncatingIfNeeded: luma.loadUnaligned(fromByteOffset: x, as: SIMD8<UInt8>.self))
      let cb = u.loadUnaligned(fromByteOffset: x / 2, as: SIMD4<UInt8>.self)
      let cr = v.loadUnaligned(fromByteOffset: x / 2, as: SIMD4<UInt8>.self)
      return (y, SIMD4<UInt32>(truncatingIfNeeded: cb), SIMD4<UInt32>(truncatingIfNeeded: cr))
    } one: { x in
      (
        Int16(luma.load(fromByteOffset: x, as: UInt8.self)), Int16(u.load(fromByteOffset: x / 2, as: UInt8.self)),
        Int16(v.load(fromByteOffset: x / 2, as: UInt8.self))
      )
    }
  }

  /// - Parameter eight: luma of the eight pixels from x on, Cb and Cr of their four pairs.
  @inline(__always)
  private func yuvRow(
    _ output: UnsafeMutableRawPointer, _ mayOverrun: Bool,
    eight: (Int) -> (SIMD8<Int16>, SIMD4<UInt32>, SIMD4<UInt32>), one: (Int) -> (Int16, Int16, Int16)
  ) {
    // Copies, so that the loop need not load them again after each store.
    let (width, colour) = (layout.width, colour)
    let lastVector = width - (mayOverrun ? 8 : 9)
    var x = 0
    while x <= lastVector {
      let (y, u, v) = eight(x)
      let base = colour.base(y)
      let chroma = colour.chroma(lanes(u), lanes(v))
      storePixels(
        (
          colour.value(base &+ doubled(chroma.red)), colour.value(base &+ doubled(chroma.green)),
          colour.value(base &+ doubled(chroma.blue))
        ), output + 3 &* x)
      x &+= 8
    }
    while x < width {
      let (y, u, v) = one(x)
      let base = colour.base(SIMD8(repeating: y))
      let chroma = colour.chroma(SIMD8(repeating: u), SIMD8(repeating: v))
      let (r, g, b) = (
        colour.value(base &+ chroma.red), colour.value(base &+ chroma.green), colour.value(base &+ chroma.blue)
      )
      let pixel = output + 3 * x
      pixel.storeBytes(of: UInt8(r[0]), as: UInt8.self)
      pixel.storeBytes(of: UInt8(g[0]), toByteOffset: 1, as: UInt8.self)
      pixel.storeBytes(of: UInt8(b[0]), toByteOffset: 2, as: UInt8.self)
      x += 1
    }
  }

  // MARK: Grey and RGB

  private func greyRow(_ input: UnsafeRawPointer, _ output: UnsafeMutableRawPointer, _ mayOverrun: Bool) {
    let colour = colour
    let lastVector = layout.width - (mayOverrun ? 8 : 9)
    var start = 0
    while start <= lastVector {
      let y = SIMD8<Int16>(truncatingIfNeeded: input.loadUnaligned(fromByteOffset: start, as: SIMD8<UInt8>.self))
      let value = colour.value(colour.base(y))
      storePixels((value, value, value), output + 3 &* start)
      start &+= 8
    }
    for x in start..<layout.width {
      let value = colour.stretched(input.load(fromByteOffset: x, as: UInt8.self))
      for channel in 0..<3 { output.storeBytes(of: value, toByteOffset: 3 * x + channel, as: UInt8.self) }
    }
  }

  private func rgbRow(_ input: UnsafeRawPointer, _ output: UnsafeMutableRawPointer) {
    let byteCount = 3 * layout.width
    if layout.colour.isFullRange {
      output.copyMemory(from: input, byteCount: byteCount)
    } else {
      for i in 0..<byteCount {
        output.storeBytes(
          of: colour.stretched(input.load(fromByteOffset: i, as: UInt8.self)), toByteOffset: i, as: UInt8.self)
      }
    }
  }

  private func bgrRow(_ input: UnsafeRawPointer, _ output: UnsafeMutableRawPointer) {
    var start = 0
    if layout.colour.isFullRange {
      // Two pixels of three bytes at a time: green stays, red and blue change places.
      while start + 3 <= layout.width {
        let bytes = input.loadUnaligned(fromByteOffset: 3 &* start, as: UInt64.self)
        let swapped = (bytes & 0xFF_0000_FF00) | ((bytes &>> 16) & 0xFF00_00FF) | ((bytes &<< 16) & 0xFF00_00FF_0000)
        output.storeBytes(of: swapped, toByteOffset: 3 &* start, as: UInt64.self)
        start &+= 2
      }
    }
    for x in start..<layout.width {
      for channel in 0..<3 {
        let value = input.load(fromByteOffset: 3 * x + 2 - channel, as: UInt8.self)
        output.storeBytes(of: colour.stretched(value), toByteOffset: 3 * x + channel, as: UInt8.self)
      }
    }
  }
}

/// Values below 256 as they lie in the even lanes; the odd ones are 0.
@inline(__always)
private func lanes(_ values: SIMD4<UInt32>) -> SIMD8<Int16> { unsafeBitCast(values, to: SIMD8<Int16>.self) }

/// Each even lane in the odd one after it too: chroma shared by two pixels.
@inline(__always)
private func doubled(_ values: SIMD8<Int16>) -> SIMD8<Int16> {
  let pairs = unsafeBitCast(values, to: SIMD4<UInt32>.self)
  return unsafeBitCast((pairs & 0xFFFF) | (pairs &<< 16), to: SIMD8<Int16>.self)
}

@inline(__always)
private func bitPatterns(_ values: SIMD8<UInt16>) -> SIMD8<Int16> { unsafeBitCast(values, to: SIMD8<Int16>.self) }

/// Stores eight pixels of 0…255 as 24 bytes, and two more bytes after them that the next store overwrites.
@inline(__always)
private func storePixels(_ rgb: (SIMD8<Int16>, SIMD8<Int16>, SIMD8<Int16>), _ output: UnsafeMutableRawPointer) {
  let redGreen = bitPatterns(unsigned: rgb.0 | (rgb.1 &<< 8))
  let words =
    SIMD8<UInt32>(truncatingIfNeeded: redGreen)
    | (SIMD8<UInt32>(truncatingIfNeeded: bitPatterns(unsigned: rgb.2)) &<< 16)
  // Two pixels of four bytes are pushed together into six.
  let pairs = unsafeBitCast(words, to: SIMD4<UInt64>.self)
  let packed = (pairs & 0xFF_FFFF) | ((pairs &>> 8) & 0xFFFF_FF00_0000)
  output.storeBytes(of: packed[0], as: UInt64.self)
  output.storeBytes(of: packed[1], toByteOffset: 6, as: UInt64.self)
  output.storeBytes(of: packed[2], toByteOffset: 12, as: UInt64.self)
  output.storeBytes(of: packed[3], toByteOffset: 18, as: UInt64.self)
}

@inline(__always)
private func bitPatterns(unsigned values: SIMD8<Int16>) -> SIMD8<UInt16> {
  unsafeBitCast(values, to: SIMD8<UInt16>.self)
}
