/// 128-bit vectors, which every CPU of the architecture has: SSE2 or NEON.
public enum Baseline: InstructionSet {
  public typealias Vector = SIMD4<Float>
  public typealias Half = SIMD4<Float>
  @inlinable @inline(__always) public static var name: String { "baseline" }
  @inlinable @inline(__always) public static var tileRows: Int { 4 }
  @inlinable @inline(__always) public static var depthwiseGroup: Int { 4 }
}

extension KernelTable {
  public static let baseline = make(KernelSet<Baseline, 4>.self)
}
