// One file for all, as in KernelsNEON.
#if arch(arm64)
  import CCPU
  import Kernels

  /// bfloat16 with the instructions of ARMv8.6 (Cortex-A510, A710, Neoverse N2 and V1, and newer): `bfmmla` multiplies four
  /// channels of two pixels by those of two filters, sixteen products an instruction, in pointwise layers; `bfdot` eight, in
  /// the classifier. Both sum in float32. The first layer and depthwise ones compute in float32.
  public enum NEONBF16: InstructionSet {
    public typealias Vector = SIMD4<Float>
    public typealias Half = SIMD4<Float>
    public typealias FirstPanels = WidenedPanels<BFloat16Words>
    public typealias ClassSums = PairDots<BFloat16Words>
    public typealias ClassHalf = PairDots<BFloat16Words>
    public typealias Channels = WidenedChannels<BFloat16Words>
    public typealias ChannelsHalf = WidenedChannels<BFloat16Words>
    public typealias ChannelsQuarter = WidenedChannels<BFloat16Words>
    @inlinable @inline(__always) public static var name: String { "neonbf16" }
    @inlinable @inline(__always) public static var format: WordFormat { .bfloat16 }
    @inlinable @inline(__always) public static var inputsAbreast: Int { 4 }
    @inlinable @inline(__always) public static var tileRows: Int { 8 }
    @inlinable @inline(__always) public static var readsFourInputs: Bool { true }
    /// Eight sums and the twelve vectors of six input columns stay in registers.
    @inlinable @inline(__always) public static var depthwiseGroup: Int { 4 }
  }

  extension KernelTable {
    public static let neonbf16 = make(NEONBF16.self) { matrixPointwise(copy $0) }
  }

  public enum BFloat16Words: NEONPairFormat {
    @inlinable @inline(__always) public static func low(_ words: SIMD4<Float>) -> SIMD4<Float> {
      widened(vget_low_u16(unsafeBitCast(words, to: SIMD8<UInt16>.self)))
    }
    @inlinable @inline(__always) public static func high(_ words: SIMD4<Float>) -> SIMD4<Float> {
      widened(vget_high_u16(unsafeBitCast(words, to: SIMD8<UInt16>.self)))
    }
    /// One `shll`.
    @inlinable @inline(__always) static func widened(_ bits: SIMD4<UInt16>) -> SIMD4<Float> {
      unsafeBitCast(vmovl_u16(bits) &<< SIMD4<UInt32>(repeating: 16), to: SIMD4<Float>.self)
    }
    @inlinable @inline(__always) public static func narrowed(
      _ low: SIMD4<Float>, _ high: SIMD4<Float>
    ) -> SIMD4<Float> { mobilecam_bfcvtn(low, high) }
    @inlinable @inline(__always) public static func dot(
      _ sums: SIMD4<Float>, _ inputs: SIMD4<Float>, _ weights: SIMD4<Float>
    ) -> SIMD4<Float> { mobilecam_bfdot(sums, inputs, weights) }
  }

  // MARK: Pointwise layers

  /// Four channels of each of two pixels.
  typealias Quads = SIMD2<Int64>

  @inline(__always)
  func quads(_ x: SIMD4<Float>) -> Quads { unsafeBitCast(x, to: Quads.self) }
  @inline(__always)
  func floats(_ x: Quads) -> SIMD4<Float> { unsafeBitCast(x, to: SIMD4<Float>.self) }

  /// Sums of two pixels for eight channels: in each vector both pixels' for two channels.
  struct MatrixSums {
    var a: SIMD4<Float>
    var b: SIMD4<Float>
    var c: SIMD4<Float>
    var d: SIMD4<Float>

    /// Both pixels' sums begin with the bias.
    @inline(__always)
    init(bias: UnsafePointer<Float>) {
      let (low, high) = (quads(SIMD4.load(bias)), quads(SIMD4.load(bias + 4)))
      a = floats(vzip1q_s64(low, low))
      b = floats(vzip2q_s64(low, low))
      c = floats(vzip1q_s64(high, high))
      d = floats(vzip2q_s64(high, high))
    }

    /// - Parameter weights: `[8][4]`, four inputs of eight channels.
    @inline(__always)
    mutating func multiply(_ inputs: Quads, _ weights: MatrixWeights) {
      let x = floats(inputs)
      a = mobilecam_bfmmla(a, x, weights.a)
      b = mobilecam_bfmmla(b, x, weights.b)
      c = mobilecam_bfmmla(c, x, weights.c)
      d = mobilecam_bfmmla(d, x, weights.d)
    }

    var first: WidenedChannels<BFloat16Words> {
      @inline(__always) get {
        WidenedChannels(floats(vzip1q_s64(quads(a), quads(b))), floats(vzip1q_s64(quads(c), quads(d))))
      }
    }
    var second: WidenedChannels<BFloat16Words> {
      @inline(__always) get {
        WidenedChannels(floats(vzip2q_s64(quads(a), quads(b))), floats(vzip2q_s64(quads(c), quads(d))))
      }
    }
  }

  /// Four inputs of eight channels, `[8][4]`.
  struct MatrixWeights {
    let a: SIMD4<Float>
    let b: SIMD4<Float>
    let c: SIMD4<Float>
    let d: SIMD4<Float>

    @inline(__always)
    init(_ p: UnsafePointer<Float>) {
      a = SIMD4.load(p)
      b = SIMD4.load(p + 4)
      c = SIMD4.load(p + 8)
      d = SIMD4.load(p + 12)
    }
  }

  /// The register tile: `P` pairs of pixels × eight channels. Of an odd number of pixels the last one is its own neighbour.
  enum MatrixTile<let P: Int> {
    @inline(__always)
    static func multiply(
      _ sums: inout InlineArray<P, MatrixSums>, _ inputs: InlineArray<P, Quads>, _ weights: inout UnsafePointer<Float>
    ) {
      let w = MatrixWeights(weights)
      weights += 16
      for p in 0..<P { sums[unchecked: p].multiply(inputs[unchecked: p], w) }
    }

    @inline(__always)
    static func run(_ a: PointwiseArguments, first: Int, pixels: Int, column: Int) {
      /// Words from the first pixel of a pair to the second one.
      func neighbour(_ p: Int) -> Int { 2 &* p &+ 1 < pixels ? 4 : 0 }
      var sums = InlineArray<P, MatrixSums>(repeating: MatrixSums(bias: a.bias + column))
      var weights = a.weights + column &* (a.inputChannels / 2)
      var block = a.input + 4 &* first
      for _ in 0..<a.inputChannels / 8 {
        var near = InlineArray<P, Quads>(repeating: Quads(0, 0))
        var far = InlineArray<P, Quads>(repeating: Quads(0, 0))
        for p in 0..<P {
          let pixel = block + 8 &* p
          let (x, y) = (quads(SIMD4.load(pixel)), quads(SIMD4.load(pixel + neighbour(p))))
          near[unchecked: p] = vzip1q_s64(x, y)
          far[unchecked: p] = vzip2q_s64(x, y)
        }
        multiply(&sums, near, &weights)
        multiply(&sums, far, &weights)
        block += a.inputBlockStride
      }
      let output = a.output + column / 2
      let offsets = a.outputOffsets + first
      for p in 0..<P {
        sums[unchecked: p].first.relu6().store(output + Int(offsets[2 &* p]))
        if neighbour(p) > 0 { sums[unchecked: p].second.relu6().store(output + Int(offsets[2 &* p &+ 1])) }
      }
    }
  }

  /// Four pairs of pixels: their sums are half of the registers.
  func matrixPointwise(_ a: PointwiseArguments) {
    eightChannelTiles(a, groupPixels: 2, groups: 4) { pairs, first, pixels, column in
      switch pairs {
      case 1: MatrixTile<1>.run(a, first: first, pixels: pixels, column: column)
      case 2: MatrixTile<2>.run(a, first: first, pixels: pixels, column: column)
      case 3: MatrixTile<3>.run(a, first: first, pixels: pixels, column: column)
      default: MatrixTile<4>.run(a, first: first, pixels: pixels, column: column)
      }
    }
  }
#endif
