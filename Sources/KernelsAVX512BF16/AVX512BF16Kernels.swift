// One file for all, as in KernelsAVX512.
#if arch(x86_64)
  import CCPU
  import Kernels

  /// 512-bit vectors with `vdpbf16ps`, which multiplies pairs of bfloat16 and adds both products to a float32.
  public enum AVX512BF16: InstructionSet {
    public typealias Vector = SIMD16<Float>
    public typealias Half = SIMD8<Float>
    public typealias PointwisePanels = RoundedPanels<PairDots, PairDotsHalf>
    public typealias FirstPanels = RoundedPanels<SIMD16<Float>, SIMD8<Float>>
    public typealias ClassSums = PairDots
    public typealias ClassHalf = PairDotsHalf
    public typealias Channels = EvenOdd
    public typealias ChannelsHalf = Widened
    public typealias ChannelsQuarter = WidenedHalf
    @inlinable @inline(__always) public static var name: String { "avx512bf16" }
    @inlinable @inline(__always) public static var format: WordFormat { .bfloat16 }
    @inlinable @inline(__always) public static var pairOrder: PairOrder { PairOrder(blockChannels: 32) }
    @inlinable @inline(__always) public static var tileRows: Int { 14 }
    @inlinable @inline(__always) public static var depthwiseGroup: Int { 7 }
  }

  extension KernelTable {
    public static let avx512bf16 = make(KernelSet<AVX512BF16, 16>.self)
  }

  /// ReLU6 in two instructions, which give their second operand where one is NaN.
  @inlinable @inline(__always)
  func clamped(_ x: SIMD16<Float>) -> SIMD16<Float> {
    _mm512_min_ps(SIMD16(repeating: 6), _mm512_max_ps(SIMD16(repeating: 0), x))
  }

  @inlinable @inline(__always)
  func clamped(_ x: SIMD8<Float>) -> SIMD8<Float> {
    _mm256_min_ps(SIMD8(repeating: 6), _mm256_max_ps(SIMD8(repeating: 0), x))
  }

  // MARK: Sums of products

  /// Sixteen sums of products of pairs.
  @frozen
  public struct PairDots: SumVector {
    @usableFromInline var sums: SIMD16<Float>
    @inlinable @inline(__always) init(_ sums: SIMD16<Float>) { self.sums = sums }
    @inlinable @inline(__always) public static var lanes: Int { 16 }
    @inlinable @inline(__always) public static func splat(_ x: Float) -> SIMD16<Float> { SIMD16(repeating: x) }
    @inlinable @inline(__always) public static func repeating(_ x: Float) -> Self { Self(SIMD16(repeating: x)) }
    @inlinable @inline(__always) public static func load(_ p: UnsafePointer<Float>) -> Self { Self(SIMD16.load(p)) }
    @inlinable @inline(__always) public func store(_ p: UnsafeMutablePointer<Float>) { sums.store(p) }
    @inlinable @inline(__always) public static func add(_ a: Self, _ b: Self) -> Self { Self(a.sums + b.sums) }
    @inlinable @inline(__always) public static func multiplyAdd(_ acc: Self, _ x: SIMD16<Float>, _ y: Self) -> Self {
      Self(
        mobilecam_dpbf16_512(acc.sums, unsafeBitCast(x, to: __m512i.self), unsafeBitCast(y.sums, to: __m512i.self)))
    }
    @inlinable @inline(__always) public func relu6() -> Self { Self(clamped(sums)) }
  }

  /// Eight of them.
  @frozen
  public struct PairDotsHalf: SumVector {
    @usableFromInline var sums: SIMD8<Float>
    @inlinable @inline(__always) init(_ sums: SIMD8<Float>) { self.sums = sums }
    @inlinable @inline(__always) public static var lanes: Int { 8 }
    @inlinable @inline(__always) public static func splat(_ x: Float) -> SIMD8<Float> { SIMD8(repeating: x) }
    @inlinable @inline(__always) public static func repeating(_ x: Float) -> Self { Self(SIMD8(repeating: x)) }
    @inlinable @inline(__always) public static func load(_ p: UnsafePointer<Float>) -> Self { Self(SIMD8.load(p)) }
    @inlinable @inline(__always) public func store(_ p: UnsafeMutablePointer<Float>) { sums.store(p) }
    @inlinable @inline(__always) public static func add(_ a: Self, _ b: Self) -> Self { Self(a.sums + b.sums) }
    @inlinable @inline(__always) public static func multiplyAdd(_ acc: Self, _ x: SIMD8<Float>, _ y: Self) -> Self {
      Self(
        mobilecam_dpbf16_256(acc.sums, unsafeBitCast(x, to: __m256i.self), unsafeBitCast(y.sums, to: __m256i.self)))
    }
    @inlinable @inline(__always) public func relu6() -> Self { Self(clamped(sums)) }
  }

  /// Sums that are rounded to bfloat16 when they are stored.
  public enum RoundedPanels<V: FloatVector, H: FloatVector>: Panels {
    public typealias Wide = RoundedPair<V>
    public typealias Whole = Rounded<V>
    public typealias Half = RoundedHalf<H>
  }

  /// - V: sixteen sums.
  @frozen
  public struct RoundedPair<V: FloatVector>: FloatVector {
    @usableFromInline var low: V
    @usableFromInline var high: V
    @inlinable @inline(__always) init(_ low: V, _ high: V) {
      self.low = low
      self.high = high
    }
    @inlinable @inline(__always) public static var lanes: Int { 32 }
    @inlinable @inline(__always) public static var storedWords: Int { 16 }
    @inlinable @inline(__always) public static func splat(_ x: Float) -> V.Splat { V.splat(x) }
    @inlinable @inline(__always) public static func repeating(_ x: Float) -> Self {
      Self(V.repeating(x), V.repeating(x))
    }
    @inlinable @inline(__always) public static func load(_ p: UnsafePointer<Float>) -> Self {
      Self(V.load(p), V.load(p + 16))
    }
    @inlinable @inline(__always) public func store(_ p: UnsafeMutablePointer<Float>) {
      UnsafeMutableRawPointer(p).storeBytes(
        of: mobilecam_cvtne2ps_pbh_512(
          unsafeBitCast(high, to: __m512.self), unsafeBitCast(low, to: __m512.self)), as: __m512i.self)
    }
    @inlinable @inline(__always) public static func multiplyAdd(_ acc: Self, _ x: V.Splat, _ y: Self) -> Self {
      Self(V.multiplyAdd(acc.low, x, y.low), V.multiplyAdd(acc.high, x, y.high))
    }
    @inlinable @inline(__always) public func relu6() -> Self {
      Self(
        unsafeBitCast(clamped(unsafeBitCast(low, to: SIMD16<Float>.self)), to: V.self),
        unsafeBitCast(clamped(unsafeBitCast(high, to: SIMD16<Float>.self)), to: V.self))
    }
  }

  /// - V: sixteen sums.
  @frozen
  public struct Rounded<V: FloatVector>: FloatVector {
    @usableFromInline var sums: V
    @inlinable @inline(__always) init(_ sums: V) { self.sums = sums }
    @inlinable @inline(__always) public static var lanes: Int { 16 }
    @inlinable @inline(__always) public static var storedWords: Int { 8 }
    @inlinable @inline(__always) public static func splat(_ x: Float) -> V.Splat { V.splat(x) }
    @inlinable @inline(__always) public static func repeating(_ x: Float) -> Self { Self(V.repeating(x)) }
    @inlinable @inline(__always) public static func load(_ p: UnsafePointer<Float>) -> Self { Self(V.load(p)) }
    @inlinable @inline(__always) public func store(_ p: UnsafeMutablePointer<Float>) {
      UnsafeMutableRawPointer(p).storeBytes(
        of: mobilecam_cvtneps_pbh_512(unsafeBitCast(sums, to: __m512.self)), as: __m256i.self)
    }
    @inlinable @inline(__always) public static func multiplyAdd(_ acc: Self, _ x: V.Splat, _ y: Self) -> Self {
      Self(V.multiplyAdd(acc.sums, x, y.sums))
    }
    @inlinable @inline(__always) public func relu6() -> Self {
      Self(unsafeBitCast(clamped(unsafeBitCast(sums, to: SIMD16<Float>.self)), to: V.self))
    }
  }

  /// - V: eight sums.
  @frozen
  public struct RoundedHalf<V: FloatVector>: FloatVector {
    @usableFromInline var sums: V
    @inlinable @inline(__always) init(_ sums: V) { self.sums = sums }
    @inlinable @inline(__always) public static var lanes: Int { 8 }
    @inlinable @inline(__always) public static var storedWords: Int { 4 }
    @inlinable @inline(__always) public static func splat(_ x: Float) -> V.Splat { V.splat(x) }
    @inlinable @inline(__always) public static func repeating(_ x: Float) -> Self { Self(V.repeating(x)) }
    @inlinable @inline(__always) public static func load(_ p: UnsafePointer<Float>) -> Self { Self(V.load(p)) }
    @inlinable @inline(__always) public func store(_ p: UnsafeMutablePointer<Float>) {
      UnsafeMutableRawPointer(p).storeBytes(
        of: mobilecam_cvtneps_pbh_256(unsafeBitCast(sums, to: __m256.self)), as: __m128i.self)
    }
    @inlinable @inline(__always) public static func multiplyAdd(_ acc: Self, _ x: V.Splat, _ y: Self) -> Self {
      Self(V.multiplyAdd(acc.sums, x, y.sums))
    }
    @inlinable @inline(__always) public func relu6() -> Self {
      Self(unsafeBitCast(clamped(unsafeBitCast(sums, to: SIMD8<Float>.self)), to: V.self))
    }
  }

  // MARK: Channels

  /// Thirty-two channels as float32: those of even numbers and those of odd ones (`PairOrder`).
  @frozen
  public struct EvenOdd: ChannelVector {
    @usableFromInline var even: SIMD16<Float>
    @usableFromInline var odd: SIMD16<Float>
    @inlinable @inline(__always) init(_ even: SIMD16<Float>, _ odd: SIMD16<Float>) {
      self.even = even
      self.odd = odd
    }
    @inlinable @inline(__always) public static var lanes: Int { 32 }
    @inlinable @inline(__always) public static var storedWords: Int { 16 }
    @inlinable @inline(__always) public static func splat(_ x: Float) -> Self { repeating(x) }
    @inlinable @inline(__always) public static func repeating(_ x: Float) -> Self {
      Self(SIMD16(repeating: x), SIMD16(repeating: x))
    }
    @inlinable @inline(__always) public static func load(_ p: UnsafePointer<Float>) -> Self {
      Self(SIMD16.load(p), SIMD16.load(p + 16))
    }
    @inlinable @inline(__always) public static func loadActivations(_ p: UnsafePointer<Float>) -> Self {
      let words = UnsafeRawPointer(p).loadUnaligned(as: SIMD16<UInt32>.self)
      return Self(
        unsafeBitCast(words &<< SIMD16<UInt32>(repeating: 16), to: SIMD16<Float>.self),
        unsafeBitCast(words & SIMD16<UInt32>(repeating: 0xffff_0000), to: SIMD16<Float>.self))
    }
    @inlinable @inline(__always) public func store(_ p: UnsafeMutablePointer<Float>) {
      UnsafeMutableRawPointer(p).storeBytes(
        of: mobilecam_cvtne2ps_pbh_512(odd, even), as: __m512i.self)
    }
    @inlinable @inline(__always) public static func multiplyAdd(_ acc: Self, _ x: Self, _ y: Self) -> Self {
      Self(acc.even.addingProduct(x.even, y.even), acc.odd.addingProduct(x.odd, y.odd))
    }
    @inlinable @inline(__always) public static func add(_ a: Self, _ b: Self) -> Self {
      Self(a.even + b.even, a.odd + b.odd)
    }
    @inlinable @inline(__always) public static func multiply(_ a: Self, _ b: Self) -> Self {
      Self(a.even * b.even, a.odd * b.odd)
    }
    @inlinable @inline(__always) public func relu6() -> Self { Self(clamped(even), clamped(odd)) }
  }

  /// Sixteen channels as float32, in their own order.
  @frozen
  public struct Widened: ChannelVector {
    @usableFromInline var channels: SIMD16<Float>
    @inlinable @inline(__always) init(_ channels: SIMD16<Float>) { self.channels = channels }
    @inlinable @inline(__always) public static var lanes: Int { 16 }
    @inlinable @inline(__always) public static var storedWords: Int { 8 }
    @inlinable @inline(__always) public static func splat(_ x: Float) -> Self { repeating(x) }
    @inlinable @inline(__always) public static func repeating(_ x: Float) -> Self { Self(SIMD16(repeating: x)) }
    @inlinable @inline(__always) public static func load(_ p: UnsafePointer<Float>) -> Self { Self(SIMD16.load(p)) }
    @inlinable @inline(__always) public static func loadActivations(_ p: UnsafePointer<Float>) -> Self {
      let words = _mm512_cvtepu16_epi32(UnsafeRawPointer(p).loadUnaligned(as: __m256i.self))
      return Self(
        unsafeBitCast(
          unsafeBitCast(words, to: SIMD16<UInt32>.self) &<< SIMD16<UInt32>(repeating: 16), to: SIMD16<Float>.self))
    }
    @inlinable @inline(__always) public func store(_ p: UnsafeMutablePointer<Float>) { Rounded(channels).store(p) }
    @inlinable @inline(__always) public static func multiplyAdd(_ acc: Self, _ x: Self, _ y: Self) -> Self {
      Self(acc.channels.addingProduct(x.channels, y.channels))
    }
    @inlinable @inline(__always) public static func add(_ a: Self, _ b: Self) -> Self { Self(a.channels + b.channels) }
    @inlinable @inline(__always) public static func multiply(_ a: Self, _ b: Self) -> Self {
      Self(a.channels * b.channels)
    }
    @inlinable @inline(__always) public func relu6() -> Self { Self(clamped(channels)) }
  }

  /// Eight channels as float32, in their own order.
  @frozen
  public struct WidenedHalf: ChannelVector {
    @usableFromInline var channels: SIMD8<Float>
    @inlinable @inline(__always) init(_ channels: SIMD8<Float>) { self.channels = channels }
    @inlinable @inline(__always) public static var lanes: Int { 8 }
    @inlinable @inline(__always) public static var storedWords: Int { 4 }
    @inlinable @inline(__always) public static func splat(_ x: Float) -> Self { repeating(x) }
    @inlinable @inline(__always) public static func repeating(_ x: Float) -> Self { Self(SIMD8(repeating: x)) }
    @inlinable @inline(__always) public static func load(_ p: UnsafePointer<Float>) -> Self { Self(SIMD8.load(p)) }
    @inlinable @inline(__always) public static func loadActivations(_ p: UnsafePointer<Float>) -> Self {
      let words = _mm256_cvtepu16_epi32(UnsafeRawPointer(p).loadUnaligned(as: __m128i.self))
      return Self(
        unsafeBitCast(
          unsafeBitCast(words, to: SIMD8<UInt32>.self) &<< SIMD8<UInt32>(repeating: 16), to: SIMD8<Float>.self))
    }
    @inlinable @inline(__always) public func store(_ p: UnsafeMutablePointer<Float>) { RoundedHalf(channels).store(p) }
    @inlinable @inline(__always) public static func multiplyAdd(_ acc: Self, _ x: Self, _ y: Self) -> Self {
      Self(acc.channels.addingProduct(x.channels, y.channels))
    }
    @inlinable @inline(__always) public static func add(_ a: Self, _ b: Self) -> Self { Self(a.channels + b.channels) }
    @inlinable @inline(__always) public static func multiply(_ a: Self, _ b: Self) -> Self {
      Self(a.channels * b.channels)
    }
    @inlinable @inline(__always) public func relu6() -> Self { Self(clamped(channels)) }
  }
#endif
