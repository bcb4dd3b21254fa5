// What the sets of arm64 share that hold two channels in a word: eight channels are four words, one vector of them.
#if arch(arm64)
  import CCPU

  /// A format of 16 bits, and how its vectors become float32 and back.
  public protocol NEONPairFormat: Sendable {
    /// The first four of eight channels as float32.
    static func low(_ words: SIMD4<Float>) -> SIMD4<Float>
    /// The last four.
    static func high(_ words: SIMD4<Float>) -> SIMD4<Float>
    /// Eight channels, rounded to the nearest, halves to even.
    static func narrowed(_ low: SIMD4<Float>, _ high: SIMD4<Float>) -> SIMD4<Float>
    /// `sums +` both products of each word's channels, in float32.
    static func dot(_ sums: SIMD4<Float>, _ inputs: SIMD4<Float>, _ weights: SIMD4<Float>) -> SIMD4<Float>
  }

  /// Eight channels, or sums of theirs, as float32; rounded to F when they are stored.
  @frozen
  public struct WidenedChannels<F: NEONPairFormat>: ChannelVector {
    @usableFromInline var low: SIMD4<Float>
    @usableFromInline var high: SIMD4<Float>
    @inlinable @inline(__always) public init(_ low: SIMD4<Float>, _ high: SIMD4<Float>) {
      self.low = low
      self.high = high
    }
    @inlinable @inline(__always) public static var lanes: Int { 8 }
    @inlinable @inline(__always) public static var storedWords: Int { 4 }
    @inlinable @inline(__always) public static func splat(_ x: Float) -> Self { repeating(x) }
    @inlinable @inline(__always) public static func repeating(_ x: Float) -> Self {
      Self(SIMD4(repeating: x), SIMD4(repeating: x))
    }
    @inlinable @inline(__always) public static func load(_ p: UnsafePointer<Float>) -> Self {
      Self(SIMD4.load(p), SIMD4.load(p + 4))
    }
    @inlinable @inline(__always) public static func loadActivations(_ p: UnsafePointer<Float>) -> Self {
      widened(SIMD4.load(p))
    }
    @inlinable @inline(__always) public static func widened(_ words: SIMD4<Float>) -> Self {
      Self(F.low(words), F.high(words))
    }
    @inlinable @inline(__always) public func store(_ p: UnsafeMutablePointer<Float>) { F.narrowed(low, high).store(p) }
    @inlinable @inline(__always) public static func multiplyAdd(_ acc: Self, _ x: Self, _ y: Self) -> Self {
      Self(fused4(acc.low, x.low, y.low), fused4(acc.high, x.high, y.high))
    }
    @inlinable @inline(__always) public static func add(_ a: Self, _ b: Self) -> Self {
      Self(a.low + b.low, a.high + b.high)
    }
    @inlinable @inline(__always) public static func multiply(_ a: Self, _ b: Self) -> Self {
      Self(a.low * b.low, a.high * b.high)
    }
    @inlinable @inline(__always) public func relu6() -> Self { Self(clamped4(low), clamped4(high)) }
  }

  /// Sums of the first layer. Channel counts are multiples of eight, so that there are no panels of fewer.
  public enum WidenedPanels<F: NEONPairFormat>: Panels {
    public typealias Wide = WidenedChannels<F>
    public typealias Whole = WidenedChannels<F>
    public typealias Half = WidenedChannels<F>
  }

  /// Four sums of products of pairs.
  @frozen
  public struct PairDots<F: NEONPairFormat>: SumVector {
    @usableFromInline var sums: SIMD4<Float>
    @inlinable @inline(__always) init(_ sums: SIMD4<Float>) { self.sums = sums }
    @inlinable @inline(__always) public static var lanes: Int { 4 }
    @inlinable @inline(__always) public static func splat(_ x: Float) -> SIMD4<Float> { SIMD4(repeating: x) }
    @inlinable @inline(__always) public static func repeating(_ x: Float) -> Self { Self(SIMD4(repeating: x)) }
    @inlinable @inline(__always) public static func load(_ p: UnsafePointer<Float>) -> Self { Self(SIMD4.load(p)) }
    @inlinable @inline(__always) public func store(_ p: UnsafeMutablePointer<Float>) { sums.store(p) }
    @inlinable @inline(__always) public static func add(_ a: Self, _ b: Self) -> Self { Self(a.sums + b.sums) }
    @inlinable @inline(__always) public static func multiplyAdd(_ acc: Self, _ x: SIMD4<Float>, _ y: Self) -> Self {
      Self(F.dot(acc.sums, x, y.sums))
    }
    @inlinable @inline(__always) public func relu6() -> Self { Self(clamped4(sums)) }
  }

  /// Pointwise layers in register tiles over panels of eight output channels, a panel after the other.
  /// - Parameters:
  ///   - groupPixels: pixels that an instruction computes together.
  ///   - groups: of a tile, at most.
  ///   - tile: computes some groups of pixels of one panel: how many groups, the first pixel, how many pixels, and the column.
  @inlinable @inline(__always)
  public func eightChannelTiles(
    _ a: PointwiseArguments, groupPixels: Int, groups: Int, _ tile: (Int, Int, Int, Int) -> Void
  ) {
    let split = EvenSplit((a.pixels.count &+ groupPixels &- 1) / groupPixels, limit: groups)
    var column = a.columns.lowerBound
    while column < a.columns.upperBound {
      for index in 0..<split.count {
        let (start, end) = (split.start(index), split.start(index &+ 1))
        let pixels = min(end &* groupPixels, a.pixels.count) &- start &* groupPixels
        tile(end &- start, a.pixels.lowerBound &+ start &* groupPixels, pixels, column)
      }
      column &+= 8
    }
  }
#endif
