/// What the kernel bodies are instantiated for.
///
/// Every generic function of the bodies takes the instruction set as a parameter, even where it only needs the vector
/// type: its specialisations then carry the name of the instruction set, and the linker cannot take one that was compiled
/// with another target's flags for the same.
///
/// Activations are words of 32 bits: one float32, or two bfloat16 (`channelsPerWord`). The associated types below `Half`
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
  /// Activations as float32, channel by channel: depthwise and pooling.
  associatedtype Channels: ChannelVector = Vector
  associatedtype ChannelsHalf: ChannelVector = Half
  associatedtype ChannelsQuarter: ChannelVector = Half
  static var name: String { get }
  /// Channels of an activation that share a word.
  static var channelsPerWord: Int { get }
  /// Pixels of a register tile, at most 14: the sums of `tileRows` × 2 vectors stay in registers.
  static var tileRows: Int { get }
  /// Whether four inputs of a row are read at once and each is multiplied out of its lane: where instructions multiply by an
  /// element, and registers are enough to hold a row's inputs beside its sums.
  static var readsFourInputs: Bool { get }
  /// Neighbouring pixels of a depthwise row that are computed together, at most 7.
  static var depthwiseGroup: Int { get }
}

extension InstructionSet {
  @inlinable @inline(__always) public static var channelsPerWord: Int { 1 }
  @inlinable @inline(__always) public static var readsFourInputs: Bool { false }
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
