import Kernels

/// 256-bit vectors with fused multiply-add. Twelve of the sixteen registers hold sums: 6 pixels × 2 vectors.
public enum AVX2: InstructionSet {
  public typealias Vector = SIMD8<Float>
  public typealias Half = SIMD8<Float>
  @inlinable @inline(__always) public static var name: String { "avx2" }
  @inlinable @inline(__always) public static var tileRows: Int { 6 }
  @inlinable @inline(__always) public static var depthwiseGroup: Int { 4 }
}

extension KernelTable {
  public static let avx2 = make(KernelSet<AVX2, 8>.self)
}
