import Kernels
import MobileNet

/// The bodies of `avxvnni` with what its instructions do spelt out: most machines that test lack it.
enum SpeltOutVNNI: EightLaneInstructionSet, TapPairInstructionSet {
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

  /// Eight of the sixteen channels from `first` on, in fours: which ones interleaving leaves in a vector.
  private static func products(
    _ fours: [Int], _ first: UnsafePointer<UInt8>, _ second: UnsafePointer<UInt8>, _ words: UnsafeRawPointer
  ) -> Sums {
    let weights = words.loadUnaligned(as: SIMD16<Int16>.self)
    var products = Sums()
    for lane in 0..<8 {
      let channel = fours[lane / 4] + lane % 4
      products[lane] =
        Int32(first[channel]) * Int32(weights[2 * lane]) + Int32(second[channel]) * Int32(weights[2 * lane + 1])
    }
    return products
  }

  static func multiplyAdd(
    _ sums: Sums, first: UnsafePointer<UInt8>, second: UnsafePointer<UInt8>, words: UnsafeRawPointer
  ) -> Sums { sums &+ products([0, 4], first, second, words) }

  static func multiplyAdd(
    _ sums: PairSums<Self>, first: UnsafePointer<UInt8>, second: UnsafePointer<UInt8>, words: UnsafeRawPointer,
    otherWords: UnsafeRawPointer
  ) -> PairSums<Self> {
    PairSums(
      a: sums.a &+ products([0, 8], first, second, words), b: sums.b &+ products([4, 12], first, second, otherWords))
  }

  static func ordered(_ a: Sums, _ b: Sums) -> SIMD16<UInt16> {
    var words = SIMD16<UInt16>()
    for lane in 0..<4 {
      for (place, value) in [a[lane], b[lane], a[lane + 4], b[lane + 4]].enumerated() {
        words[4 * place + lane] = UInt16(value)
      }
    }
    return words
  }
}

public enum QuantizedTables {
  /// `avxvnni` by other means.
  public static let twins = [.makePairs(SpeltOutVNNI.self), InstructionSets.avxvnniByAVX512].compactMap { $0 }
  /// Every table of 8-bit kernels that this machine can run.
  public static let all = InstructionSets.availableQuantized + twins
}
