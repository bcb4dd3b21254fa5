import Kernels
import MobileNet
import ModelFiles
import TestSupport

/// Every pair of channel counts × 1…30 pixels, besides parts of the pixels and parts of the columns, which workers take.
func checkPointwise(_ table: KernelTable) -> Findings {
  var findings = Findings()
  var random = Seed.generator("pointwise")
  for inputChannels in Sizes.channels {
    for outputChannels in Sizes.channels {
      let layer = PointwiseLayer(
        table, inputChannels: inputChannels, outputChannels: outputChannels, pixels: Sizes.mostPixels, &random)
      let all = 0..<outputChannels
      for pixels in 1...Sizes.mostPixels { layer.check(pixels: 0..<pixels, columns: all, &findings) }
      layer.check(pixels: 3..<Sizes.mostPixels, columns: all, &findings)
      layer.check(pixels: 11..<12, columns: all, &findings)
      for column in layer.panelStarts.dropFirst() {
        layer.check(pixels: 0..<17, columns: 0..<column, &findings)
        layer.check(pixels: 2..<17, columns: column..<outputChannels, &findings)
      }
    }
  }
  return findings
}

/// A pointwise layer with its operands as the kernel wants them, and the reference's result.
private struct PointwiseLayer {
  let table: KernelTable
  let inputChannels: Int
  let outputChannels: Int
  let pixels: Int
  let blockStride: Int
  /// `[Cin / L][blockStride / L][L]`; what the layout leaves free stays NaN.
  let input: GuardedFloats
  let weights: GuardedFloats
  let bias: GuardedFloats
  /// Where each pixel goes: with gaps between them, as borders make them.
  let offsets: [Int32]
  /// `[pixels, Cout]`
  let expected: [Float]

  init(_ table: KernelTable, inputChannels: Int, outputChannels: Int, pixels: Int, _ random: inout SplitMix64) {
    self.table = table
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
    self.pixels = pixels
    let lanes = table.lanes
    let plain = table.rounded(random.floats(pixels * inputChannels, -1...1))
    let kernel = table.rounded(random.weights(inputChannels * outputChannels, reductionLength: inputChannels))
    let biases = random.biases(outputChannels)

    blockStride = (pixels | 1) * lanes
    input = GuardedFloats(count: (table.words(inputChannels) + lanes - 1) / lanes * blockStride)
    for pixel in 0..<pixels {
      let words = table.orderedWords(Array(plain[pixel * inputChannels..<(pixel + 1) * inputChannels]))
      for (word, value) in words.enumerated() {
        input[table.blockedIndex(pixel: pixel, word: word, blockStride: blockStride)] = value
      }
    }
    weights = table.panels.packed(kernel, depth: inputChannels, columns: outputChannels)
    bias = GuardedFloats(biases)
    offsets = (0..<pixels).map { Int32(($0 + $0 / 5 * 2) * table.words(outputChannels)) }
    expected = ScalarReference.pointwise(plain, inputChannels: inputChannels, kernel: kernel, bias: biases)
  }

  /// Columns at which a panel begins.
  var panelStarts: [Int] {
    var starts: [Int] = []
    var column = 0
    while column < outputChannels {
      starts.append(column)
      column += table.panels.width(at: column, of: outputChannels)
    }
    return starts
  }

  func check(pixels range: Range<Int>, columns: Range<Int>, _ findings: inout Findings) {
    let output = GuardedFloats(count: Int(offsets[pixels - 1]) + table.words(outputChannels))
    offsets.withUnsafeBufferPointer { offsets in
      table.pointwise(
        PointwiseArguments(
          input: input.readable, inputBlockStride: blockStride, inputChannels: inputChannels, pixels: range,
          columns: columns, weights: weights.readable, bias: bias.readable, output: output.pointer,
          outputOffsets: offsets.baseAddress!))
    }
    func place() -> String {
      "\(inputChannels) → \(outputChannels) channels, pixels \(range), columns \(columns)"
    }
    var isWritten = [Bool](repeating: false, count: output.count)
    for pixel in range {
      let start = Int(offsets[pixel]) + table.words(columns.lowerBound)
      let count = table.words(columns.count)
      for index in start..<start + count { isWritten[index] = true }
      findings.compare(
        table.values(output.slice(start, count)),
        with: expected[pixel * outputChannels + columns.lowerBound..<pixel * outputChannels + columns.upperBound],
        in: "\(place()), pixel \(pixel)", tolerance: table.tolerance(after: inputChannels, inFormat: true))
    }
    findings.checkGuards(output, in: place(), written: { isWritten[$0] })
  }
}

extension PanelLayout {
  /// `[depth, columns]` in panels, between guards.
  func packed(_ kernel: [Float], depth: Int, columns: Int) -> GuardedFloats {
    let packed = GuardedFloats(count: words(depth: depth, columns: columns))
    kernel.withUnsafeBufferPointer { pack($0.baseAddress!, depth: depth, columns: columns, into: packed.pointer) }
    return packed
  }
}
