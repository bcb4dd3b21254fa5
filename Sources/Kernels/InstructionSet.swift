/// What the kernel bodies are instantiated for.
///
/// Every generic function of the bodies takes the instruction set as a parameter, even where it only needs the vector
/// type: its specialisations then carry the name of the instruction set, and the linker cannot take one that was compiled
/// with another target's flags for the same.
public protocol InstructionSet: Sendable {
  associatedtype Vector: ElementwiseFloatVector
  /// Half a vector, for channel counts that are not a multiple of a whole one; the vector itself where none is needed.
  associatedtype Half: ElementwiseFloatVector
  static var name: String { get }
  /// Pixels of a register tile, at most 14: the sums of `tileRows` × 2 vectors stay in registers.
  static var tileRows: Int { get }
  /// Neighbouring pixels of a depthwise row that are computed together, at most 7.
  static var depthwiseGroup: Int { get }
}

/// An instruction set with S, its vector's lanes, as a constant: the distance of pixels in the blocked layout.
public enum KernelSet<ISA: InstructionSet, let S: Int> {}
