import Kernels
import MobileNet

/// The bodies of `avxvnni` with what its one instruction does spelt out: most machines that test lack it.
enum SpeltOutVNNI: EightLaneInstructionSet {
  typealias Sums = SIMD8<Int32>
  static var name: String { "avxvnni, spelt out" }
  static var valuesPerWord: Int { 4 }
  /// `vpdpbusd`: four unsigned bytes times four signed ones, all added to the sum, which wraps.
  static func dot(_ sums: Sums, _ inputs: Sums, _ weights: Sums) -> Sums {
    var sums = sums
    for byte in 0..<4 {
      let shift = Sums(repeating: Int32(24 - 8 * byte))
      let input = ((inputs &<< shift) &>> 24) & 0xff
      let weight = (weights &<< shift) &>> 24
      sums = sums &+ input &* weight
    }
    return sums
  }
}

public enum QuantizedTables {
  /// `avxvnni` by other means.
  public static let twins = [.make(SpeltOutVNNI.self), InstructionSets.avxvnniByAVX512].compactMap { $0 }
  /// Every table of 8-bit kernels that this machine can run.
  public static let all = InstructionSets.availableQuantized + twins
}
