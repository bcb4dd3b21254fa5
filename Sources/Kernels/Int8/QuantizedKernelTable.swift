/// The 8-bit kernels of one instruction set, and the layouts that they read. A class for the same reason as `KernelTable`.
public final class QuantizedKernelTable: Sendable {
  /// `baseline`; `avx2`, `avxvnni`, `avx512`, `avx512vnni`; `neon`, `sdot`, `i8mm`.
  public let name: String
  /// Bytes of an input of `convolution` and `fullyConnected`: 1 where bytes are multiplied, 2 where 16-bit integers are.
  public let elementBytes: Int
  public let panels: QuantizedPanelLayout
  public let depthwiseLayout: QuantizedDepthwiseLayout
  public let convolution: @Sendable (borrowing QuantizedConvolutionArguments) -> Void
  public let depthwise: @Sendable (borrowing QuantizedDepthwiseArguments) -> Void
  public let pool: @Sendable (borrowing QuantizedPoolArguments) -> Void
  public let fullyConnected: @Sendable (borrowing QuantizedFullyConnectedArguments) -> Void
  public let byteSums: @Sendable (borrowing ByteSumsArguments) -> Void

  public init(
    name: String, elementBytes: Int, panels: QuantizedPanelLayout, depthwiseLayout: QuantizedDepthwiseLayout,
    convolution: @escaping @Sendable (borrowing QuantizedConvolutionArguments) -> Void,
    depthwise: @escaping @Sendable (borrowing QuantizedDepthwiseArguments) -> Void,
    pool: @escaping @Sendable (borrowing QuantizedPoolArguments) -> Void,
    fullyConnected: @escaping @Sendable (borrowing QuantizedFullyConnectedArguments) -> Void,
    byteSums: @escaping @Sendable (borrowing ByteSumsArguments) -> Void
  ) {
    self.name = name
    self.elementBytes = elementBytes
    self.panels = panels
    self.depthwiseLayout = depthwiseLayout
    self.convolution = convolution
    self.depthwise = depthwise
    self.pool = pool
    self.fullyConnected = fullyConnected
    self.byteSums = byteSums
  }

  /// The bodies of this folder, with depthwise products of 16-bit integers. Inlined into the calling target, and
  /// so compiled with its flags.
  @inlinable @inline(__always)
  public static func make<ISA: QuantizedInstructionSet>(_ isa: ISA.Type) -> QuantizedKernelTable {
    make(isa, .words) { Kernels.wordDepthwise(copy $0, isa: ISA.self) }
  }

  /// The same for a set that multiplies two taps at once.
  @inlinable @inline(__always)
  public static func makePairs<ISA: TapPairInstructionSet>(_ isa: ISA.Type) -> QuantizedKernelTable {
    make(isa, .pairs) { Kernels.tapPairDepthwise(copy $0, isa: ISA.self) }
  }

  /// The same for a set with depthwise products of bytes.
  @inlinable @inline(__always)
  public static func makeBytes<ISA: ByteInstructionSet>(_ isa: ISA.Type) -> QuantizedKernelTable {
    make(isa, .bytes) { Kernels.byteDepthwise(copy $0, isa: ISA.self) }
  }

  @inlinable @inline(__always)
  static func make<ISA: QuantizedInstructionSet>(
    _: ISA.Type, _ products: QuantizedDepthwiseLayout.Products,
    depthwise: @escaping @Sendable (borrowing QuantizedDepthwiseArguments) -> Void
  ) -> QuantizedKernelTable {
    QuantizedKernelTable(
      name: ISA.name, elementBytes: 4 / ISA.valuesPerWord,
      panels: QuantizedPanelLayout(
        lanes: ISA.lanes, valuesPerWord: ISA.valuesPerWord, isWide: ISA.hasWidePanels, isOrdered: ISA.isOrdered,
        isSigned: ISA.isSigned),
      depthwiseLayout: QuantizedDepthwiseLayout(products),
      convolution: { Kernels.quantizedConvolution(copy $0, isa: ISA.self) },
      depthwise: depthwise,
      pool: { Kernels.quantizedPool(copy $0, isa: ISA.self) },
      fullyConnected: { Kernels.quantizedFullyConnected(copy $0, isa: ISA.self) },
      byteSums: { Kernels.byteSums(copy $0, isa: ISA.self) })
  }
}
