/// A depthwise 3×3 convolution with ReLU6 for one row of output pixels, into the blocked layout that `pointwise` reads.
public struct DepthwiseArguments {
  /// The top left tap of the first output pixel; `[.., .., C]` with a zero border.
  public var input: UnsafePointer<Float>
  /// Floats from one input row to the next.
  public var inputRowStride: Int
  /// Floats from one input pixel to the next: all channels of the feature map.
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
  /// Floats from one channel block to the next.
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

/// Depthwise weights by channel block: `[C / L][10][L]`, the bias first and then the nine taps; a last half block `[10][L / 2]`.
public enum DepthwiseLayout {
  /// - Parameters:
  ///   - kernel: `[3, 3, C]`
  ///   - destination: takes 10 × C floats.
  public static func pack(
    kernel: UnsafePointer<Float>, bias: UnsafePointer<Float>, channels: Int, lanes: Int,
    into destination: UnsafeMutablePointer<Float>
  ) {
    var channel = 0
    var target = destination
    while channel < channels {
      let width = min(lanes, channels - channel)
      target.update(from: bias + channel, count: width)
      for tap in 0..<9 { (target + (tap + 1) * width).update(from: kernel + tap * channels + channel, count: width) }
      target += 10 * width
      channel += width
    }
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
    let lanes = ISA.Vector.lanes
    let blocks = a.channels / lanes
    var weights = a.weights
    var input = input
    var output = output
    for _ in 0..<blocks {
      block(ISA.Vector.self, a, input: input, weights: weights, output: output)
      weights += 10 &* lanes
      input += lanes
      output += a.outputBlockStride
    }
    if ISA.Half.lanes < lanes, blocks &* lanes < a.channels {
      block(ISA.Half.self, a, input: input, weights: weights, output: output)
    }
  }

  /// One block of channels; output pixels are a whole vector apart, also where the block is half of one.
  @inlinable @inline(__always)
  static func block<V: ElementwiseFloatVector>(
    _: V.Type, _ a: DepthwiseArguments, input: UnsafePointer<Float>, weights: UnsafePointer<Float>,
    output: UnsafeMutablePointer<Float>
  ) {
    var acc = InlineArray<P, V>(repeating: V.load(weights))
    for row in 0..<3 {
      let line = input + row &* a.inputRowStride
      let taps = weights + (3 &* row &+ 1) &* V.lanes
      for p in 0..<P {
        for column in 0..<3 {
          let x = V.load(line + (p &* T &+ column) &* a.inputPixelStride)
          acc[unchecked: p] = V.multiplyAdd(acc[unchecked: p], x, V.load(taps + column &* V.lanes))
        }
      }
    }
    for p in 0..<P { acc[unchecked: p].relu6().store(output + p &* ISA.Vector.lanes) }
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
