// One file for both: each file is an object of its own to the compiler, and what two of them share, such as the filling of
// an array of vectors, is then called instead of inlined.
#if arch(arm64)
  import CCPU
  import Kernels

  /// 128-bit vectors, which every arm64 CPU has. Of thirty-two registers sixteen hold sums (8 pixels × 2 vectors) and eight
  /// the pixels' inputs, four of each: `fmla` multiplies by a lane.
  public enum NEON: InstructionSet {
    public typealias Vector = SIMD4<Float>
    public typealias Half = SIMD4<Float>
    @inlinable @inline(__always) public static var name: String { "neon" }
    @inlinable @inline(__always) public static var tileRows: Int { 8 }
    @inlinable @inline(__always) public static var readsFourInputs: Bool { true }
    @inlinable @inline(__always) public static var depthwiseGroup: Int { 7 }
  }

  extension KernelTable {
    public static let neon = make(KernelSet<NEON, 4>.self)
  }

  /// Products of signed bytes without SDOT: `smull` gives 16 bits, `sadalp` adds them up in pairs. Two products can be one more
  /// than 16 bits hold, so that no shorter way is exact.
  public enum QuantizedNEON: NEONInstructionSet {
    public typealias Sums = PairedSums
    @inlinable @inline(__always) public static var name: String { "neon" }
    @inlinable @inline(__always) public static var isSigned: Bool { true }
    @inlinable @inline(__always) public static var tileRows: Int { 4 }

    @inlinable @inline(__always) public static func whole(_ sums: Sums) -> SIMD4<Int32> {
      sums.start &+ vpaddq_s32(sums.low, sums.high)
    }
    @inlinable @inline(__always) public static func repeating(_ word: Int32) -> Sums {
      Sums(start: SIMD4(repeating: word))
    }
    @inlinable @inline(__always) public static func inputs(_ word: Int32) -> Sums { repeating(signed(word)) }
    @inlinable @inline(__always) public static func loadInputs(_ p: UnsafeRawPointer) -> Sums {
      Sums(start: signed(p.loadUnaligned(as: SIMD4<Int32>.self)))
    }
    @inlinable @inline(__always) public static func inputs(_ four: Sums, lane: Int) -> Sums {
      repeating(four.start[lane])
    }
    @inlinable @inline(__always) public static func load(_ p: UnsafePointer<Int32>) -> Sums {
      Sums(start: UnsafeRawPointer(p).loadUnaligned(as: SIMD4<Int32>.self))
    }
    @inlinable @inline(__always) public static func add(_ a: Sums, _ b: Sums) -> Sums {
      Sums(start: a.start &+ b.start, low: a.low &+ b.low, high: a.high &+ b.high)
    }
    @inlinable @inline(__always) public static func dot(_ sums: Sums, _ inputs: Sums, _ weights: Sums) -> Sums {
      let x = unsafeBitCast(inputs.start, to: SIMD16<Int8>.self)
      let w = unsafeBitCast(weights.start, to: SIMD16<Int8>.self)
      return Sums(
        start: sums.start, low: vpadalq_s16(sums.low, vmull_s8(vget_low_s8(x), vget_low_s8(w))),
        high: vpadalq_s16(sums.high, vmull_high_s8(x, w)))
    }
  }

  /// Four sums of words: where they start, and what was added since, in pairs of lanes that are still to be added. Words of
  /// inputs and weights stand in `start`, and then the rest is never used.
  @frozen
  public struct PairedSums: Sendable {
    public var start: SIMD4<Int32>
    public var low: SIMD4<Int32>
    public var high: SIMD4<Int32>

    @inlinable @inline(__always)
    init(
      start: SIMD4<Int32>, low: SIMD4<Int32> = SIMD4(repeating: 0), high: SIMD4<Int32> = SIMD4(repeating: 0)
    ) {
      self.start = start
      self.low = low
      self.high = high
    }
  }

  extension QuantizedKernelTable {
    public static let neon = make(QuantizedNEON.self)
  }
#endif
