/// A depthwise 3×3 convolution with ReLU6 for one row of output pixels, into the blocked layout that `pointwise` reads.
public struct DepthwiseArguments {
  /// The top left tap of the first output pixel; `[.., .., C]` with a zero border.
  public var input: UnsafePointer<Float>
  /// Floats from one input row to the next.
  public var inputRowStride: Int
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
    input: UnsafePointer<Float>, inputRowStride: Int, channels: Int, stride: Int, pixels: Int,
    weights: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, outputBlockStride: Int
  ) {
    self.input = input
    self.inputRowStride = inputRowStride
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

/// `P` neighbouring output pixels × one channel block: neighbours share input columns, which the compiler keeps in registers.
@inlinable @inline(__always)
func depthwiseGroup<ISA: InstructionSet, V: ElementwiseFloatVector, let P: Int>(
  _: InlineArray<P, Bool>, _: ISA.Type, _: V.Type, input: UnsafePointer<Float>, rowStride: Int, columnStride: Int,
  stride: Int,
  weights: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, pixelStride: Int
) {
  var acc = InlineArray<P, V>(repeating: V.load(weights))
  for row in 0..<3 {
    let line = input + row &* rowStride
    let taps = weights + (3 &* row &+ 1) &* V.lanes
    for p in 0..<P {
      for column in 0..<3 {
        let x = V.load(line + (p &* stride &+ column) &* columnStride)
        acc[unchecked: p] = V.multiplyAdd(acc[unchecked: p], x, V.load(taps + column &* V.lanes))
      }
    }
  }
  for p in 0..<P { acc[unchecked: p].relu6().store(output + p &* pixelStride) }
}

/// All channels of `P` neighbouring pixels, block after block: every input column is read as one stream.
@inlinable @inline(__always)
func depthwiseChannels<ISA: InstructionSet, let P: Int>(
  _ size: InlineArray<P, Bool>, _ isa: ISA.Type, _ a: DepthwiseArguments, stride: Int,
  input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
) {
  let lanes = ISA.Vector.lanes
  let blocks = a.channels / lanes
  var weights = a.weights
  var input = input
  var output = output
  for _ in 0..<blocks {
    depthwiseGroup(
      size, isa, ISA.Vector.self, input: input, rowStride: a.inputRowStride, columnStride: a.channels, stride: stride,
      weights: weights, output: output, pixelStride: lanes)
    weights += 10 &* lanes
    input += lanes
    output += a.outputBlockStride
  }
  if ISA.Half.lanes < lanes, blocks &* lanes < a.channels {
    depthwiseGroup(
      size, isa, ISA.Half.self, input: input, rowStride: a.inputRowStride, columnStride: a.channels, stride: stride,
      weights: weights, output: output, pixelStride: lanes)
  }
}

@inlinable @inline(__always)
func depthwiseRow<ISA: InstructionSet>(_ isa: ISA.Type, _ a: DepthwiseArguments, stride: Int) {
  let split = EvenSplit(a.pixels, limit: ISA.depthwiseGroup)
  for index in 0..<split.count {
    let first = split.start(index)
    let count = split.start(index &+ 1) &- first
    let input = a.input + first &* stride &* a.channels
    let output = a.output + first &* ISA.Vector.lanes
    switch count {
    case 1:
      depthwiseChannels(InlineArray<1, Bool>(repeating: true), isa, a, stride: stride, input: input, output: output)
    case 2:
      depthwiseChannels(InlineArray<2, Bool>(repeating: true), isa, a, stride: stride, input: input, output: output)
    case 3:
      depthwiseChannels(InlineArray<3, Bool>(repeating: true), isa, a, stride: stride, input: input, output: output)
    case 4:
      depthwiseChannels(InlineArray<4, Bool>(repeating: true), isa, a, stride: stride, input: input, output: output)
    case 5 where ISA.depthwiseGroup >= 5:
      depthwiseChannels(InlineArray<5, Bool>(repeating: true), isa, a, stride: stride, input: input, output: output)
    case 6 where ISA.depthwiseGroup >= 6:
      depthwiseChannels(InlineArray<6, Bool>(repeating: true), isa, a, stride: stride, input: input, output: output)
    case 7 where ISA.depthwiseGroup >= 7:
      depthwiseChannels(InlineArray<7, Bool>(repeating: true), isa, a, stride: stride, input: input, output: output)
    default: break
    }
  }
}

@inlinable @inline(__always)
public func depthwise<ISA: InstructionSet>(_ a: DepthwiseArguments, isa: ISA.Type) {
  // Two copies with the stride as a constant: only then are the shared columns seen.
  if a.stride == 1 {
    depthwiseRow(isa, a, stride: 1)
  } else {
    depthwiseRow(isa, a, stride: 2)
  }
}
