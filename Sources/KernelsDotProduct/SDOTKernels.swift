#if arch(arm64)
  import CCPU
  import Kernels

  /// Four signed bytes a lane: the dot products of ARMv8.2 (Cortex-A55, A76 and newer).
  public enum QuantizedSDOT: NEONInstructionSet {
    public typealias Sums = SIMD4<Int32>
    @inlinable @inline(__always) public static var name: String { "sdot" }
    @inlinable @inline(__always) public static var isSigned: Bool { true }

    @inlinable @inline(__always) public static func inputs(_ word: Int32) -> Sums { Sums(repeating: signed(word)) }
    @inlinable @inline(__always) public static func loadInputs(_ p: UnsafeRawPointer) -> Sums {
      signed(p.loadUnaligned(as: Sums.self))
    }
    @inlinable @inline(__always) public static func dot(_ sums: Sums, _ inputs: Sums, _ weights: Sums) -> Sums {
      vdotq_s32(sums, unsafeBitCast(weights, to: SIMD16<Int8>.self), unsafeBitCast(inputs, to: SIMD16<Int8>.self))
    }
  }

  extension QuantizedKernelTable {
    public static let sdot = make(QuantizedSDOT.self)
  }
#endif
