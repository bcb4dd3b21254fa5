import Kernels
import MobileNet
import ModelFiles
import TestSupport

/// Channel counts below, at and above vectors and panels of two, three and four; 1…19 pixels, which is two of the tallest
/// tiles and more; parts of the columns, as workers take them; with and without corrections.
func checkInt8Convolution(_ table: QuantizedKernelTable) -> Findings {
  var findings = Findings()
  var random = Seed.generator("int8 convolution")
  for inputChannels in [8, 16, 24, 32, 48, 96, 1024] {
    for outputChannels in [8, 16, 24, 32, 40, 48, 56, 64, 96, 112, 120, 128, 136] {
      let layer = Int8Layer(table, runs: 1, length: inputChannels, channels: outputChannels, &random)
      let most = inputChannels > 100 ? 3 : 19
      let input = random.bytes(most * inputChannels)
      let corrections = random.words(most, within: 1000)
      for pixels in 1...most {
        layer.check(
          Array(input[..<(pixels * inputChannels)]), pixels: pixels, corrections: pixels % 2 == 0 ? corrections : nil,
          columns: 0..<outputChannels, &findings)
      }
      for column in layer.panelStarts.dropFirst() {
        for columns in [0..<column, column..<outputChannels] {
          layer.check(input, pixels: most, corrections: nil, columns: columns, &findings)
        }
      }
    }
  }
  for outputChannels in [8, 16, 24, 32] {
    for side in [1, 2, 7, 8, 9, 16, 19] {
      let layer = Int8Layer(table, runs: 3, length: 9, channels: outputChannels, &random)
      layer.checkFirst(random.bytes((2 * side + 1) * (2 * side + 1) * 3), side: side, &findings)
    }
  }
  return findings
}

/// A layer with its operands as the kernel wants them.
private struct Int8Layer {
  let table: QuantizedKernelTable
  let runs: Int
  let length: Int
  let channels: Int
  let kernel: [Int16]
  let biases: [Int32]
  let plainScales: [Float]
  let range: OutputRange
  let weights: GuardedBytes
  let bias: GuardedBytes
  let scales: GuardedBytes

  init(_ table: QuantizedKernelTable, runs: Int, length: Int, channels: Int, _ random: inout SplitMix64) {
    self.table = table
    self.runs = runs
    self.length = length
    self.channels = channels
    kernel = random.weights(runs * length * channels, in: table.elementBytes == 1 ? -128...127 : -255...255)
    biases = random.words(channels, within: 50_000)
    plainScales = random.scales(channels, length: runs * length)
    range = random.range()
    let (kernel, biases, plainScales) = (kernel, biases, plainScales)
    let order = table.panels.order(channels)
    weights = GuardedBytes(count: 4 * runs * table.panels.words(length) * order.count)
    table.panels.pack(
      kernel, runs: runs, runLength: length, columns: channels, widths: channels, order: order, into: weights.words)
    let packedBiases = table.panels.biases(biases, kernel: kernel)
    bias = GuardedBytes(of: order.map { $0.map { packedBiases[$0] } ?? 0 })
    scales = GuardedBytes(of: order.map { $0.map { plainScales[$0] } ?? 0 })
  }

  var panelStarts: [Int] {
    var starts: [Int] = []
    var column = 0
    while column < channels {
      starts.append(column)
      column += table.panels.width(at: column, of: channels)
    }
    return starts
  }

  func check(
    _ plain: [UInt8], pixels: Int, corrections: [Int32]?, columns: Range<Int>, _ findings: inout Findings
  ) {
    let input = GuardedBytes(plain, elementBytes: table.elementBytes)
    // With gaps between pixels, as borders make them.
    let offsets = (0..<pixels).map { Int32(($0 + $0 / 5 * 2) * channels) }
    let output = GuardedBytes(count: Int(offsets[pixels - 1]) + channels)
    let correction = corrections.map { GuardedBytes(of: $0) }
    offsets.withUnsafeBufferPointer {
      table.convolution(
        QuantizedConvolutionArguments(
          input: input.pointer, pixelStrideBytes: length * table.elementBytes, runs: 1, runStrideBytes: 0,
          words: table.panels.words(length), pixels: pixels, columns: columns, weights: weights.words,
          bias: bias.words, scales: scales.floats, corrections: correction.map { UnsafePointer($0.words) },
          range: range, output: output.bytes, outputOffsets: $0.baseAddress!))
    }
    let sums = QuantizedScalarReference.sums(plain, inputChannels: length, kernel: kernel, bias: biases)
    func place() -> String { "\(length) → \(channels), \(pixels) pixels, columns \(columns)" }
    var owned = Set<Int>()
    for pixel in 0..<pixels {
      let start = Int(offsets[pixel]) + columns.lowerBound
      owned.formUnion(start..<start + columns.count)
      let expected = columns.map { column in
        Int(
          QuantizedScalarReference.byte(
            sums[pixel * channels + column] + (corrections?[pixel] ?? 0), scale: plainScales[column], range))
      }
      findings.compareExactly(output.elements(start, columns.count), with: expected, in: place())
    }
    findings.checkGuards(output, in: place(), written: owned.contains)
  }

  /// The first layer's 3×3 at stride 2, row by row.
  func checkFirst(_ plain: [UInt8], side: Int, _ findings: inout Findings) {
    let bytes = table.elementBytes
    let input = GuardedBytes(plain, elementBytes: bytes)
    let output = GuardedBytes(count: side * side * channels)
    let offsets = (0..<side).map { Int32($0 * channels) }
    let rowBytes = (2 * side + 1) * 3 * bytes
    for y in 0..<side {
      offsets.withUnsafeBufferPointer {
        table.convolution(
          QuantizedConvolutionArguments(
            input: input.pointer + 2 * y * rowBytes, pixelStrideBytes: 6 * bytes, runs: 3, runStrideBytes: rowBytes,
            words: table.panels.words(9), pixels: side, columns: 0..<channels, weights: weights.words,
            bias: bias.words, scales: scales.floats, corrections: nil, range: range,
            output: output.bytes + y * side * channels, outputOffsets: $0.baseAddress!))
      }
    }
    let expected = QuantizedScalarReference.firstConvolution(
      plain, side: side, kernel: kernel, bias: biases, scales: plainScales, range: range)
    func place() -> String { "first convolution, side \(side), \(channels) channels" }
    findings.compareExactly(output.elements(0, output.count), with: expected.map { Int($0) }, in: place())
    findings.checkGuards(output, in: place())
  }
}
