/// The kernels of one instruction set for a network of real numbers, and the layouts that they read.
///
/// Activations and weights are words of 32 bits, one float32 or two numbers of 16 bits; pointers to them are to `Float` in
/// both cases.
/// Only pointers and integers cross between targets that are compiled for different instruction sets. A class, since the
/// compiler makes shared helpers to copy a large struct, in whichever target it likes, with that target's instructions.
public final class KernelTable: Sendable {
  /// `baseline`; `avx2`, `avx512`, `avx512bf16`; `neon`, `neonbf16`, `neonfp16`.
  public let name: String
  /// L: words of a block of activations, and lanes of a vector of float32 sums.
  public let lanes: Int
  /// Of activations.
  public let format: WordFormat
  /// In which depthwise layers and the pool write two channels to a word.
  public let order: PairOrder
  /// Of pointwise layers.
  public let panels: PanelLayout
  /// Of the classifier.
  public let classPanels: PanelLayout
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
    name: String, lanes: Int, format: WordFormat, order: PairOrder, granule: Int, inputsAbreast: Int,
    depthwiseStorage: WordFormat,
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
    self.format = format
    self.order = order
    panels = PanelLayout(
      lanes: lanes, granule: granule, format: format, inputsAbreast: inputsAbreast, order: order)
    classPanels = PanelLayout(
      lanes: lanes, granule: granule, format: format, inputsAbreast: format.channelsPerWord, order: order)
    firstPanels = PanelLayout(lanes: lanes, granule: granule)
    depthwiseLayout = DepthwiseLayout(
      blockChannels: lanes * format.channelsPerWord, format: format, storage: depthwiseStorage, order: order)
    self.pointwise = pointwise
    self.firstConvolution = firstConvolution
    self.depthwise = depthwise
    self.averagePool = averagePool
    self.fullyConnected = fullyConnected
    self.resizeRow = resizeRow
    self.softmax = softmax
  }

  /// Channels that share a word of activations.
  public var channelsPerWord: Int { format.channelsPerWord }
  /// Channels of a block of activations.
  public var blockChannels: Int { lanes * channelsPerWord }
  /// Words of a pixel's channels.
  public func words(_ channels: Int) -> Int { channels / channelsPerWord }

  /// The bodies of this folder for an instruction set. Inlined into the calling target, and so compiled with its flags.
  @inlinable @inline(__always)
  public static func make<ISA: InstructionSet, let S: Int>(_ set: KernelSet<ISA, S>.Type) -> KernelTable {
    make(ISA.self) { Kernels.pointwise(copy $0, isa: set) }
  }

  /// The same, where the set's instructions multiply in another shape than a vector by a number: with its own pointwise layers.
  @inlinable @inline(__always)
  public static func make<ISA: InstructionSet>(
    _: ISA.Type, pointwise: @escaping @Sendable (borrowing PointwiseArguments) -> Void
  ) -> KernelTable {
    KernelTable(
      name: ISA.name, lanes: ISA.Vector.lanes, format: ISA.format, order: ISA.pairOrder, granule: ISA.Half.lanes,
      inputsAbreast: ISA.inputsAbreast, depthwiseStorage: ISA.depthwiseStorage,
      pointwise: pointwise,
      firstConvolution: { Kernels.firstConvolution(copy $0, isa: ISA.self) },
      depthwise: { Kernels.depthwise(copy $0, isa: ISA.self) },
      averagePool: { Kernels.averagePool(input: $0, pixels: $1, channels: $2, output: $3, isa: ISA.self) },
      fullyConnected: { Kernels.fullyConnected(copy $0, isa: ISA.self) },
      resizeRow: { Kernels.resizeRow(copy $0, isa: ISA.self) },
      softmax: { Kernels.softmax(values: $0, count: $1, paddedCount: $2, isa: ISA.self) })
  }
}
