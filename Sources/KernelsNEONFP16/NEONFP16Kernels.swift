// One file for all, as in KernelsNEON.
#if arch(arm64)
  import CCPU
  import Kernels

  /// Half precision with the instructions of ARMv8.2 (Cortex-A55, A75, A76 and newer): `fmla` multiplies and adds eight numbers
  /// of 16 bits, twice as many as of float32.
  ///
  /// Sums in half precision lose with every addition: they are kept to few products (`HalfTile`), and the first layer,
  /// the pool and the classifier, which are a small part of the work, sum in float32.
  public enum NEONFP16: InstructionSet {
    public typealias Vector = SIMD4<Float>
    public typealias Half = SIMD4<Float>
    public typealias FirstPanels = WidenedPanels<Float16Words>
    public typealias ClassSums = PairDots<Float16Words>
    public typealias ClassHalf = PairDots<Float16Words>
    public typealias Channels = HalfChannels
    public typealias ChannelsHalf = HalfChannels
    public typealias ChannelsQuarter = HalfChannels
    public typealias PooledChannels = WidenedChannels<Float16Words>
    @inlinable @inline(__always) public static var name: String { "neonfp16" }
    @inlinable @inline(__always) public static var format: WordFormat { .float16 }
    @inlinable @inline(__always) public static var inputsAbreast: Int { 1 }
    @inlinable @inline(__always) public static var depthwiseStorage: WordFormat { .float16 }
    @inlinable @inline(__always) public static var tileRows: Int { 8 }
    @inlinable @inline(__always) public static var readsFourInputs: Bool { true }
    @inlinable @inline(__always) public static var depthwiseGroup: Int { 7 }
  }

  extension KernelTable {
    public static let neonfp16 = make(NEONFP16.self) { halfPointwise(copy $0) }
  }

  public enum Float16Words: NEONPairFormat {
    @inlinable @inline(__always) public static func low(_ words: SIMD4<Float>) -> SIMD4<Float> {
      vcvt_f32_f16(unsafeBitCast(words, to: SIMD8<Float16>.self).lowHalf)
    }
    @inlinable @inline(__always) public static func high(_ words: SIMD4<Float>) -> SIMD4<Float> {
      vcvt_high_f32_f16(unsafeBitCast(words, to: SIMD8<Float16>.self))
    }
    @inlinable @inline(__always) public static func narrowed(
      _ low: SIMD4<Float>, _ high: SIMD4<Float>
    ) -> SIMD4<Float> { unsafeBitCast(vcvt_high_f16_f32(vcvt_f16_f32(low), high), to: SIMD4<Float>.self) }

    /// The first channel of each word, and the second one.
    @inlinable @inline(__always) static func split(_ words: SIMD4<Float>) -> (SIMD4<Float>, SIMD4<Float>) {
      let bits = unsafeBitCast(words, to: SIMD4<UInt32>.self)
      func widened(_ x: SIMD4<UInt16>) -> SIMD4<Float> { vcvt_f32_f16(unsafeBitCast(x, to: SIMD4<Float16>.self)) }
      return (widened(vmovn_u32(bits)), widened(vmovn_u32(bits &>> SIMD4<UInt32>(repeating: 16))))
    }
    @inlinable @inline(__always) public static func dot(
      _ sums: SIMD4<Float>, _ inputs: SIMD4<Float>, _ weights: SIMD4<Float>
    ) -> SIMD4<Float> {
      let (x, w) = (split(inputs), split(weights))
      return sums.addingProduct(x.0, w.0).addingProduct(x.1, w.1)
    }
  }

  /// Eight channels as they are, nine products of which are added up: depthwise.
  @frozen
  public struct HalfChannels: ChannelVector {
    @usableFromInline var channels: SIMD8<Float16>
    @inlinable @inline(__always) init(_ channels: SIMD8<Float16>) { self.channels = channels }
    @inlinable @inline(__always) public static var lanes: Int { 8 }
    @inlinable @inline(__always) public static var storedWords: Int { 4 }
    @inlinable @inline(__always) public static var weightWords: Int { 4 }
    @inlinable @inline(__always) public static func splat(_ x: Float) -> Self { repeating(x) }
    @inlinable @inline(__always) public static func repeating(_ x: Float) -> Self {
      Self(SIMD8(repeating: Float16(x)))
    }
    @inlinable @inline(__always) public static func load(_ p: UnsafePointer<Float>) -> Self {
      Self(UnsafeRawPointer(p).loadUnaligned(as: SIMD8<Float16>.self))
    }
    @inlinable @inline(__always) public static func loadActivations(_ p: UnsafePointer<Float>) -> Self { load(p) }
    @inlinable @inline(__always) public func store(_ p: UnsafeMutablePointer<Float>) {
      UnsafeMutableRawPointer(p).storeBytes(of: channels, as: SIMD8<Float16>.self)
    }
    @inlinable @inline(__always) public static func multiplyAdd(_ acc: Self, _ x: Self, _ y: Self) -> Self {
      Self(vfmaq_f16(acc.channels, x.channels, y.channels))
    }
    @inlinable @inline(__always) public static func add(_ a: Self, _ b: Self) -> Self {
      Self(vaddq_f16(a.channels, b.channels))
    }
    @inlinable @inline(__always) public static func multiply(_ a: Self, _ b: Self) -> Self {
      Self(vmulq_f16(a.channels, b.channels))
    }
    @inlinable @inline(__always) public func relu6() -> Self {
      Self(vminq_f16(vmaxq_f16(channels, SIMD8(repeating: 0)), SIMD8(repeating: 6)))
    }
  }

  // MARK: Pointwise layers

  /// The register tile: `P` pixels × eight channels, summed in half precision over `sumBlocks` blocks of eight inputs, and
  /// from one to the next in float32.
  ///
  /// An addition in half precision rounds by up to 2⁻¹¹ of the sum so far, thirty-two of them by some 2⁻⁹ of it, as good as
  /// random: no more than bfloat16 loses by rounding what it stores. Adding up in float32 costs an eighth of the products' time.
  enum HalfTile<let P: Int> {
    static var sumBlocks: Int { 4 }

    typealias Sums = WidenedChannels<Float16Words>

    /// One of eight inputs of each pixel times its weights.
    @inline(__always)
    static func multiply(
      _ sums: inout InlineArray<P, SIMD8<Float16>>, _ inputs: InlineArray<P, SIMD8<Float16>>, lane: Int,
      _ weights: inout UnsafePointer<Float>
    ) {
      let w = UnsafeRawPointer(weights).loadUnaligned(as: SIMD8<Float16>.self)
      weights += 4
      for p in 0..<P {
        sums[unchecked: p] = vfmaq_f16(sums[unchecked: p], w, SIMD8(repeating: inputs[unchecked: p][lane]))
      }
    }

    @inline(__always)
    static func run(_ a: PointwiseArguments, first: Int, column: Int) {
      var sums = InlineArray<P, Sums>(repeating: Sums.load(a.bias + column))
      var weights = a.weights + column &* (a.inputChannels / 2)
      var block = a.input + 4 &* first
      var left = a.inputChannels / 8
      while left > 0 {
        var partial = InlineArray<P, SIMD8<Float16>>(repeating: SIMD8(repeating: 0))
        for _ in 0..<min(left, sumBlocks) {
          var inputs = InlineArray<P, SIMD8<Float16>>(repeating: SIMD8(repeating: 0))
          for p in 0..<P {
            inputs[unchecked: p] = UnsafeRawPointer(block + 4 &* p).loadUnaligned(as: SIMD8<Float16>.self)
          }
          // One after the other: lanes must be constants.
          multiply(&partial, inputs, lane: 0, &weights)
          multiply(&partial, inputs, lane: 1, &weights)
          multiply(&partial, inputs, lane: 2, &weights)
          multiply(&partial, inputs, lane: 3, &weights)
          multiply(&partial, inputs, lane: 4, &weights)
          multiply(&partial, inputs, lane: 5, &weights)
          multiply(&partial, inputs, lane: 6, &weights)
          multiply(&partial, inputs, lane: 7, &weights)
          block += a.inputBlockStride
        }
        for p in 0..<P {
          let words = unsafeBitCast(partial[unchecked: p], to: SIMD4<Float>.self)
          sums[unchecked: p] = Sums.add(sums[unchecked: p], Sums.widened(words))
        }
        left &-= sumBlocks
      }
      let output = a.output + column / 2
      let offsets = a.outputOffsets + first
      for p in 0..<P { sums[unchecked: p].relu6().store(output + Int(offsets[p])) }
    }
  }

  /// Eight pixels: enough sums that none waits for its last product.
  func halfPointwise(_ a: PointwiseArguments) {
    eightChannelTiles(a, groupPixels: 1, groups: 8) { pixels, first, _, column in
      switch pixels {
      case 1: HalfTile<1>.run(a, first: first, column: column)
      case 2: HalfTile<2>.run(a, first: first, column: column)
      case 3: HalfTile<3>.run(a, first: first, column: column)
      case 4: HalfTile<4>.run(a, first: first, column: column)
      case 5: HalfTile<5>.run(a, first: first, column: column)
      case 6: HalfTile<6>.run(a, first: first, column: column)
      case 7: HalfTile<7>.run(a, first: first, column: column)
      default: HalfTile<8>.run(a, first: first, column: column)
      }
    }
  }
#endif
