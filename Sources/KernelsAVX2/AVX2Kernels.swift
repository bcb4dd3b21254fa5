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
    @inlinable @inline(__always) public static var fetchesBlocks: Bool { true }
  }

  extension KernelTable {
    public static let avx2 = make(KernelSet<AVX2, 8>.self)
  }

  /// 256-bit vectors. `vpmaddubsw`, the byte product of AVX2, saturates; 16-bit products are exact.
  public enum QuantizedAVX2: EightLaneInstructionSet, TapPairInstructionSet {
    public typealias Sums = SIMD8<Int32>
    @inlinable @inline(__always) public static var name: String { "avx2" }
    @inlinable @inline(__always) public static var valuesPerWord: Int { 2 }
    @inlinable @inline(__always) public static func dot(_ sums: Sums, _ inputs: Sums, _ weights: Sums) -> Sums {
      let products = _mm256_madd_epi16(
        unsafeBitCast(inputs, to: __m256i.self), unsafeBitCast(weights, to: __m256i.self))
      return sums &+ unsafeBitCast(products, to: Sums.self)
    }

    @inlinable @inline(__always) public static func clamped(
      _ real: SIMD8<Float>, _ low: SIMD8<Float>, _ high: SIMD8<Float>
    ) -> SIMD8<Float> {
      _mm256_min_ps(_mm256_max_ps(real, low), high)
    }
    @inlinable @inline(__always) public static func multiplyAdd(
      _ sums: SIMD8<Int32>, first: UnsafePointer<UInt8>, second: UnsafePointer<UInt8>, words: UnsafeRawPointer
    ) -> SIMD8<Int32> {
      let pairs = _mm256_cvtepu8_epi16(_mm_unpacklo_epi8(_mm_loadu_si64(first), _mm_loadu_si64(second)))
      let products = _mm256_madd_epi16(pairs, words.loadUnaligned(as: __m256i.self))
      return sums &+ unsafeBitCast(products, to: SIMD8<Int32>.self)
    }
    @inlinable @inline(__always) public static func multiplyAdd(
      _ sums: PairSums<Self>, first: UnsafePointer<UInt8>, second: UnsafePointer<UInt8>, words: UnsafeRawPointer,
      otherWords: UnsafeRawPointer
    ) -> PairSums<Self> {
      let a = _mm256_cvtepu8_epi16(UnsafeRawPointer(first).loadUnaligned(as: __m128i.self))
      let b = _mm256_cvtepu8_epi16(UnsafeRawPointer(second).loadUnaligned(as: __m128i.self))
      let low = _mm256_madd_epi16(_mm256_unpacklo_epi16(a, b), words.loadUnaligned(as: __m256i.self))
      let high = _mm256_madd_epi16(_mm256_unpackhi_epi16(a, b), otherWords.loadUnaligned(as: __m256i.self))
      return PairSums(
        a: sums.a &+ unsafeBitCast(low, to: SIMD8<Int32>.self), b: sums.b &+ unsafeBitCast(high, to: SIMD8<Int32>.self))
    }
    @inlinable @inline(__always) public static func ordered(
      _ a: SIMD8<Int32>, _ b: SIMD8<Int32>
    ) -> SIMD16<UInt16> {
      unsafeBitCast(
        _mm256_packus_epi32(unsafeBitCast(a, to: __m256i.self), unsafeBitCast(b, to: __m256i.self)),
        to: SIMD16<UInt16>.self)
    }
  }

  extension QuantizedKernelTable {
    public static let avx2 = makePairs(QuantizedAVX2.self)
  }
#endif
