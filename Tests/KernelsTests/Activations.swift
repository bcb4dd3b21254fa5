import Kernels
import MobileNet

/// Every table of kernels for real numbers that this machine can run: float32, and bfloat16 where the CPU has it.
let realTables = InstructionSets.available + [InstructionSets.bfloat16].compactMap { $0 }

/// Activations as a table's kernels hold them: float32, or pairs of bfloat16.
extension KernelTable {
  var isPaired: Bool { channelsPerWord == 2 }

  /// The nearest that activations, and the weights that are multiplied with them, can be.
  func rounded(_ values: [Float]) -> [Float] { isPaired ? values.map { BFloat16.rounded($0) } : values }

  /// How far an activation may lie from the reference, which sums in Double and does not round: what the sum may be off by, and
  /// half a unit in the last place of a bfloat16.
  func tolerance(after reductionLength: Int, magnitude: Float = 1) -> (Float) -> Float {
    let sum = Tolerance.after(reductionLength, magnitude: magnitude)
    guard isPaired else { return { _ in sum } }
    return { reference in sum + Float(sign: .plus, exponent: (abs(reference) + sum).exponent - 8, significand: 1) }
  }

  /// `[…, C]` in the channels' own order, C even.
  func words(_ values: [Float]) -> [Float] {
    guard isPaired else { return values }
    return stride(from: 0, to: values.count, by: 2).map { BFloat16.pair(values[$0], values[$0 + 1]) }
  }

  /// The same back.
  func values(_ words: [Float]) -> [Float] {
    guard isPaired else { return words }
    return words.flatMap { [half(of: $0, 0), half(of: $0, 1)] }
  }

  private func half(of word: Float, _ index: Int) -> Float {
    BFloat16.float(UInt16(truncatingIfNeeded: word.bitPattern >> (index == 0 ? 0 : 16)))
  }

  /// The channel at a place of the blocked layout.
  func channel(at place: Int, of channels: Int) -> Int {
    isPaired ? PairOrder.channel(at: place, of: channels) : place
  }

  /// A pixel's channels, in words, in the order in which depthwise layers and the pool write them.
  func orderedWords(_ values: [Float]) -> [Float] {
    words(values.indices.map { values[channel(at: $0, of: values.count)] })
  }

  /// The same back.
  func valuesInOrder(_ words: [Float]) -> [Float] {
    var result = values(words)
    for (place, value) in values(words).enumerated() { result[channel(at: place, of: result.count)] = value }
    return result
  }

  /// Where a pixel's word lies in `[C / L][blockStride / L][L]`.
  func blockedIndex(pixel: Int, word: Int, blockStride: Int) -> Int {
    word / lanes * blockStride + pixel * lanes + word % lanes
  }
}
