// One file for both: each file is an object of its own to the compiler, and what two of them share, such as the filling of
// an array of vectors, is then called instead of inlined.
#if arch(x86_64)
  import CCPU
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

  /// 512-bit vectors on CPUs without VNNI: 16-bit products.
  public enum QuantizedAVX512: QuantizedInstructionSet {
    public typealias Sums = SIMD16<Int32>
    @inlinable @inline(__always) public static var name: String { "avx512" }
    @inlinable @inline(__always) public static var lanes: Int { 16 }
    @inlinable @inline(__always) public static var valuesPerWord: Int { 2 }
    @inlinable @inline(__always) public static var hasWidePanels: Bool { true }
    @inlinable @inline(__always) public static var isOrdered: Bool { false }
    @inlinable @inline(__always) public static var tileRows: Int { 8 }

    @inlinable @inline(__always) public static func repeating(_ word: Int32) -> Sums { Sums(repeating: word) }
    @inlinable @inline(__always) public static func load(_ p: UnsafePointer<Int32>) -> Sums {
      UnsafeRawPointer(p).loadUnaligned(as: Sums.self)
    }
    @inlinable @inline(__always) public static func add(_ a: Sums, _ b: Sums) -> Sums { a &+ b }
    @inlinable @inline(__always) public static func dot(_ sums: Sums, _ inputs: Sums, _ weights: Sums) -> Sums {
      let products = _mm512_madd_epi16(
        unsafeBitCast(inputs, to: __m512i.self), unsafeBitCast(weights, to: __m512i.self))
      return sums &+ unsafeBitCast(products, to: Sums.self)
    }
    @inlinable @inline(__always) public static func storeScaled(
      _ sums: Sums, scales: UnsafePointer<Float>, to output: UnsafeMutablePointer<Float>
    ) {
      let real =
        _mm512_cvtepi32_ps(unsafeBitCast(sums, to: __m512i.self))
        * UnsafeRawPointer(scales).loadUnaligned(as: SIMD16<Float>.self)
      UnsafeMutableRawPointer(output).storeBytes(of: real, as: SIMD16<Float>.self)
    }

    @inlinable @inline(__always) public static func store(
      _ a: Sums, scales: UnsafePointer<Float>, _ range: OutputRange, to output: UnsafeMutablePointer<UInt8>, count: Int
    ) {
      store8(a.lowHalf, scales: scales, range, to: output)
      if count > 8 { store8(a.highHalf, scales: scales + 8, range, to: output + 8) }
    }
    @inlinable @inline(__always) static func store8(
      _ a: SIMD8<Int32>, scales: UnsafePointer<Float>, _ range: OutputRange, to output: UnsafeMutablePointer<UInt8>
    ) {
      let bytes = requantized(self, a, UnsafeRawPointer(scales).loadUnaligned(as: SIMD8<Float>.self), range)
      UnsafeMutableRawPointer(output).storeBytes(of: narrowedToBytes(self, bytes), as: SIMD8<UInt8>.self)
    }
    @inlinable @inline(__always) public static func store(
      _ a: Sums, _ b: Sums, scales: UnsafePointer<Float>, _ range: OutputRange, to output: UnsafeMutablePointer<UInt8>
    ) {
      store(a, scales: scales, range, to: output, count: 16)
      store(b, scales: scales + 16, range, to: output + 16, count: 16)
    }
    @inlinable @inline(__always) public static func store(
      _ a: Sums, _ b: Sums, _ c: Sums, _ d: Sums, scales: UnsafePointer<Float>, _ range: OutputRange,
      to output: UnsafeMutablePointer<UInt8>, count: Int
    ) {
      store(a, b, scales: scales, range, to: output)
      store(c, d, scales: scales + 32, range, to: output + 32)
    }
  }

  extension QuantizedKernelTable {
    public static let avx512 = make(QuantizedAVX512.self)
  }
#endif
