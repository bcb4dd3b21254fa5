#if arch(arm64)
  import CCPU
  import Kernels

  /// Four unsigned bytes times signed ones a lane: the matrix extension of ARMv8.6 (Cortex-A510, A710, Neoverse N2 and newer).
  public enum QuantizedI8MM: NEONInstructionSet {
    public typealias Sums = SIMD4<Int32>
    @inlinable @inline(__always) public static var name: String { "i8mm" }

    @inlinable @inline(__always) public static func loadInputs(_ p: UnsafeRawPointer) -> Sums {
      p.loadUnaligned(as: Sums.self)
    }
    @inlinable @inline(__always) public static func dot(_ sums: Sums, _ inputs: Sums, _ weights: Sums) -> Sums {
      vusdotq_s32(
        sums, unsafeBitCast(inputs, to: SIMD16<UInt8>.self), unsafeBitCast(weights, to: SIMD16<Int8>.self))
    }
  }

  extension QuantizedKernelTable {
    public static let i8mm = make(QuantizedI8MM.self)
  }
#endif
