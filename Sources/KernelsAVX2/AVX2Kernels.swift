// One file for both: each file is an object of its own to the compiler, and what two of them share, such as the filling of
// an array of vectors, is then called instead of inlined.
#if arch(x86_64)
  import CCPU
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

  /// 256-bit vectors. `vpmaddubsw`, the byte product of AVX2, saturates; 16-bit products are exact.
  public enum QuantizedAVX2: QuantizedInstructionSet {
    public typealias Sums = SIMD8<Int32>
    @inlinable @inline(__always) public static var name: String { "avx2" }
    @inlinable @inline(__always) public static var lanes: Int { 8 }
    @inlinable @inline(__always) public static var valuesPerWord: Int { 2 }
    @inlinable @inline(__always) public static var hasWidePanels: Bool { false }
    @inlinable @inline(__always) public static var isOrdered: Bool { false }
    @inlinable @inline(__always) public static var tileRows: Int { 6 }

    @inlinable @inline(__always) public static func repeating(_ word: Int32) -> Sums { Sums(repeating: word) }
    @inlinable @inline(__always) public static func load(_ p: UnsafePointer<Int32>) -> Sums {
      UnsafeRawPointer(p).loadUnaligned(as: Sums.self)
    }
    @inlinable @inline(__always) public static func add(_ a: Sums, _ b: Sums) -> Sums { a &+ b }
    @inlinable @inline(__always) public static func dot(_ sums: Sums, _ inputs: Sums, _ weights: Sums) -> Sums {
      let products = _mm256_madd_epi16(
        unsafeBitCast(inputs, to: __m256i.self), unsafeBitCast(weights, to: __m256i.self))
      return sums &+ unsafeBitCast(products, to: Sums.self)
    }
    @inlinable @inline(__always) public static func storeScaled(
      _ sums: Sums, scales: UnsafePointer<Float>, to output: UnsafeMutablePointer<Float>
    ) {
      let real = real(self, sums) * UnsafeRawPointer(scales).loadUnaligned(as: SIMD8<Float>.self)
      UnsafeMutableRawPointer(output).storeBytes(of: real, as: SIMD8<Float>.self)
    }

    @inlinable @inline(__always) public static func store(
      _ a: Sums, scales: UnsafePointer<Float>, _ range: OutputRange, to output: UnsafeMutablePointer<UInt8>, count: Int
    ) {
      let bytes = requantized(self, a, UnsafeRawPointer(scales).loadUnaligned(as: SIMD8<Float>.self), range)
      UnsafeMutableRawPointer(output).storeBytes(of: narrowedToBytes(self, bytes), as: SIMD8<UInt8>.self)
    }
    @inlinable @inline(__always) public static func store(
      _ a: Sums, _ b: Sums, scales: UnsafePointer<Float>, _ range: OutputRange, to output: UnsafeMutablePointer<UInt8>
    ) {
      store(a, scales: scales, range, to: output, count: 8)
      store(b, scales: scales + 8, range, to: output + 8, count: 8)
    }
    @inlinable @inline(__always) public static func store(
      _ a: Sums, _ b: Sums, _ c: Sums, _ d: Sums, scales: UnsafePointer<Float>, _ range: OutputRange,
      to output: UnsafeMutablePointer<UInt8>, count: Int
    ) {
      store(a, b, scales: scales, range, to: output)
      store(c, d, scales: scales + 16, range, to: output + 16)
    }
  }

  extension QuantizedKernelTable {
    public static let avx2 = make(QuantizedAVX2.self)
  }
#endif
