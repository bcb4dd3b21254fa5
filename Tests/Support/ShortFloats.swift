import MobileNet
import Model

/// The precisions of 16 bits, which not every machine has.
public enum ShortFloats {
  /// Those of this machine, in the order in which the key turns them.
  public static let precisions = [Precision.bf16, .fp16].filter { (try? InstructionSets.chosen(for: $0)) != nil }
  public static let names = precisions.map(\.name)
}
