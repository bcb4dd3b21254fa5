import Kernels
import MobileNet

/// Every table of kernels for real numbers that this machine can run: float32, and those of 16 bits that the CPU has.
let realTables = InstructionSets.availableReal
let shortTables = realTables.filter(\.isPaired)

/// Activations as a table's kernels hold them: float32, or pairs of numbers of 16 bits.
extension KernelTable {
  var isPaired: Bool { channelsPerWord == 2 }

  /// The nearest that activations, and the weights that are multiplied with them, can be.
  func rounded(_ values: [Float]) -> [Float] { values.map(format.rounded) }

  /// How far an activation may lie from the reference, which sums in Double and does not round: what the sum may be off by, and
  /// half a unit in the last place of what it is stored as.
  /// - Parameter magnitude: of the sum where it is made in half precision; float32 has bits to spare.
  func tolerance(after reductionLength: Int, magnitude: Float = 1, inFormat: Bool = false) -> (Float) -> Float {
    let sum =
      inFormat && format == .float16
      ? Tolerance.afterHalves(reductionLength, magnitude: magnitude) : Tolerance.after(reductionLength)
    guard isPaired else { return { _ in sum } }
    let bits = format == .float16 ? 11 : 8
    return { reference in sum + Float(sign: .plus, exponent: (abs(reference) + sum).exponent - bits, significand: 1) }
  }

  /// `[…, C]` in the channels' own order, C even.
  func words(_ values: [Float]) -> [Float] {
    guard isPaired else { return values }
    return stride(from: 0, to: values.count, by: 2).map { format.pair(values[$0], values[$0 + 1]) }
  }

  /// The same back.
  func values(_ words: [Float]) -> [Float] {
    guard isPaired else { return words }
    return words.flatMap { word -> [Float] in
      let halves = format.halves(word)
      return [halves.low, halves.high]
    }
  }

  /// The channel at a place of the blocked layout.
  func channel(at place: Int, of channels: Int) -> Int {
    order.channel(at: place, of: channels)
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
