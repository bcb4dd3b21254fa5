/// Instruction sets that multiply four bytes at a time and have 64-byte vectors.
public protocol ByteInstructionSet: QuantizedInstructionSet {
  /// 64 bytes.
  associatedtype Bytes: Sendable
  static func loadBytes(_ p: UnsafePointer<UInt8>) -> Bytes
  /// Every other pixel of the eight (16 channels) or four (32 channels) at `p`.
  static func loadEveryOtherPixel(_ p: UnsafePointer<UInt8>, channels: Int) -> Bytes
  /// Words of a byte of each: word `place` of 64 holds position `16 × (lane / 4) + 4 × vector + lane % 4`, where place = 16 ×
  /// vector + lane.
  static func interleave(_ a: Bytes, _ b: Bytes, _ c: Bytes, _ d: Bytes) -> QuadSums<Self>
}

/// How a depthwise layer is cut into chunks of 64 bytes.
///
/// At stride 1 pixels and channels are one run of bytes, cut anywhere: taps are the same distance away from each. With few
/// channels a chunk holds several pixels, and after `phases` chunks the channels come round again. At stride 2 that works
/// where whole pixels fill a chunk; else a chunk is a part of one pixel.
@usableFromInline
struct ByteChunks {
  @usableFromInline let channels: Int
  @usableFromInline let stride: Int

  @inlinable @inline(__always)
  init(channels: Int, stride: Int) {
    self.channels = channels
    self.stride = stride
  }

  /// Whether chunks run across pixels.
  @inlinable @inline(__always)
  var isFlat: Bool { channels % 64 != 0 && (stride == 1 || 64 % channels == 0) }
  /// Different chunks, by the channels they hold.
  @inlinable @inline(__always)
  var phases: Int {
    guard isFlat else { return (channels &+ 63) / 64 }
    var period = channels
    while period % 64 != 0 { period &+= channels }
    return period / 64
  }

  func channel(phase: Int, position: Int) -> Int? {
    let channel = 64 * phase + position
    return isFlat ? channel % channels : channel < channels ? channel : nil
  }

  // Of each phase's weights, in words of 64 places: biases, scales, then for each kernel column the weights of an output
  // row, and of the row below it: the same, one row of inputs further down.
  @inlinable @inline(__always) static var scales: Int { 64 }
  @inlinable @inline(__always) static var taps: Int { 128 }
  /// Words of one part of the weights.
  @inlinable @inline(__always) static var part: Int { 3 &* 128 }
  @inlinable @inline(__always) static func words(parts: Int) -> Int { 128 &+ parts &* part }
}

/// One chunk of one output row, or of two (`isDouble`): four input rows then serve both.
@inlinable @inline(__always)
func byteDepthwiseChunk<ISA: ByteInstructionSet>(
  _: ISA.Type, _ a: QuantizedDepthwiseArguments, isDouble: Bool, parts: Int, gathers: Bool,
  input: UnsafePointer<UInt8>, weights: UnsafePointer<Int32>, output: UnsafeMutablePointer<UInt8>, count: Int
) {
  typealias Sums = QuadSums<ISA>
  var first = Sums.load(weights)
  var second = first
  for column in 0..<3 {
    func load(_ row: Int) -> ISA.Bytes {
      let p = input + (row &* a.inputRowStrideBytes &+ column &* a.channels)
      return gathers ? ISA.loadEveryOtherPixel(p, channels: a.channels) : ISA.loadBytes(p)
    }
    let third = load(2)
    let x = ISA.interleave(load(0), load(1), third, isDouble ? load(3) : third)
    for part in 0..<parts {
      let taps = weights + (ByteChunks.taps &+ part &* ByteChunks.part &+ column &* 128)
      first = Sums.dot(first, each: x, .load(taps))
      if isDouble { second = Sums.dot(second, each: x, .load(taps + 64)) }
    }
  }
  let scales = UnsafeRawPointer(weights + ByteChunks.scales).assumingMemoryBound(to: Float.self)
  first.store(scales: scales, a.range, to: output, count: count)
  if isDouble { second.store(scales: scales, a.range, to: output + a.pixels &* a.channels, count: count) }
}

@inlinable @inline(__always)
func byteDepthwiseRows<ISA: ByteInstructionSet>(
  _ isa: ISA.Type, _ a: QuantizedDepthwiseArguments, parts: Int, gathers: Bool
) {
  let chunks = ByteChunks(channels: a.channels, stride: a.stride)
  let phases = chunks.phases
  let isFlat = chunks.isFlat
  let steps = isFlat ? a.pixels &* a.channels / 64 / phases : a.pixels
  let outputStep = isFlat ? 64 &* phases : a.channels
  let inputStep = outputStep &* a.stride
  let output = a.output.assumingMemoryBound(to: UInt8.self)
  // The weights of a phase stay in registers and the first-level cache while all rows stream past them.
  for phase in 0..<phases {
    let weights = a.weights + phase &* ByteChunks.words(parts: parts)
    let count = isFlat ? 64 : min(64, a.channels &- 64 &* phase)
    var row = 0
    while row < a.rows {
      let isDouble = a.stride == 1 && row &+ 1 < a.rows
      var input = a.input + (row &* a.stride &* a.inputRowStrideBytes &+ 64 &* phase &* (isFlat ? a.stride : 1))
      var target = output + (row &* a.pixels &* a.channels &+ 64 &* phase)
      if isDouble {
        for _ in 0..<steps {
          byteDepthwiseChunk(
            isa, a, isDouble: true, parts: parts, gathers: false, input: input, weights: weights, output: target,
            count: 64)
          input += inputStep
          target += outputStep
        }
      } else {
        for _ in 0..<steps {
          byteDepthwiseChunk(
            isa, a, isDouble: false, parts: parts, gathers: gathers, input: input, weights: weights,
            output: target, count: count)
          input += inputStep
          target += outputStep
        }
      }
      row &+= isDouble ? 2 : 1
    }
  }
}

/// Depthwise rows by products of four bytes: three kernel rows and one to spare, which serves the row below.
/// Writes bytes.
@inlinable @inline(__always)
public func byteDepthwise<ISA: ByteInstructionSet>(_ a: QuantizedDepthwiseArguments, isa: ISA.Type) {
  let gathers = a.stride == 2 && ByteChunks(channels: a.channels, stride: a.stride).isFlat
  if a.parts > 1 {
    if gathers {
      byteDepthwiseRows(isa, a, parts: a.parts, gathers: true)
    } else {
      byteDepthwiseRows(isa, a, parts: a.parts, gathers: false)
    }
  } else if gathers {
    byteDepthwiseRows(isa, a, parts: 1, gathers: true)
  } else {
    byteDepthwiseRows(isa, a, parts: 1, gathers: false)
  }
}
