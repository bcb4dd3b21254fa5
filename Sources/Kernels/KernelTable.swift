/// The kernels of one instruction set for a network of real numbers, float32 or bfloat16, and the layouts that they read.
///
/// Activations and weights are words of 32 bits, one float32 or two bfloat16; pointers to them are to `Float` in both cases.
/// Only pointers and integers cross between targets that are compiled for different instruction sets. A class, since the
/// compiler makes shared helpers to copy a large struct, in whichever target it likes, with that target's instructions.
public final class KernelTable: Sendable {
  /// `baseline`; `avx2`, `avx512`, `avx512bf16`; `neon`.
  public let name: String
  /// L: words of a block of activations, and lanes of a vector of sums.
  public let lanes: Int
  /// Channels that share a word of activations: 1 of float32, 2 of bfloat16.
  public let channelsPerWord: Int
  /// Of pointwise layers and the classifier.
  public let panels: PanelLayout
  /// Of the first layer, whose input and weights are float32.
  public let firstPanels: PanelLayout
  public let depthwiseLayout: DepthwiseLayout
  public let pointwise: @Sendable (borrowing PointwiseArguments) -> Void
  public let firstConvolution: @Sendable (borrowing FirstConvolutionArguments) -> Void
  public let depthwise: @Sendable (borrowing DepthwiseArguments) -> Void
  /// input `[pixels, C]`, pixels, C, output `[C]`
  public let averagePool: @Sendable (UnsafePointer<Float>, Int, Int, UnsafeMutablePointer<Float>) -> Void
  public let fullyConnected: @Sendable (borrowing FullyConnectedArguments) -> Void
  public let resizeRow: @Sendable (borrowing ResizeArguments) -> Void
  /// values `[paddedCount]` in place, count, paddedCount
  public let softmax: @Sendable (UnsafeMutablePointer<Float>, Int, Int) -> Void

  public init(
    name: String, lanes: Int, channelsPerWord: Int, granule: Int,
    pointwise: @escaping @Sendable (borrowing PointwiseArguments) -> Void,
    firstConvolution: @escaping @Sendable (borrowing FirstConvolutionArguments) -> Void,
    depthwise: @escaping @Sendable (borrowing DepthwiseArguments) -> Void,
    averagePool: @escaping @Sendable (UnsafePointer<Float>, Int, Int, UnsafeMutablePointer<Float>) -> Void,
    fullyConnected: @escaping @Sendable (borrowing FullyConnectedArguments) -> Void,
    resizeRow: @escaping @Sendable (borrowing ResizeArguments) -> Void,
    softmax: @escaping @Sendable (UnsafeMutablePointer<Float>, Int, Int) -> Void
  ) {
    self.name = name
    self.lanes = lanes
    self.channelsPerWord = channelsPerWord
    panels = PanelLayout(lanes: lanes, granule: granule, inputsPerWord: channelsPerWord)
    firstPanels = PanelLayout(lanes: lanes, granule: granule)
    depthwiseLayout = DepthwiseLayout(blockChannels: lanes * channelsPerWord, isPaired: channelsPerWord == 2)
    self.pointwise = pointwise
    self.firstConvolution = firstConvolution
    self.depthwise = depthwise
    self.averagePool = averagePool
    self.fullyConnected = fullyConnected
    self.resizeRow = resizeRow
    self.softmax = softmax
  }

  /// Channels of a block of activations.
  public var blockChannels: Int { lanes * channelsPerWord }
  /// Words of a pixel's channels.
  public func words(_ channels: Int) -> Int { channels / channelsPerWord }

  /// The bodies of this folder for an instruction set. Inlined into the calling target, and so compiled with its flags.
  @inlinable @inline(__always)
  public static func make<ISA: InstructionSet, let S: Int>(_ set: KernelSet<ISA, S>.Type) -> KernelTable {
    KernelTable(
      name: ISA.name, lanes: ISA.Vector.lanes, channelsPerWord: ISA.channelsPerWord, granule: ISA.Half.lanes,
      pointwise: { Kernels.pointwise(copy $0, isa: set) },
      firstConvolution: { Kernels.firstConvolution(copy $0, isa: ISA.self) },
      depthwise: { Kernels.depthwise(copy $0, isa: ISA.self) },
      averagePool: { Kernels.averagePool(input: $0, pixels: $1, channels: $2, output: $3, isa: ISA.self) },
      fullyConnected: { Kernels.fullyConnected(copy $0, isa: ISA.self) },
      resizeRow: { Kernels.resizeRow(copy $0, isa: ISA.self) },
      softmax: { Kernels.softmax(values: $0, count: $1, paddedCount: $2, isa: ISA.self) })
  }
}
