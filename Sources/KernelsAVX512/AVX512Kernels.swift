import Kernels

/// 512-bit vectors. Twenty-eight of the thirty-two registers hold sums: 14 pixels × 2 vectors.
public enum AVX512: InstructionSet {
  public typealias Vector = SIMD16<Float>
  public typealias Half = SIMD8<Float>
  @inlinable @inline(__always) public static var name: String { "avx512" }
  @inlinable @inline(__always) public static var tileRows: Int { 14 }
  @inlinable @inline(__always) public static var depthwiseGroup: Int { 7 }
}

extension KernelTable {
  public static let avx512 = make(KernelSet<AVX512, 16>.self)
}
