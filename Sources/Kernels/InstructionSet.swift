/// What the kernel bodies are instantiated for.
///
/// Every generic function of the bodies takes the instruction set as a parameter, even where it only needs the vector
/// type: its specialisations then carry the name of the instruction set, and the linker cannot take one that was compiled
/// with another target's flags for the same.
///
/// Activations are words of 32 bits: one float32, or two numbers of 16 bits (`WordFormat`). The associated types below `Half`
/// are how a set reads and writes them; for float32 they are the vectors themselves.
public protocol InstructionSet: Sendable {
  associatedtype Vector: ElementwiseFloatVector
  /// Half a vector, for channel counts that are not a multiple of a whole one; the vector itself where none is needed.
  associatedtype Half: ElementwiseFloatVector
  /// The sums of a pointwise layer: of products of words.
  associatedtype PointwisePanels: Panels = FloatPanels<Vector, Half>
  /// The sums of the first layer, whose input is float32.
  associatedtype FirstPanels: Panels = FloatPanels<Vector, Half>
  /// The sums of the classifier, of products of words; stored as float32.
  associatedtype ClassSums: SumVector = Vector
  associatedtype ClassHalf: SumVector = Half
  /// Activations channel by channel, as float32 or as they are: depthwise.
  associatedtype Channels: ChannelVector = Vector
  associatedtype ChannelsHalf: ChannelVector = Half
  associatedtype ChannelsQuarter: ChannelVector = Half
  /// As many channels as `Channels` has, in float32, which sums of up to a hundred of them need: pooling.
  associatedtype PooledChannels: ChannelVector = Channels
  static var name: String { get }
  /// Of activations.
  static var format: WordFormat { get }
  /// In which depthwise layers and the pool write two channels to a word.
  static var pairOrder: PairOrder { get }
  /// Inputs of a column that lie side by side in a pointwise layer's weights (`PanelLayout`).
  static var inputsAbreast: Int { get }
  /// What depthwise weights are held as (`DepthwiseLayout`).
  static var depthwiseStorage: WordFormat { get }
  /// Pixels of a register tile, at most 14: the sums of `tileRows` × 2 vectors stay in registers.
  static var tileRows: Int { get }
  /// Whether a tile asks for the next blocks of its inputs ahead: they are pages apart, which no machine foresees.
  static var fetchesBlocks: Bool { get }
  /// Whether four inputs of a row are read at once and each is multiplied out of its lane: where instructions multiply by an
  /// element, and registers are enough to hold a row's inputs beside its sums.
  static var readsFourInputs: Bool { get }
  /// Neighbouring pixels of a depthwise row that are computed together, at most 7.
  static var depthwiseGroup: Int { get }
}

extension InstructionSet {
  @inlinable @inline(__always) public static var format: WordFormat { .float32 }
  /// Channels of an activation that share a word.
  @inlinable @inline(__always) public static var channelsPerWord: Int { format.channelsPerWord }
  @inlinable @inline(__always) public static var pairOrder: PairOrder { .natural }
  @inlinable @inline(__always) public static var inputsAbreast: Int { channelsPerWord }
  @inlinable @inline(__always) public static var depthwiseStorage: WordFormat { .float32 }
  @inlinable @inline(__always) public static var readsFourInputs: Bool { false }
  @inlinable @inline(__always) public static var fetchesBlocks: Bool { false }
}

/// What a register tile computes of one pixel: two vectors of output channels, one, or half of one (`PanelLayout`).
public protocol Panels {
  associatedtype Wide: FloatVector
  associatedtype Whole: FloatVector
  associatedtype Half: FloatVector
}

public enum FloatPanels<V: FloatVector, H: FloatVector>: Panels {
  public typealias Wide = Pair<V>
  public typealias Whole = V
  public typealias Half = H
}

/// An instruction set with S, its vector's lanes, as a constant: the distance of pixels in the blocked layout.
public enum KernelSet<ISA: InstructionSet, let S: Int> {}
