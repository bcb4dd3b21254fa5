import CCPU

/// The register tile: `G + H` pixels × one panel of output channels, accumulated over all inputs in registers.
///
/// Two groups of rows because the compiler unrolls loops of up to eight vectors into registers; a tile of fourteen rows
/// in one loop would live in memory.
///
/// - ISA: only names the instance: two instruction sets must never share code (`InstructionSet`).
/// - V: the panel; its lanes are the output channels computed at once.
/// - S: floats between the inputs of neighbouring pixels, a constant so that every row is addressed from one register.
@usableFromInline
enum Tile<ISA: InstructionSet, V: FloatVector, let G: Int, let H: Int, let S: Int> {
  /// `acc[r] += Σ_k input[r × S + k] × weights[k]` over `count` inputs.
  @inlinable @inline(__always)
  static func accumulate(
    _ group0: inout InlineArray<G, V>, _ group1: inout InlineArray<H, V>, _ input: UnsafePointer<Float>, count: Int,
    _ weights: inout UnsafePointer<Float>
  ) {
    let quads = ISA.readsFourInputs ? count / 4 : 0
    for quad in 0..<quads {
      let line = input + 4 &* quad
      var inputs0 = InlineArray<G, SIMD4<Float>>(repeating: SIMD4(repeating: 0))
      var inputs1 = InlineArray<H, SIMD4<Float>>(repeating: SIMD4(repeating: 0))
      for r in 0..<G { inputs0[unchecked: r] = SIMD4.load(line + r &* S) }
      for r in 0..<H { inputs1[unchecked: r] = SIMD4.load(line + (r &+ G) &* S) }
      // One after the other: lanes must be constants.
      multiply(&group0, &group1, inputs0, inputs1, lane: 0, &weights)
      multiply(&group0, &group1, inputs0, inputs1, lane: 1, &weights)
      multiply(&group0, &group1, inputs0, inputs1, lane: 2, &weights)
      multiply(&group0, &group1, inputs0, inputs1, lane: 3, &weights)
    }
    for k in 4 &* quads..<count {
      let w = V.load(weights)
      weights += V.lanes
      for r in 0..<G {
        group0[unchecked: r] = V.multiplyAdd(group0[unchecked: r], V.splat(input[r &* S &+ k]), w)
      }
      for r in 0..<H {
        group1[unchecked: r] = V.multiplyAdd(group1[unchecked: r], V.splat(input[(r &+ G) &* S &+ k]), w)
      }
    }
  }

  /// One of four inputs of each row times its weights.
  @inlinable @inline(__always)
  static func multiply(
    _ group0: inout InlineArray<G, V>, _ group1: inout InlineArray<H, V>, _ inputs0: InlineArray<G, SIMD4<Float>>,
    _ inputs1: InlineArray<H, SIMD4<Float>>, lane: Int, _ weights: inout UnsafePointer<Float>
  ) {
    let w = V.load(weights)
    weights += V.lanes
    for r in 0..<G {
      group0[unchecked: r] = V.multiplyAdd(group0[unchecked: r], V.splat(inputs0[unchecked: r][lane]), w)
    }
    for r in 0..<H {
      group1[unchecked: r] = V.multiplyAdd(group1[unchecked: r], V.splat(inputs1[unchecked: r][lane]), w)
    }
  }

  /// `acc[r] += Σ_k input[r × S + k] × weights[k]` over all inputs.
  @inlinable @inline(__always)
  static func accumulate(
    _ group0: inout InlineArray<G, V>, _ group1: inout InlineArray<H, V>, _ input: TileInput,
    _ weights: UnsafePointer<Float>, isFetching: Bool
  ) {
    var block = input.start
    var weights = weights
    for _ in 0..<input.blocks {
      if isFetching {
        let next = block + 2 &* input.blockStride
        for line in 0..<((G &+ H) &* S &+ 15) / 16 { mobilecam_prefetch_read(next + 16 &* line) }
      }
      // A constant where a block is one read of four: loops around so few instructions cost a fifth of the time.
      let count = ISA.readsFourInputs && S == 4 ? 4 : input.blockCount
      accumulate(&group0, &group1, block, count: count, &weights)
      block += input.blockStride
    }
    if input.tail > 0 { accumulate(&group0, &group1, block, count: input.tail, &weights) }
  }

  /// Adds the bias to the sums of products, applies ReLU6 and stores row `r` at `output(r)`.
  @inlinable @inline(__always)
  static func run(
    _ input: TileInput, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>,
    output: (Int) -> UnsafeMutablePointer<Float>
  ) {
    // The sums take hundreds of cycles: time enough to fetch the lines that they will be written to.
    for r in 0..<G { prefetch(output(r)) }
    for r in 0..<H { prefetch(output(r &+ G)) }
    let start = V.load(bias)
    var group0 = InlineArray<G, V>(repeating: start)
    var group1 = InlineArray<H, V>(repeating: start)
    // Two loops: the question inside costs what fetching gains. The first layer's rows (S = 6) need none.
    if ISA.fetchesBlocks, S >= 8, input.isFar {
      accumulate(&group0, &group1, input, weights, isFetching: true)
    } else {
      accumulate(&group0, &group1, input, weights, isFetching: false)
    }
    // Copies: where these loops are not unrolled their arrays live in memory, and the sums must not while they are summed up.
    let (stored0, stored1) = (group0, group1)
    for r in 0..<G { stored0[unchecked: r].relu6().store(output(r)) }
    for r in 0..<H { stored1[unchecked: r].relu6().store(output(r &+ G)) }
  }
}

@inlinable @inline(__always)
func prefetch(_ output: UnsafeMutablePointer<Float>) { mobilecam_prefetch_write(output) }

/// The inputs of a tile: `blocks` runs of `blockCount` floats, `blockStride` apart, and `tail` floats of one more run.
@frozen @usableFromInline
struct TileInput {
  @usableFromInline var start: UnsafePointer<Float>
  @usableFromInline var blocks: Int
  @usableFromInline var blockCount: Int
  @usableFromInline var blockStride: Int
  @usableFromInline var tail: Int

  @inlinable @inline(__always)
  init(start: UnsafePointer<Float>, blocks: Int, blockCount: Int, blockStride: Int, tail: Int) {
    self.start = start
    self.blocks = blocks
    self.blockCount = blockCount
    self.blockStride = blockStride
    self.tail = tail
  }

  /// The blocks span more than first-level caches hold.
  @inlinable @inline(__always)
  var isFar: Bool { blocks &* blockStride > 16_384 }
}

/// Tiles of every height up to the instruction set's `tileRows`; code for taller ones is not made.
@usableFromInline
enum Tiles<ISA: InstructionSet, V: FloatVector, let S: Int> {
  @inlinable @inline(__always)
  static func run(
    rows: Int, _ input: TileInput, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>,
    output: (Int) -> UnsafeMutablePointer<Float>
  ) {
    switch rows {
    case 1: Tile<ISA, V, 1, 0, S>.run(input, weights: weights, bias: bias, output: output)
    case 2: Tile<ISA, V, 2, 0, S>.run(input, weights: weights, bias: bias, output: output)
    case 3: Tile<ISA, V, 3, 0, S>.run(input, weights: weights, bias: bias, output: output)
    case 4: Tile<ISA, V, 4, 0, S>.run(input, weights: weights, bias: bias, output: output)
    case 5 where ISA.tileRows >= 5: Tile<ISA, V, 5, 0, S>.run(input, weights: weights, bias: bias, output: output)
    case 6 where ISA.tileRows >= 6: Tile<ISA, V, 6, 0, S>.run(input, weights: weights, bias: bias, output: output)
    case 7 where ISA.tileRows >= 7: Tile<ISA, V, 7, 0, S>.run(input, weights: weights, bias: bias, output: output)
    case 8 where ISA.tileRows >= 8: Tile<ISA, V, 8, 0, S>.run(input, weights: weights, bias: bias, output: output)
    case 9 where ISA.tileRows >= 9: Tile<ISA, V, 5, 4, S>.run(input, weights: weights, bias: bias, output: output)
    case 10 where ISA.tileRows >= 10: Tile<ISA, V, 5, 5, S>.run(input, weights: weights, bias: bias, output: output)
    case 11 where ISA.tileRows >= 11: Tile<ISA, V, 6, 5, S>.run(input, weights: weights, bias: bias, output: output)
    case 12 where ISA.tileRows >= 12: Tile<ISA, V, 6, 6, S>.run(input, weights: weights, bias: bias, output: output)
    case 13 where ISA.tileRows >= 13: Tile<ISA, V, 7, 6, S>.run(input, weights: weights, bias: bias, output: output)
    case 14 where ISA.tileRows >= 14: Tile<ISA, V, 7, 7, S>.run(input, weights: weights, bias: bias, output: output)
    default: break
    }
  }
}

/// Splits `total` into the fewest pieces of at most `limit`, as even as can be: no thin tile is left over at the end.
@frozen @usableFromInline
struct EvenSplit {
  @usableFromInline let count: Int
  @usableFromInline let base: Int
  @usableFromInline let longer: Int

  @inlinable @inline(__always)
  init(_ total: Int, limit: Int) {
    count = (total &+ limit &- 1) / limit
    base = count == 0 ? 0 : total / count
    longer = total &- base &* count
  }

  /// Start of piece `index`; piece `count` starts at the end.
  @inlinable @inline(__always)
  func start(_ index: Int) -> Int { index &* base &+ min(index, longer) }
}
