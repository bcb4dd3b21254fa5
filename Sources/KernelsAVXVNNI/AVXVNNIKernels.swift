#if arch(x86_64)
  import CCPU
  import Kernels

  /// 256-bit vectors with `vpdpbusd` in its VEX form, 32 products of bytes at once: laptops since Alder Lake, many of which have
  /// no AVX-512.
  public enum QuantizedAVXVNNI: EightLaneInstructionSet, TapPairInstructionSet {
    public typealias Sums = SIMD8<Int32>
    @inlinable @inline(__always) public static var name: String { "avxvnni" }
    @inlinable @inline(__always) public static var valuesPerWord: Int { 4 }
    @inlinable @inline(__always) public static func dot(_ sums: Sums, _ inputs: Sums, _ weights: Sums) -> Sums {
      unsafeBitCast(
        mobilecam_dpbusd_256(
          unsafeBitCast(sums, to: __m256i.self), unsafeBitCast(inputs, to: __m256i.self),
          unsafeBitCast(weights, to: __m256i.self)),
        to: Sums.self)
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
    public static let avxvnni = makePairs(QuantizedAVXVNNI.self)
  }
#endif
