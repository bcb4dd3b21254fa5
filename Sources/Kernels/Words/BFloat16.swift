/// bfloat16, the upper half of a float32: its sign and exponent, and seven bits of its mantissa.
public enum BFloat16 {
  /// The nearest, halves to even; a NaN stays one.
  public static func bits(_ x: Float) -> UInt16 {
    let bits = x.bitPattern
    if x.isNaN { return UInt16(bits >> 16) | 0x40 }
    return UInt16((bits &+ 0x7fff &+ (bits >> 16 & 1)) >> 16)
  }

  public static func float(_ bits: UInt16) -> Float { Float(bitPattern: UInt32(bits) << 16) }

  public static func rounded(_ x: Float) -> Float { float(bits(x)) }
}
