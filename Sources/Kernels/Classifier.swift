/// Mean over all pixels: `[pixels, C]` → `[C]`; both in words, of which two channels of 16 bits share one, in the output in
/// the order of `PairOrder`.
@inlinable @inline(__always)
public func averagePool<ISA: InstructionSet>(
  input: UnsafePointer<Float>, pixels: Int, channels: Int, output: UnsafeMutablePointer<Float>,
  isa: ISA.Type
) {
  var channel = 0
  while channel &+ ISA.PooledChannels.lanes <= channels {
    mean(isa, ISA.PooledChannels.self, input: input, pixels: pixels, channels: channels, at: channel, output: output)
    channel &+= ISA.PooledChannels.lanes
  }
  while channel &+ ISA.ChannelsHalf.lanes <= channels {
    mean(isa, ISA.ChannelsHalf.self, input: input, pixels: pixels, channels: channels, at: channel, output: output)
    channel &+= ISA.ChannelsHalf.lanes
  }
  guard ISA.ChannelsQuarter.lanes < ISA.ChannelsHalf.lanes else { return }
  while channel < channels {
    mean(isa, ISA.ChannelsQuarter.self, input: input, pixels: pixels, channels: channels, at: channel, output: output)
    channel &+= ISA.ChannelsQuarter.lanes
  }
}

@inlinable @inline(__always)
func mean<ISA: InstructionSet, V: ChannelVector>(
  _: ISA.Type, _: V.Type, input: UnsafePointer<Float>, pixels: Int, channels: Int, at channel: Int,
  output: UnsafeMutablePointer<Float>
) {
  let stride = channels / ISA.channelsPerWord
  let input = input + channel / ISA.channelsPerWord
  var even = V.repeating(0)
  var odd = V.repeating(0)
  var pixel = 0
  while pixel &+ 1 < pixels {
    even = V.add(even, V.loadActivations(input + pixel &* stride))
    odd = V.add(odd, V.loadActivations(input + (pixel &+ 1) &* stride))
    pixel &+= 2
  }
  if pixel < pixels { even = V.add(even, V.loadActivations(input + pixel &* stride)) }
  V.multiply(V.add(even, odd), V.repeating(1 / Float(pixels))).store(output + channel / ISA.channelsPerWord)
}

/// Fully connected layer: `[K]` → some of the `columns` outputs; weights in panels, outputs padded to whole granules. Inputs
/// are words, of which two of 16 bits share one in the order of `PairOrder`; outputs are float32.
public struct FullyConnectedArguments {
  public var input: UnsafePointer<Float>
  /// A multiple of four words.
  public var inputChannels: Int
  /// Output classes to compute, from a panel's start to a panel's start or the padded end.
  public var columns: Range<Int>
  public var weights: UnsafePointer<Float>
  public var bias: UnsafePointer<Float>
  public var output: UnsafeMutablePointer<Float>

  public init(
    input: UnsafePointer<Float>, inputChannels: Int, columns: Range<Int>, weights: UnsafePointer<Float>,
    bias: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
  ) {
    self.input = input
    self.inputChannels = inputChannels
    self.columns = columns
    self.weights = weights
    self.bias = bias
    self.output = output
  }
}

@inlinable @inline(__always)
public func fullyConnected<ISA: InstructionSet>(
  _ a: FullyConnectedArguments, isa: ISA.Type
) {
  let words = a.inputChannels / ISA.channelsPerWord
  let lanes = ISA.ClassSums.lanes
  var column = a.columns.lowerBound
  while column < a.columns.upperBound {
    let left = a.columns.upperBound &- column
    let weights = a.weights + column &* words
    if left >= 2 &* lanes {
      // Two vectors side by side, as two passes over one panel would read each line of it twice.
      dotPair(isa, ISA.ClassSums.self, a, words: words, weights: weights, column: column)
      column &+= 2 &* lanes
    } else if left >= lanes {
      dot(isa, ISA.ClassSums.self, a, words: words, weights: weights, column: column)
      column &+= lanes
    } else {
      dot(isa, ISA.ClassHalf.self, a, words: words, weights: weights, column: column)
      column &+= ISA.ClassHalf.lanes
    }
  }
}

/// Four sums at once, so that the latency of one multiply-add does not set the pace.
@inlinable @inline(__always)
func dotPair<ISA: InstructionSet, V: SumVector>(
  _ isa: ISA.Type, _: V.Type, _ a: FullyConnectedArguments, words: Int, weights: UnsafePointer<Float>, column: Int
) {
  let lanes = V.lanes
  var low = InlineArray<4, V>(repeating: V.repeating(0))
  var high = InlineArray<4, V>(repeating: V.repeating(0))
  var weights = weights
  var k = 0
  while k < words {
    let inputs = fourInputs(isa, a.input + k)
    for j in 0..<4 {
      let x = V.splat(ISA.readsFourInputs ? inputs[j] : a.input[k &+ j])
      low[unchecked: j] = V.multiplyAdd(low[unchecked: j], x, V.load(weights + 2 &* j &* lanes))
      high[unchecked: j] = V.multiplyAdd(high[unchecked: j], x, V.load(weights + (2 &* j &+ 1) &* lanes))
    }
    weights += 8 &* lanes
    k &+= 4
  }
  addUp(isa, low, to: a, column: column)
  addUp(isa, high, to: a, column: column &+ lanes)
}

@inlinable @inline(__always)
func dot<ISA: InstructionSet, V: SumVector>(
  _ isa: ISA.Type, _: V.Type, _ a: FullyConnectedArguments, words: Int, weights: UnsafePointer<Float>, column: Int
) {
  var sums = InlineArray<4, V>(repeating: V.repeating(0))
  var weights = weights
  var k = 0
  while k < words {
    let inputs = fourInputs(isa, a.input + k)
    for j in 0..<4 {
      let x = V.splat(ISA.readsFourInputs ? inputs[j] : a.input[k &+ j])
      sums[unchecked: j] = V.multiplyAdd(sums[unchecked: j], x, V.load(weights + j &* V.lanes))
    }
    weights += 4 &* V.lanes
    k &+= 4
  }
  addUp(isa, sums, to: a, column: column)
}

/// Four inputs in a register, where the instruction set multiplies by an element of one.
@inlinable @inline(__always)
func fourInputs<ISA: InstructionSet>(_: ISA.Type, _ p: UnsafePointer<Float>) -> SIMD4<Float> {
  ISA.readsFourInputs ? SIMD4.load(p) : SIMD4(repeating: 0)
}

@inlinable @inline(__always)
func addUp<ISA: InstructionSet, V: SumVector>(
  _: ISA.Type, _ sums: InlineArray<4, V>, to a: FullyConnectedArguments, column: Int
) {
  let sum = V.add(
    V.add(sums[unchecked: 0], sums[unchecked: 1]), V.add(sums[unchecked: 2], sums[unchecked: 3]))
  V.add(sum, V.load(a.bias + column)).store(a.output + column)
}

/// Softmax in place over `count` values; the rest of the last vector, up to `paddedCount`, is overwritten with zeros.
@inlinable @inline(__always)
public func softmax<ISA: InstructionSet>(
  values: UnsafeMutablePointer<Float>, count: Int, paddedCount: Int, isa: ISA.Type
) {
  for index in count..<paddedCount { values[index] = -.infinity }
  typealias Half = ISA.Half  // divides every padded count
  var top = Half.repeating(-.infinity)
  var index = 0
  while index < paddedCount {
    top = Half.maximum(top, Half.load(values + index))
    index &+= Half.lanes
  }
  let largest = fold(isa, top) { $0 < $1 ? $1 : $0 }
  var sum = Half.repeating(0)
  index = 0
  while index < paddedCount {
    let e = exponential(isa, Half.subtract(Half.load(values + index), Half.repeating(largest)))
    e.store(values + index)
    sum = Half.add(sum, e)
    index &+= Half.lanes
  }
  for index in count..<paddedCount { values[index] = 0 }
  let scale = Half.repeating(1 / fold(isa, sum) { $0 + $1 })
  index = 0
  while index < paddedCount {
    Half.multiply(Half.load(values + index), scale).store(values + index)
    index &+= Half.lanes
  }
}

@inlinable @inline(__always)
func fold<ISA: InstructionSet, V: FloatVector>(_: ISA.Type, _ vector: V, _ combine: (Float, Float) -> Float) -> Float {
  withUnsafePointer(to: vector) { pointer in
    let lanes = UnsafeRawPointer(pointer).assumingMemoryBound(to: Float.self)
    var result = lanes[0]
    for lane in 1..<V.lanes { result = combine(result, lanes[lane]) }
    return result
  }
}

/// e^x for x ≤ 0 with a relative error below 2⁻²²: x = n ln 2 + r, the Taylor polynomial of e^r to degree 6 on |r| ≤ ln 2 / 2,
/// times 2^n. Below −87 (where e^x leaves the normal floats) the result stays at e^−87.
@inlinable @inline(__always)
func exponential<ISA: InstructionSet, V: ElementwiseFloatVector>(_: ISA.Type, _ x: V) -> V {
  let x = V.maximum(x, V.repeating(-87))
  let magic = V.repeating(12_582_912)  // 1.5 × 2²³: adding it rounds to an integer in the low bits
  let shifted = V.multiplyAdd(magic, x, V.repeating(1.442_695_04))
  let n = V.subtract(shifted, magic)
  var r = V.multiplyAdd(x, n, V.repeating(-0.693_359_375))
  r = V.multiplyAdd(r, n, V.repeating(2.121_944_4e-4))
  var p = V.repeating(1 / 720)
  p = V.multiplyAdd(V.repeating(1 / 120), p, r)
  p = V.multiplyAdd(V.repeating(1 / 24), p, r)
  p = V.multiplyAdd(V.repeating(1 / 6), p, r)
  p = V.multiplyAdd(V.repeating(0.5), p, r)
  p = V.multiplyAdd(V.repeating(1), p, r)
  p = V.multiplyAdd(V.repeating(1), p, r)
  return V.scale(p, byPowerIn: shifted)
}
