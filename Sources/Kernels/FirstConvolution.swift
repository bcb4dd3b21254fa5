/// The first layer, 3×3 at stride 2 over three channels, with ReLU6, for one row of output pixels.
public struct FirstConvolutionArguments {
  /// The top left input of the first output pixel: `[2H + 1, inputRowStride / 3, 3]`, zero border included.
  public var input: UnsafePointer<Float>
  /// Floats from one input row to the next.
  public var inputRowStride: Int
  public var pixels: Int
  public var outputChannels: Int
  /// `[27, Cout]` in panels; 27 = row, column, channel of the kernel.
  public var weights: UnsafePointer<Float>
  public var bias: UnsafePointer<Float>
  /// `[pixels, Cout]` of words, of which two channels of 16 bits share one.
  public var output: UnsafeMutablePointer<Float>

  public init(
    input: UnsafePointer<Float>, inputRowStride: Int, pixels: Int, outputChannels: Int, weights: UnsafePointer<Float>,
    bias: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
  ) {
    self.input = input
    self.inputRowStride = inputRowStride
    self.pixels = pixels
    self.outputChannels = outputChannels
    self.weights = weights
    self.bias = bias
    self.output = output
  }
}

/// The nine inputs of a kernel row lie side by side and neighbouring pixels are six floats apart: the pointwise tile over
/// three blocks of nine inputs, with no copy of the patches.
@inlinable @inline(__always)
public func firstConvolution<ISA: InstructionSet>(_ a: FirstConvolutionArguments, isa: ISA.Type) {
  let lanes = ISA.Vector.lanes
  let stride = a.outputChannels / ISA.channelsPerWord
  let split = EvenSplit(a.pixels, limit: ISA.tileRows)
  for index in 0..<split.count {
    let first = split.start(index)
    let rows = split.start(index &+ 1) &- first
    let input = TileInput(
      start: a.input + first &* 6, blocks: 3, blockCount: 9, blockStride: a.inputRowStride, tail: 0)
    var column = 0
    while column < a.outputChannels {
      let weights = a.weights + column &* 27
      let bias = a.bias + column
      let output = a.output + (first &* stride &+ column / ISA.channelsPerWord)
      let left = a.outputChannels &- column
      if left >= 2 &* lanes {
        Tiles<ISA, ISA.FirstPanels.Wide, 6>.run(rows: rows, input, weights: weights, bias: bias) {
          output + $0 &* stride
        }
        column &+= 2 &* lanes
      } else if left >= lanes {
        Tiles<ISA, ISA.FirstPanels.Whole, 6>.run(rows: rows, input, weights: weights, bias: bias) {
          output + $0 &* stride
        }
        column &+= lanes
      } else {
        Tiles<ISA, ISA.FirstPanels.Half, 6>.run(rows: rows, input, weights: weights, bias: bias) {
          output + $0 &* stride
        }
        column &+= ISA.Half.lanes
      }
    }
  }
}
