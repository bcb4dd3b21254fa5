import Foundation
import Kernels
import MobileNet
import TestSupport

/// The sides that the network's last feature map can have, 1 to 10, and pixel counts in between.
func checkAveragePool(_ table: KernelTable) -> Findings {
  var findings = Findings()
  var random = Seed.generator("averagePool")
  for channels in Sizes.channels + [256, 1024] {
    for pixels in [1, 2, 3, 4, 5, 9, 16, 25, 36, 49, 50, 64, 81, 100] {
      let plain = table.rounded(random.floats(pixels * channels, 0...6))
      let input = GuardedFloats(table.words(plain))
      let output = GuardedFloats(count: table.words(channels))
      table.averagePool(input.readable, pixels, channels, output.pointer)
      func place() -> String { "\(pixels) pixels, \(channels) channels" }
      findings.compare(
        table.valuesInOrder(output.slice(0, table.words(channels))),
        with: ScalarReference.averagePool(plain, channels: channels)[...], in: place(),
        tolerance: table.tolerance(after: pixels))
      findings.checkGuards(output, in: place())
    }
  }
  return findings
}

/// Class counts around vectors and pairs of them; whole, and in parts as workers take them.
func checkFullyConnected(_ table: KernelTable) -> Findings {
  var findings = Findings()
  var random = Seed.generator("fullyConnected")
  // Multiples of four words.
  for inputChannels in [4, 8, 12, 24, 64, 256, 1024] where inputChannels % (4 * table.channelsPerWord) == 0 {
    for classes in [1, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 40, 48, 63, 64, 65, 100, 1000, 1001] {
      let plain = table.rounded(random.floats(inputChannels, -1...1))
      let kernel = table.rounded(random.weights(inputChannels * classes, reductionLength: inputChannels))
      let biases = random.biases(classes)
      let expected = ScalarReference.fullyConnected(
        plain, inputChannels: inputChannels, kernel: kernel, bias: biases)
      let padded = table.classPanels.paddedColumns(classes)
      let input = GuardedFloats(table.orderedWords(plain))
      let weights = table.classPanels.packed(kernel, depth: inputChannels, columns: classes)
      let bias = GuardedFloats(biases + [Float](repeating: 0, count: padded - classes))
      let middle = padded / 2 / (2 * table.lanes) * 2 * table.lanes
      for parts in [[0..<padded], [0..<middle, middle..<padded]] {
        let output = GuardedFloats(count: padded)
        for columns in parts where !columns.isEmpty {
          table.fullyConnected(
            FullyConnectedArguments(
              input: input.readable, inputChannels: inputChannels, columns: columns, weights: weights.readable,
              bias: bias.readable, output: output.pointer))
        }
        func place() -> String { "\(inputChannels) → \(classes), in \(parts.count) parts" }
        findings.compare(
          output.slice(0, classes), with: expected[...], in: place(),
          tolerance: { _ in Tolerance.after(inputChannels, magnitude: 2) })
        findings.checkGuards(output, in: place())
      }
    }
  }
  return findings
}

/// Every count up to 70 and the two that networks have; logits near each other, far apart, and all the same.
func checkSoftmax(_ table: KernelTable) -> Findings {
  var findings = Findings()
  var random = Seed.generator("softmax")
  for count in Array(1...70) + [1000, 1001] {
    for reach: Float in [0, 1, 20] {
      let logits = random.floats(count, -reach...reach)
      let padded = table.classPanels.paddedColumns(count)
      let values = GuardedFloats(logits + random.floats(padded - count, 50...60))
      table.softmax(values.pointer, count, padded)
      func place() -> String { "\(count) logits within ±\(reach)" }
      // Relative, since most probabilities are small; x in e^x is rounded too, by ε of its size.
      findings.compare(
        values.slice(0, count), with: ScalarReference.softmax(logits)[...], in: place(),
        tolerance: { Tolerance.after(count, magnitude: $0 * (1 + reach)) })
      if !values.slice(count, padded - count).allSatisfy({ $0 == 0 }) {
        findings.add("\(place()): the padding is not zero")
      }
      findings.checkGuards(values, in: place())
    }
  }
  // Beyond what e^x can hold: the far ones vanish, nothing overflows.
  for logits: [Float] in [[1000, -1000, 0], [-3e38, 3e38], [-88, -87, -86, 0, 0], [.leastNormalMagnitude, 0]] {
    let padded = table.classPanels.paddedColumns(logits.count)
    let values = GuardedFloats(logits + [Float](repeating: 0, count: padded - logits.count))
    table.softmax(values.pointer, logits.count, padded)
    findings.compare(
      values.slice(0, logits.count), with: exactSoftmax(logits)[...], in: "\(logits)",
      tolerance: { max(Tolerance.after(logits.count, magnitude: $0 * 4), 1e-37) })
  }
  return findings
}

/// Softmax with the C library's `exp` in Double, which knows what to do with any number.
private func exactSoftmax(_ logits: [Float]) -> [Float] {
  let largest = Double(logits.max()!)
  let powers = logits.map { exp(Double($0) - largest) }
  let sum = powers.reduce(0, +)
  return powers.map { Float($0 / sum) }
}
