#if arch(x86_64)
  import CCPU
#endif

/// Y′CbCr to R′G′B′ in 16-bit fixed point.
struct ColourTransform: Sendable {
  /// Factors times 2^13: with inputs times 2^7 the upper half of the product is the result times 2^4. The same factor in
  /// every lane: spreading it anew for each eight pixels takes a quarter of the time.
  private let luma: SIMD8<Int16>
  private let redOfV: SIMD8<Int16>
  private let greenOfU: SIMD8<Int16>
  private let greenOfV: SIMD8<Int16>
  private let blueOfU: SIMD8<Int16>
  /// 16 where black is 16.
  private let black: SIMD8<Int16>
  private let isFullRange: Bool

  init(_ colour: ColourEncoding) {
    let red = colour.matrix.red
    let blue = colour.matrix.blue
    let green = 1 - red - blue
    let chroma = colour.isFullRange ? 1 : 255.0 / 224
    func fixed(_ factor: Double) -> SIMD8<Int16> { SIMD8(repeating: Int16((factor * 8192).rounded())) }
    luma = fixed(colour.isFullRange ? 1 : 255.0 / 219)
    redOfV = fixed(2 * (1 - red) * chroma)
    greenOfU = fixed(2 * (1 - blue) * blue / green * chroma)
    greenOfV = fixed(2 * (1 - red) * red / green * chroma)
    blueOfU = fixed(2 * (1 - blue) * chroma)
    black = SIMD8(repeating: colour.isFullRange ? 0 : 16)
    isFullRange = colour.isFullRange
  }

  /// What Cb and Cr, 0…255, add to red, green and blue, times 16.
  @inline(__always)
  func chroma(_ u: SIMD8<Int16>, _ v: SIMD8<Int16>) -> (red: SIMD8<Int16>, green: SIMD8<Int16>, blue: SIMD8<Int16>) {
    let cb = (u &- 128) &<< 7
    let cr = (v &- 128) &<< 7
    return (
      upperProduct(cr, redOfV), SIMD8(repeating: 0) &- upperProduct(cb, greenOfU) &- upperProduct(cr, greenOfV),
      upperProduct(cb, blueOfU)
    )
  }

  /// Luma of 0…255, times 16, with half a unit more: the fraction bits are cut off later.
  @inline(__always)
  func base(_ y: SIMD8<Int16>) -> SIMD8<Int16> { upperProduct((y &- black) &<< 7, luma) &+ 8 }

  /// Without its fraction bits, in 0…255.
  @inline(__always)
  func value(_ sum: SIMD8<Int16>) -> SIMD8<Int16> {
    pointwiseMin(pointwiseMax(sum &>> 4, SIMD8(repeating: 0)), SIMD8(repeating: 255))
  }

  /// A value of a limited-range RGB or grey frame, stretched to 0…255.
  @inline(__always)
  func stretched(_ value: UInt8) -> UInt8 {
    if isFullRange { return value }
    let scaled = ((Int32(value) - 16) * Int32(luma[0]) + 4096) >> 13
    return UInt8(min(max(scaled, 0), 255))
  }

  /// The upper 16 bits of each 32-bit product.
  @inline(__always)
  private func upperProduct(_ a: SIMD8<Int16>, _ b: SIMD8<Int16>) -> SIMD8<Int16> {
    #if arch(x86_64)
      // By its name: the compiler finds it in the plain form below only where the factor is spread in the same loop turn.
      unsafeBitCast(
        _mm_mulhi_epi16(unsafeBitCast(a, to: SIMD2<Int64>.self), unsafeBitCast(b, to: SIMD2<Int64>.self)),
        to: SIMD8<Int16>.self)
    #else
      SIMD8<Int16>(
        truncatingIfNeeded: (SIMD8<Int32>(truncatingIfNeeded: a) &* SIMD8<Int32>(truncatingIfNeeded: b)) &>> 16)
    #endif
  }
}
