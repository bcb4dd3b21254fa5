/// An 8-bit convolution over some pixels and some output channels, requantized: pointwise (one run of inputs for each
/// pixel), or the first layer's 3×3 (three runs, one for each kernel row).
public struct QuantizedConvolutionArguments {
  /// The first pixel's first input: `[pixels, pixelStrideBytes]` of bytes, or of 16-bit integers (`QuantizedKernelTable.elementBytes`).
  public var input: UnsafeRawPointer
  public var pixelStrideBytes: Int
  /// From a pixel to the third one after it: where the compiler does not know that, it addresses six pixels from two registers.
  @usableFromInline var threePixelsBytes: Int
  /// Runs of inputs, `runStrideBytes` apart, of `words` words each.
  public var runs: Int
  public var runStrideBytes: Int
  public var words: Int
  public var pixels: Int
  /// Output channels; the lower bound lies on a panel's start, the upper one too or at the end.
  public var columns: Range<Int>
  /// All channels' weights, biases and scales, in panels (`QuantizedPanelLayout`).
  public var weights: UnsafePointer<Int32>
  public var bias: UnsafePointer<Int32>
  public var scales: UnsafePointer<Float>
  /// Added to all sums of a pixel, or `nil`.
  public var corrections: UnsafePointer<Int32>?
  public var range: OutputRange
  public var output: UnsafeMutablePointer<UInt8>
  /// Bytes from `output` to each pixel's channel 0.
  public var outputOffsets: UnsafePointer<Int32>

  public init(
    input: UnsafeRawPointer, pixelStrideBytes: Int, runs: Int, runStrideBytes: Int, words: Int, pixels: Int,
    columns: Range<Int>, weights: UnsafePointer<Int32>, bias: UnsafePointer<Int32>, scales: UnsafePointer<Float>,
    corrections: UnsafePointer<Int32>?, range: OutputRange, output: UnsafeMutablePointer<UInt8>,
    outputOffsets: UnsafePointer<Int32>
  ) {
    self.input = input
    self.pixelStrideBytes = pixelStrideBytes
    threePixelsBytes = 3 * pixelStrideBytes
    self.runs = runs
    self.runStrideBytes = runStrideBytes
    self.words = words
    self.pixels = pixels
    self.columns = columns
    self.weights = weights
    self.bias = bias
    self.scales = scales
    self.corrections = corrections
    self.range = range
    self.output = output
    self.outputOffsets = outputOffsets
  }
}

/// The register tile: `G` pixels × one panel of output channels, summed over all inputs in registers.
@usableFromInline
enum QuantizedTile<P: SumPanel, let G: Int> {
  @inlinable @inline(__always)
  static func sums(
    _ a: QuantizedConvolutionArguments, input: UnsafeRawPointer, weights: UnsafePointer<Int32>,
    bias: UnsafePointer<Int32>, corrections: UnsafePointer<Int32>?
  ) -> InlineArray<G, P> {
    var sums = InlineArray<G, P>(repeating: P.load(bias))
    if let corrections {
      for r in 0..<G { sums[unchecked: r] = P.add(sums[unchecked: r], P.ISA.repeating(corrections[r])) }
    }
    var weights = weights
    var line = input
    for _ in 0..<a.runs {
      let quads = P.ISA.readsFourWords ? a.words / 4 : 0
      for quad in 0..<quads {
        var inputs = InlineArray<G, P.ISA.Sums>(repeating: P.ISA.repeating(0))
        for r in 0..<G { inputs[unchecked: r] = P.ISA.loadInputs(line + (r &* a.pixelStrideBytes &+ 16 &* quad)) }
        // One after the other: lanes must be constants.
        multiply(&sums, inputs, lane: 0, &weights)
        multiply(&sums, inputs, lane: 1, &weights)
        multiply(&sums, inputs, lane: 2, &weights)
        multiply(&sums, inputs, lane: 3, &weights)
      }
      for k in 4 &* quads..<a.words {
        let w = P.load(weights)
        weights += P.lanes
        let low = line + 4 &* k
        let high = low + a.threePixelsBytes
        for r in 0..<G {
          let pixel = r < 3 ? low + r &* a.pixelStrideBytes : high + (r &- 3) &* a.pixelStrideBytes
          sums[unchecked: r] = P.dot(sums[unchecked: r], P.ISA.inputs(pixel.loadUnaligned(as: Int32.self)), w)
        }
      }
      line += a.runStrideBytes
    }
    return sums
  }

  /// One of four words of each pixel times its weights.
  @inlinable @inline(__always)
  static func multiply(
    _ sums: inout InlineArray<G, P>, _ inputs: InlineArray<G, P.ISA.Sums>, lane: Int,
    _ weights: inout UnsafePointer<Int32>
  ) {
    let w = P.load(weights)
    weights += P.lanes
    for r in 0..<G {
      sums[unchecked: r] = P.dot(sums[unchecked: r], P.ISA.inputs(inputs[unchecked: r], lane: lane), w)
    }
  }

  @inlinable @inline(__always)
  static func run(_ a: QuantizedConvolutionArguments, first: Int, column: Int, count: Int) {
    let depth = a.runs &* a.words
    let sums = sums(
      a, input: a.input + first &* a.pixelStrideBytes, weights: a.weights + column &* depth, bias: a.bias + column,
      corrections: a.corrections.map { $0 + first })
    let offsets = a.outputOffsets + first
    let output = a.output + column
    // A copy: where this loop is not unrolled its array lives in memory, and the sums must not while they are summed up.
    let stored = sums
    for r in 0..<G {
      stored[unchecked: r].store(scales: a.scales + column, a.range, to: output + Int(offsets[r]), count: count)
    }
  }
}

/// A panel of output channels for all pixels.
@usableFromInline
enum QuantizedPanel<P: SumPanel> {
  @inlinable @inline(__always)
  static func run(_ a: QuantizedConvolutionArguments, column: Int, count: Int) {
    let split = EvenSplit(a.pixels, limit: P.rows)
    for index in 0..<split.count {
      let first = split.start(index)
      switch split.start(index &+ 1) &- first {
      case 1: QuantizedTile<P, 1>.run(a, first: first, column: column, count: count)
      case 2: QuantizedTile<P, 2>.run(a, first: first, column: column, count: count)
      case 3: QuantizedTile<P, 3>.run(a, first: first, column: column, count: count)
      case 4: QuantizedTile<P, 4>.run(a, first: first, column: column, count: count)
      case 5 where P.rows >= 5: QuantizedTile<P, 5>.run(a, first: first, column: column, count: count)
      case 6 where P.rows >= 6: QuantizedTile<P, 6>.run(a, first: first, column: column, count: count)
      case 7 where P.rows >= 7: QuantizedTile<P, 7>.run(a, first: first, column: column, count: count)
      case 8 where P.rows >= 8: QuantizedTile<P, 8>.run(a, first: first, column: column, count: count)
      default: break
      }
    }
  }
}

@inlinable @inline(__always)
public func quantizedConvolution<ISA: QuantizedInstructionSet>(_ a: QuantizedConvolutionArguments, isa: ISA.Type) {
  let lanes = ISA.lanes
  var column = a.columns.lowerBound
  while column < a.columns.upperBound {
    let left = a.columns.upperBound &- column
    if ISA.hasWidePanels, left >= 4 &* lanes {
      QuantizedPanel<QuadSums<ISA>>.run(a, column: column, count: 4 &* lanes)
      column &+= 4 &* lanes
    } else if ISA.hasWidePanels, left >= 3 &* lanes {
      QuantizedPanel<TripleSums<ISA>>.run(a, column: column, count: 3 &* lanes)
      column &+= 3 &* lanes
    } else if left >= 2 &* lanes {
      QuantizedPanel<PairSums<ISA>>.run(a, column: column, count: 2 &* lanes)
      column &+= 2 &* lanes
    } else {
      QuantizedPanel<SingleSums<ISA>>.run(a, column: column, count: min(left, lanes))
      column &+= lanes
    }
  }
}
