/// Y′CbCr to R′G′B′ in 16-bit fixed point.
struct ColourTransform: Sendable {
  /// Factors times 2^13: with inputs times 2^7 the upper half of the product is the result times 2^4.
  private let luma: Int16
  private let redOfV: Int16
  private let greenOfU: Int16
  private let greenOfV: Int16
  private let blueOfU: Int16
  /// 16 where black is 16.
  private let black: Int16
  private let isFullRange: Bool

  init(_ colour: ColourEncoding) {
    let red = colour.matrix.red
    let blue = colour.matrix.blue
    let green = 1 - red - blue
    let chroma = colour.isFullRange ? 1 : 255.0 / 224
    func fixed(_ factor: Double) -> Int16 { Int16((factor * 8192).rounded()) }
    luma = fixed(colour.isFullRange ? 1 : 255.0 / 219)
    redOfV = fixed(2 * (1 - red) * chroma)
    greenOfU = fixed(2 * (1 - blue) * blue / green * chroma)
    greenOfV = fixed(2 * (1 - red) * red / green * chroma)
    blueOfU = fixed(2 * (1 - blue) * chroma)
    black = colour.isFullRange ? 0 : 16
    isFullRange = colour.isFullRange
  }

  /// Eight pixels; inputs and results are 0…255.
  @inline(__always)
  func rgb(_ y: SIMD8<Int16>, _ u: SIMD8<Int16>, _ v: SIMD8<Int16>) -> (SIMD8<Int16>, SIMD8<Int16>, SIMD8<Int16>) {
    // + 8 rounds when the four fraction bits go.
    let base = upperProduct((y &- black) &<< 7, luma) &+ 8
    let cb = (u &- 128) &<< 7
    let cr = (v &- 128) &<< 7
    return (
      clamped((base &+ upperProduct(cr, redOfV)) &>> 4),
      clamped((base &- upperProduct(cb, greenOfU) &- upperProduct(cr, greenOfV)) &>> 4),
      clamped((base &+ upperProduct(cb, blueOfU)) &>> 4)
    )
  }

  /// A value of a limited-range RGB or grey frame, stretched to 0…255.
  @inline(__always)
  func stretched(_ value: UInt8) -> UInt8 {
    if isFullRange { return value }
    let scaled = ((Int32(value) - 16) * Int32(luma) + 4096) >> 13
    return UInt8(min(max(scaled, 0), 255))
  }

  /// The upper 16 bits of each 32-bit product (the instruction `pmulhw`).
  @inline(__always)
  private func upperProduct(_ a: SIMD8<Int16>, _ b: Int16) -> SIMD8<Int16> {
    let wide = SIMD8<Int32>(truncatingIfNeeded: a) &* SIMD8<Int32>(repeating: Int32(b))
    return SIMD8<Int16>(truncatingIfNeeded: wide &>> 16)
  }

  @inline(__always)
  private func clamped(_ values: SIMD8<Int16>) -> SIMD8<Int16> {
    pointwiseMin(pointwiseMax(values, SIMD8(repeating: 0)), SIMD8(repeating: 255))
  }
}
