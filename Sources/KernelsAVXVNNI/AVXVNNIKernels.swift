#if arch(x86_64)
  import CCPU
  import Kernels

  /// 256-bit vectors with `vpdpbusd` in its VEX form, 32 products of bytes at once: laptops since Alder Lake, many of which have
  /// no AVX-512.
  public enum QuantizedAVXVNNI: EightLaneInstructionSet {
    public typealias Sums = SIMD8<Int32>
    @inlinable @inline(__always) public static var name: String { "avxvnni" }
    @inlinable @inline(__always) public static var valuesPerWord: Int { 4 }
    @inlinable @inline(__always) public static func dot(_ sums: Sums, _ inputs: Sums, _ weights: Sums) -> Sums {
      unsafeBitCast(
        mobilecam_dpbusd_256(
          unsafeBitCast(sums, to: __m256i.self), unsafeBitCast(inputs, to: __m256i.self),
          unsafeBitCast(weights, to: __m256i.self)),
        to: Sums.self)
    }
  }

  extension QuantizedKernelTable {
    public static let avxvnni = make(QuantizedAVXVNNI.self)
  }
#endif
