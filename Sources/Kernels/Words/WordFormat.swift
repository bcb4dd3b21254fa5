/// What a word of activations is, and of the weights that they are multiplied by: 32 bits.
public enum WordFormat: Sendable, Hashable {
  /// One float32.
  case float32
  /// Two bfloat16, the upper halves of float32.
  case bfloat16
  /// Two of IEEE 754's binary16: eleven bits of a number where bfloat16 has eight, and none above 65 504.
  case float16

  @inlinable @inline(__always) public var channelsPerWord: Int { self == .float32 ? 1 : 2 }

  /// The nearest number that a weight or an activation can be.
  public func rounded(_ x: Float) -> Float {
    switch self {
    case .float32: x
    case .bfloat16: BFloat16.rounded(x)
    case .float16: HalfFloat.rounded(x)
    }
  }

  /// The word that holds two channels, the first in its lower half, as a float of those bits.
  /// - Precondition: two channels share a word.
  public func pair(_ low: Float, _ high: Float) -> Float {
    let bits = self == .float16 ? HalfFloat.bits : BFloat16.bits
    return Float(bitPattern: UInt32(bits(low)) | UInt32(bits(high)) << 16)
  }

  /// The two channels of a word.
  /// - Precondition: two channels share a word.
  public func halves(_ word: Float) -> (low: Float, high: Float) {
    let float = self == .float16 ? HalfFloat.float : BFloat16.float
    return (float(UInt16(truncatingIfNeeded: word.bitPattern)), float(UInt16(word.bitPattern >> 16)))
  }
}
