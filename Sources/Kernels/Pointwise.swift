/// A pointwise convolution with ReLU6 over some pixels and some output channels.
///
/// The input is blocked by channels: `[Cin / L][inputBlockStride / L][L]`, L = lanes of the instruction set's vector, so
/// that a tile reads whole cache lines whatever Cin is; all in words, of which two channels of 16 bits share one. Weights are
/// packed in panels (`PanelLayout`). The output is `[pixels, Cout]` with each pixel where `outputOffsets` says, so that
/// borders cost nothing.
public struct PointwiseArguments {
  public var input: UnsafePointer<Float>
  /// Words from one channel block to the next.
  public var inputBlockStride: Int
  public var inputChannels: Int
  /// Pixels of `input` and `outputOffsets` to work on.
  public var pixels: Range<Int>
  /// Output channels; both bounds lie on panel starts, or at the end.
  public var columns: Range<Int>
  public var weights: UnsafePointer<Float>
  /// `[Cout]`
  public var bias: UnsafePointer<Float>
  public var output: UnsafeMutablePointer<Float>
  /// Words from `output` to each pixel's channel 0.
  public var outputOffsets: UnsafePointer<Int32>

  public init(
    input: UnsafePointer<Float>, inputBlockStride: Int, inputChannels: Int, pixels: Range<Int>, columns: Range<Int>,
    weights: UnsafePointer<Float>, bias: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>,
    outputOffsets: UnsafePointer<Int32>
  ) {
    self.input = input
    self.inputBlockStride = inputBlockStride
    self.inputChannels = inputChannels
    self.pixels = pixels
    self.columns = columns
    self.weights = weights
    self.bias = bias
    self.output = output
    self.outputOffsets = outputOffsets
  }
}

@inlinable @inline(__always)
public func pointwise<ISA: InstructionSet, let S: Int>(_ a: PointwiseArguments, isa: KernelSet<ISA, S>.Type) {
  let lanes = ISA.Vector.lanes
  let inputWords = a.inputChannels / ISA.channelsPerWord
  let blocks = inputWords / lanes
  let tail = inputWords &- blocks &* lanes
  let split = EvenSplit(a.pixels.count, limit: ISA.tileRows)
  var column = a.columns.lowerBound
  // The panel is the outer loop: it stays in the first-level cache while the pixels stream past it.
  while column < a.columns.upperBound {
    let weights = a.weights + column &* inputWords
    let bias = a.bias + column
    let output = a.output + column / ISA.channelsPerWord
    let left = a.columns.upperBound &- column
    for index in 0..<split.count {
      let first = a.pixels.lowerBound &+ split.start(index)
      let rows = a.pixels.lowerBound &+ split.start(index &+ 1) &- first
      let input = TileInput(
        start: a.input + first &* lanes, blocks: blocks, blockCount: lanes, blockStride: a.inputBlockStride, tail: tail)
      let offsets = a.outputOffsets + first
      if left >= 2 &* lanes {
        Tiles<ISA, ISA.PointwisePanels.Wide, S>.run(rows: rows, input, weights: weights, bias: bias) {
          output + Int(offsets[$0])
        }
      } else if left >= lanes {
        Tiles<ISA, ISA.PointwisePanels.Whole, S>.run(rows: rows, input, weights: weights, bias: bias) {
          output + Int(offsets[$0])
        }
      } else if ISA.Half.lanes < lanes {
        // Half a vector: the input blocks are still `lanes` wide.
        Tiles<ISA, ISA.PointwisePanels.Half, S>.run(rows: rows, input, weights: weights, bias: bias) {
          output + Int(offsets[$0])
        }
      }
    }
    column &+= left >= 2 &* lanes ? 2 &* lanes : left >= lanes ? lanes : ISA.Half.lanes
  }
}
