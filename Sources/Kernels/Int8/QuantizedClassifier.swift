/// Mean over all pixels: `[pixels, C]` bytes → `[C]` elements (`QuantizedKernelTable.elementBytes`), requantized; halves go
/// up, as in TensorFlow Lite, since halves are common among means of a few integers.
public struct QuantizedPoolArguments {
  public var input: UnsafePointer<UInt8>
  public var pixels: Int
  /// A multiple of eight.
  public var channels: Int
  /// Pixels × the input's zero point, which is taken off the sums.
  public var zero: Int32
  public var scale: Float
  public var range: OutputRange
  public var output: UnsafeMutableRawPointer

  public init(
    input: UnsafePointer<UInt8>, pixels: Int, channels: Int, zero: Int32, scale: Float, range: OutputRange,
    output: UnsafeMutableRawPointer
  ) {
    self.input = input
    self.pixels = pixels
    self.channels = channels
    self.zero = zero
    self.scale = scale
    self.range = range
    self.output = output
  }
}

@inlinable @inline(__always)
public func quantizedPool<ISA: QuantizedInstructionSet>(_ a: QuantizedPoolArguments, isa: ISA.Type) {
  for channel in stride(from: 0, to: a.channels, by: 8) {
    var sums = SIMD8<Int32>(repeating: 0 &- a.zero)
    for pixel in 0..<a.pixels { sums = sums &+ widenedBytes(isa, a.input + (pixel &* a.channels &+ channel)) }
    // A quarter of a unit more moves halves, and nothing else, over the edge.
    let quarters = (sums &<< 2) &+ SIMD8<Int32>(repeating: 1)
    let bytes = requantized(isa, quarters, SIMD8<Float>(repeating: a.scale * 0.25), a.range)
    if ISA.valuesPerWord == 4 {
      a.output.storeBytes(
        of: narrowedToBytes(isa, bytes), toByteOffset: channel, as: SIMD8<UInt8>.self)
    } else {
      a.output.storeBytes(of: narrowedToWords(isa, bytes), toByteOffset: 2 &* channel, as: SIMD8<Int16>.self)
    }
  }
}

/// Fully connected layer, not requantized: `[K]` elements → some of the `columns` real outputs.
public struct QuantizedFullyConnectedArguments {
  public var input: UnsafeRawPointer
  /// Inputs in words.
  public var words: Int
  /// Outputs to compute, from a panel's start to a panel's start or the padded end.
  public var columns: Range<Int>
  /// In panels, padded to whole vectors and in natural order.
  public var weights: UnsafePointer<Int32>
  public var bias: UnsafePointer<Int32>
  public var scales: UnsafePointer<Float>
  /// Added to all sums.
  public var correction: Int32
  public var output: UnsafeMutablePointer<Float>

  public init(
    input: UnsafeRawPointer, words: Int, columns: Range<Int>, weights: UnsafePointer<Int32>,
    bias: UnsafePointer<Int32>, scales: UnsafePointer<Float>, correction: Int32, output: UnsafeMutablePointer<Float>
  ) {
    self.input = input
    self.words = words
    self.columns = columns
    self.weights = weights
    self.bias = bias
    self.scales = scales
    self.correction = correction
    self.output = output
  }
}

@inlinable @inline(__always)
public func quantizedFullyConnected<ISA: QuantizedInstructionSet>(
  _ a: QuantizedFullyConnectedArguments, isa: ISA.Type
) {
  let lanes = ISA.lanes
  var column = a.columns.lowerBound
  while column < a.columns.upperBound {
    let left = a.columns.upperBound &- column
    if ISA.hasWidePanels, left >= 4 &* lanes {
      quantizedProducts(isa, QuadSums<ISA>.self, a, column: column)
      column &+= 4 &* lanes
    } else if ISA.hasWidePanels, left >= 3 &* lanes {
      quantizedProducts(isa, TripleSums<ISA>.self, a, column: column)
      column &+= 3 &* lanes
    } else if left >= 2 &* lanes {
      quantizedProducts(isa, PairSums<ISA>.self, a, column: column)
      column &+= 2 &* lanes
    } else {
      quantizedProducts(isa, SingleSums<ISA>.self, a, column: column)
      column &+= lanes
    }
  }
}

@inlinable @inline(__always)
func quantizedProducts<ISA: QuantizedInstructionSet, P: SumPanel>(
  _: ISA.Type, _: P.Type, _ a: QuantizedFullyConnectedArguments, column: Int
) where P.ISA == ISA {
  var even = P.add(P.load(a.bias + column), ISA.repeating(a.correction))
  var odd = P.repeating(ISA.repeating(0))
  var weights = a.weights + column &* a.words
  var k = 0
  // Two sums at once, so that the latency of one multiplication does not set the pace; the words are even in number.
  while k < a.words {
    let word0 = a.input.loadUnaligned(fromByteOffset: 4 &* k, as: Int32.self)
    let word1 = a.input.loadUnaligned(fromByteOffset: 4 &* k &+ 4, as: Int32.self)
    even = P.dot(even, ISA.inputs(word0), .load(weights))
    odd = P.dot(odd, ISA.inputs(word1), .load(weights + P.lanes))
    weights += 2 &* P.lanes
    k &+= 2
  }
  P.add(even, odd).storeScaled(scales: a.scales + column, to: a.output + column)
}
