/// A depthwise 3×3 convolution with ReLU6 for one row of output pixels, into the blocked layout that `pointwise` reads.
///
/// Strides are in words, of which two channels of 16 bits share one: in their natural order in the input, in that of
/// `PairOrder` in the output.
public struct DepthwiseArguments {
  /// The top left tap of the first output pixel; `[.., .., C]` with a zero border.
  public var input: UnsafePointer<Float>
  /// Words from one input row to the next.
  public var inputRowStride: Int
  /// Words from one input pixel to the next: all channels of the feature map.
  public var inputPixelStride: Int
  /// Channels to work on; `input`, `weights` and `output` begin with the first of them.
  public var channels: Int
  /// 1 or 2.
  public var stride: Int
  public var pixels: Int
  /// `DepthwiseLayout`
  public var weights: UnsafePointer<Float>
  /// The first pixel's place in block 0: `[C / L][outputBlockStride / L][L]`.
  public var output: UnsafeMutablePointer<Float>
  /// Words from one channel block to the next.
  public var outputBlockStride: Int

  public init(
    input: UnsafePointer<Float>, inputRowStride: Int, inputPixelStride: Int, channels: Int, stride: Int, pixels: Int,
    weights: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, outputBlockStride: Int
  ) {
    self.input = input
    self.inputRowStride = inputRowStride
    self.inputPixelStride = inputPixelStride
    self.channels = channels
    self.stride = stride
    self.pixels = pixels
    self.weights = weights
    self.output = output
    self.outputBlockStride = outputBlockStride
  }
}

/// `P` neighbouring output pixels at stride `T`: both constants, for only then does the compiler see which input columns
/// neighbours share, and keeps them in registers.
@usableFromInline
enum DepthwiseGroup<ISA: InstructionSet, let P: Int, let T: Int> {
  /// All channels, block after block: every input column is read as one stream.
  ///
  /// A function of its own for each group: in one that holds them all the compiler gives up on inlining what is inside.
  @inlinable @inline(never)
  static func run(_ a: DepthwiseArguments, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>) {
    let lanes = ISA.Channels.lanes
    let blocks = a.channels / lanes
    var weights = a.weights
    var input = input
    var output = output
    for _ in 0..<blocks {
      block(ISA.Channels.self, a, input: input, weights: weights, output: output)
      weights += 10 &* ISA.Channels.weightWords
      input += ISA.Channels.storedWords
      output += a.outputBlockStride
    }
    var left = a.channels &- blocks &* lanes
    let half = ISA.ChannelsHalf.lanes
    if half < lanes, left >= half {
      block(ISA.ChannelsHalf.self, a, input: input, weights: weights, output: output)
      weights += 10 &* ISA.ChannelsHalf.weightWords
      input += ISA.ChannelsHalf.storedWords
      output += ISA.ChannelsHalf.storedWords
      left &-= half
    }
    if ISA.ChannelsQuarter.lanes < half, left > 0 {
      block(ISA.ChannelsQuarter.self, a, input: input, weights: weights, output: output)
    }
  }

  /// One block of channels; output pixels are a whole vector apart, also where the block is a part of one.
  @inlinable @inline(__always)
  static func block<V: ChannelVector>(
    _: V.Type, _ a: DepthwiseArguments, input: UnsafePointer<Float>, weights: UnsafePointer<Float>,
    output: UnsafeMutablePointer<Float>
  ) {
    var acc = InlineArray<P, V>(repeating: V.load(weights))
    for row in 0..<3 {
      let line = input + row &* a.inputRowStride
      let taps = weights + (3 &* row &+ 1) &* V.weightWords
      for p in 0..<P {
        for column in 0..<3 {
          let x = V.loadActivations(line + (p &* T &+ column) &* a.inputPixelStride)
          acc[unchecked: p] = V.multiplyAdd(acc[unchecked: p], x, V.load(taps + column &* V.weightWords))
        }
      }
    }
    let stored = acc
    for p in 0..<P { stored[unchecked: p].relu6().store(output + p &* ISA.Vector.lanes) }
  }
}

@usableFromInline
enum DepthwiseRow<ISA: InstructionSet, let T: Int> {
  @inlinable @inline(__always)
  static func run(_ a: DepthwiseArguments) {
    let split = EvenSplit(a.pixels, limit: ISA.depthwiseGroup)
    for index in 0..<split.count {
      let first = split.start(index)
      let input = a.input + first &* T &* a.inputPixelStride
      let output = a.output + first &* ISA.Vector.lanes
      switch split.start(index &+ 1) &- first {
      case 1: DepthwiseGroup<ISA, 1, T>.run(a, input: input, output: output)
      case 2: DepthwiseGroup<ISA, 2, T>.run(a, input: input, output: output)
      case 3: DepthwiseGroup<ISA, 3, T>.run(a, input: input, output: output)
      case 4: DepthwiseGroup<ISA, 4, T>.run(a, input: input, output: output)
      case 5 where ISA.depthwiseGroup >= 5: DepthwiseGroup<ISA, 5, T>.run(a, input: input, output: output)
      case 6 where ISA.depthwiseGroup >= 6: DepthwiseGroup<ISA, 6, T>.run(a, input: input, output: output)
      case 7 where ISA.depthwiseGroup >= 7: DepthwiseGroup<ISA, 7, T>.run(a, input: input, output: output)
      default: break
      }
    }
  }
}

@inlinable @inline(__always)
public func depthwise<ISA: InstructionSet>(_ a: DepthwiseArguments, isa: ISA.Type) {
  if a.stride == 1 {
    DepthwiseRow<ISA, 1>.run(a)
  } else {
    DepthwiseRow<ISA, 2>.run(a)
  }
}
