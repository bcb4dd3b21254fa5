import CCPU

/// 128-bit vectors, which every CPU of the architecture has: SSE2's 16-bit products, or portable SIMD types.
public enum QuantizedBaseline: QuantizedInstructionSet {
  public typealias Sums = SIMD4<Int32>
  @inlinable @inline(__always) public static var name: String { "baseline" }
  @inlinable @inline(__always) public static var lanes: Int { 4 }
  @inlinable @inline(__always) public static var valuesPerWord: Int { 2 }
  @inlinable @inline(__always) public static var hasWidePanels: Bool { false }
  @inlinable @inline(__always) public static var isOrdered: Bool { false }
  @inlinable @inline(__always) public static var tileRows: Int { 4 }

  @inlinable @inline(__always) public static func repeating(_ word: Int32) -> Sums { Sums(repeating: word) }
  @inlinable @inline(__always) public static func load(_ p: UnsafePointer<Int32>) -> Sums {
    UnsafeRawPointer(p).loadUnaligned(as: Sums.self)
  }
  @inlinable @inline(__always) public static func add(_ a: Sums, _ b: Sums) -> Sums { a &+ b }
  #if arch(x86_64)
    @inlinable @inline(__always) public static func dot(_ sums: Sums, _ inputs: Sums, _ weights: Sums) -> Sums {
      let products = _mm_madd_epi16(
        unsafeBitCast(inputs, to: __m128i.self), unsafeBitCast(weights, to: __m128i.self))
      return sums &+ unsafeBitCast(products, to: Sums.self)
    }
  #else
    /// Both halves of a word, sign-extended.
    @inlinable @inline(__always) public static func dot(_ sums: Sums, _ inputs: Sums, _ weights: Sums) -> Sums {
      let low = ((inputs &<< 16) &>> 16) &* ((weights &<< 16) &>> 16)
      let high = (inputs &>> 16) &* (weights &>> 16)
      return sums &+ (low &+ high)
    }
  #endif
  @inlinable @inline(__always) public static func storeScaled(
    _ sums: Sums, scales: UnsafePointer<Float>, to output: UnsafeMutablePointer<Float>
  ) {
    let real =
      real(self, SIMD8(lowHalf: sums, highHalf: sums)).lowHalf
      * UnsafeRawPointer(scales).loadUnaligned(as: SIMD4<Float>.self)
    UnsafeMutableRawPointer(output).storeBytes(of: real, as: SIMD4<Float>.self)
  }

  @inlinable @inline(__always) public static func store(
    _ a: Sums, scales: UnsafePointer<Float>, _ range: OutputRange, to output: UnsafeMutablePointer<UInt8>, count: Int
  ) {
    let real = UnsafeRawPointer(scales).loadUnaligned(as: SIMD4<Float>.self)
    let bytes = requantized(
      self, SIMD8(lowHalf: a, highHalf: a), SIMD8(lowHalf: real, highHalf: real), range)
    UnsafeMutableRawPointer(output).storeBytes(
      of: narrowedToBytes(self, bytes).lowHalf, as: SIMD4<UInt8>.self)
  }
  @inlinable @inline(__always) public static func store(
    _ a: Sums, _ b: Sums, scales: UnsafePointer<Float>, _ range: OutputRange, to output: UnsafeMutablePointer<UInt8>
  ) {
    let bytes = requantized(
      self, SIMD8(lowHalf: a, highHalf: b), UnsafeRawPointer(scales).loadUnaligned(as: SIMD8<Float>.self), range)
    UnsafeMutableRawPointer(output).storeBytes(of: narrowedToBytes(self, bytes), as: SIMD8<UInt8>.self)
  }
  @inlinable @inline(__always) public static func store(
    _ a: Sums, _ b: Sums, _ c: Sums, _ d: Sums, scales: UnsafePointer<Float>, _ range: OutputRange,
    to output: UnsafeMutablePointer<UInt8>, count: Int
  ) {
    store(a, b, scales: scales, range, to: output)
    store(c, d, scales: scales + 8, range, to: output + 8)
  }
}

extension QuantizedKernelTable {
  public static let baseline = make(QuantizedBaseline.self)
}
