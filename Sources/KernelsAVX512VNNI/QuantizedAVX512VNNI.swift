#if arch(x86_64)
  import CCPU
  import Kernels

  /// 512-bit vectors with `vpdpbusd`: 64 products of bytes at once.
  public enum QuantizedAVX512VNNI: ByteInstructionSet {
    public typealias Sums = SIMD16<Int32>
    public typealias Bytes = __m512i
    @inlinable @inline(__always) public static var name: String { "avx512vnni" }
    @inlinable @inline(__always) public static var lanes: Int { 16 }
    @inlinable @inline(__always) public static var valuesPerWord: Int { 4 }
    @inlinable @inline(__always) public static var hasWidePanels: Bool { true }
    @inlinable @inline(__always) public static var isOrdered: Bool { true }
    @inlinable @inline(__always) public static var tileRows: Int { 8 }

    @inlinable @inline(__always) public static func repeating(_ word: Int32) -> Sums { Sums(repeating: word) }
    @inlinable @inline(__always) public static func load(_ p: UnsafePointer<Int32>) -> Sums {
      UnsafeRawPointer(p).loadUnaligned(as: Sums.self)
    }
    @inlinable @inline(__always) public static func add(_ a: Sums, _ b: Sums) -> Sums { a &+ b }
    @inlinable @inline(__always) public static func dot(_ sums: Sums, _ inputs: Sums, _ weights: Sums) -> Sums {
      unsafeBitCast(_mm512_dpbusd_epi32(bits(sums), bits(inputs), bits(weights)), to: Sums.self)
    }
    @inlinable @inline(__always) static func bits(_ x: Sums) -> __m512i { unsafeBitCast(x, to: __m512i.self) }

    @inlinable @inline(__always) public static func storeScaled(
      _ sums: Sums, scales: UnsafePointer<Float>, to output: UnsafeMutablePointer<Float>
    ) {
      let real = _mm512_mul_ps(_mm512_cvtepi32_ps(bits(sums)), _mm512_loadu_ps(scales))
      UnsafeMutableRawPointer(output).storeBytes(of: real, as: __m512.self)
    }

    /// Rounded to integers; too large ones are cut before they overflow, too small ones saturate later.
    @inlinable @inline(__always) static func integers(
      _ sums: Sums, scales: UnsafePointer<Float>, _ range: OutputRange
    ) -> __m512i {
      let real = _mm512_mul_ps(_mm512_cvtepi32_ps(bits(sums)), _mm512_loadu_ps(scales))
      return _mm512_cvtps_epi32(_mm512_min_ps(real, _mm512_set1_ps(range.highest)))
    }

    /// Two vectors packed to 16 bits, zero point added.
    @inlinable @inline(__always) static func packed(
      _ a: Sums, _ b: Sums, scales: UnsafePointer<Float>, _ range: OutputRange
    ) -> __m512i {
      _mm512_adds_epi16(
        _mm512_packs_epi32(integers(a, scales: scales, range), integers(b, scales: scales + 16, range)),
        _mm512_set1_epi16(Int16(truncatingIfNeeded: range.zeroPoint)))
    }

    @inlinable @inline(__always) public static func store(
      _ a: Sums, scales: UnsafePointer<Float>, _ range: OutputRange, to output: UnsafeMutablePointer<UInt8>, count: Int
    ) {
      let shifted = _mm512_add_epi32(integers(a, scales: scales, range), _mm512_set1_epi32(range.zeroPoint))
      let bytes = _mm512_cvtepi32_epi8(_mm512_max_epi32(shifted, _mm512_set1_epi32(Int32(range.low))))
      if count == 8 {
        UnsafeMutableRawPointer(output).storeBytes(of: bytes[0], as: Int64.self)
      } else {
        UnsafeMutableRawPointer(output).storeBytes(of: bytes, as: __m128i.self)
      }
    }
    @inlinable @inline(__always) public static func store(
      _ a: Sums, _ b: Sums, scales: UnsafePointer<Float>, _ range: OutputRange, to output: UnsafeMutablePointer<UInt8>
    ) {
      let words = _mm512_max_epi16(packed(a, b, scales: scales, range), _mm512_set1_epi16(Int16(range.low)))
      UnsafeMutableRawPointer(output).storeBytes(of: _mm512_cvtepi16_epi8(words), as: __m256i.self)
    }
    @inlinable @inline(__always) public static func store(
      _ a: Sums, _ b: Sums, _ c: Sums, _ d: Sums, scales: UnsafePointer<Float>, _ range: OutputRange,
      to output: UnsafeMutablePointer<UInt8>, count: Int
    ) {
      let bytes = _mm512_packus_epi16(
        packed(a, b, scales: scales, range), packed(c, d, scales: scales + 32, range))
      let clamped = _mm512_max_epu8(bytes, _mm512_set1_epi8(CChar(bitPattern: range.low)))
      let target = UnsafeMutableRawPointer(output)
      if count == 64 {
        target.storeBytes(of: clamped, as: __m512i.self)
      } else {
        target.storeBytes(of: clamped.lowHalf, as: __m256i.self)
        if count > 32 { (target + 32).storeBytes(of: clamped.highHalf.lowHalf, as: __m128i.self) }
      }
    }

    @inlinable @inline(__always) public static func loadBytes(_ p: UnsafePointer<UInt8>) -> Bytes {
      UnsafeRawPointer(p).loadUnaligned(as: Bytes.self)
    }
    @inlinable @inline(__always) public static func loadEveryOtherPixel(
      _ p: UnsafePointer<UInt8>, channels: Int
    ) -> Bytes {
      let indices =
        channels == 16 ? Bytes(0, 1, 4, 5, 8, 9, 12, 13) : Bytes(0, 1, 2, 3, 8, 9, 10, 11)
      return _mm512_permutex2var_epi64(loadBytes(p), indices, loadBytes(p + 64))
    }
    @inlinable @inline(__always) public static func interleave(
      _ a: Bytes, _ b: Bytes, _ c: Bytes, _ d: Bytes
    ) -> QuadSums<Self> {
      let lowAB = _mm512_unpacklo_epi8(a, b)
      let highAB = _mm512_unpackhi_epi8(a, b)
      let lowCD = _mm512_unpacklo_epi8(c, d)
      let highCD = _mm512_unpackhi_epi8(c, d)
      return QuadSums(
        sums(_mm512_unpacklo_epi16(lowAB, lowCD)), sums(_mm512_unpackhi_epi16(lowAB, lowCD)),
        sums(_mm512_unpacklo_epi16(highAB, highCD)), sums(_mm512_unpackhi_epi16(highAB, highCD)))
    }
    @inlinable @inline(__always) static func sums(_ x: __m512i) -> Sums { unsafeBitCast(x, to: Sums.self) }
  }

  /// The kernels of `KernelsAVXVNNI` with the EVEX form of their one instruction: those who have AVX-512 can test them by it.
  public enum QuantizedAVX512VL: EightLaneInstructionSet {
    public typealias Sums = SIMD8<Int32>
    @inlinable @inline(__always) public static var name: String { "avx512vl" }
    @inlinable @inline(__always) public static var valuesPerWord: Int { 4 }
    @inlinable @inline(__always) public static func dot(_ sums: Sums, _ inputs: Sums, _ weights: Sums) -> Sums {
      unsafeBitCast(
        mobilecam_dpbusd_256(
          unsafeBitCast(sums, to: __m256i.self), unsafeBitCast(inputs, to: __m256i.self),
          unsafeBitCast(weights, to: __m256i.self)),
        to: Sums.self)
    }
  }

  extension QuantizedKernelTable {
    public static let avx512vnni = makeBytes(QuantizedAVX512VNNI.self)
    public static let avx512vl = make(QuantizedAVX512VL.self)
  }
#endif
