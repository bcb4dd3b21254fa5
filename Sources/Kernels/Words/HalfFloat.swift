/// IEEE 754's binary16, half of a float32's size.
public enum HalfFloat {
  /// The nearest, halves to even; a NaN stays one. What is larger than all of them becomes the largest: an infinite weight
  /// would make NaN of every zero that it meets.
  public static func bits(_ x: Float) -> UInt16 {
    let largest = Float(Float16.greatestFiniteMagnitude)
    return Float16(x > largest ? largest : x < -largest ? -largest : x).bitPattern
  }

  public static func float(_ bits: UInt16) -> Float { Float(Float16(bitPattern: bits)) }

  public static func rounded(_ x: Float) -> Float { float(bits(x)) }
}
