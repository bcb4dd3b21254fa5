import Kernels
import MobileNet
import ModelFiles
import TestSupport

/// Rows of 1…30 output pixels, each row of the picture, the last one and its last pixel at the border included.
func checkFirstConvolution(_ table: KernelTable) -> Findings {
  var findings = Findings()
  var random = Seed.generator("firstConvolution")
  // Every α's (8, 16, 24, 32), and more than a pair of vectors.
  for channels in [8, 16, 24, 32, 40, 64] {
    for outputSide in [1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 14, 15, 16, 19, 27, 28, 29, 30] {
      checkFirstConvolution(table, outputSide: outputSide, channels: channels, &random, &findings)
    }
  }
  return findings
}

private func checkFirstConvolution(
  _ table: KernelTable, outputSide: Int, channels: Int, _ random: inout SplitMix64, _ findings: inout Findings
) {
  let side = 2 * outputSide
  let plain = random.floats(side * side * 3, -1...1)
  let kernel = random.weights(27 * channels, reductionLength: 27)
  let biases = random.biases(channels)
  let expected = ScalarReference.convolution(plain, side: side, inputChannels: 3, kernel: kernel, bias: biases)

  // `[side + 1, side + 1, 3]` with zeros at right and bottom.
  let stride = (side + 1) * 3
  let input = GuardedFloats([Float](repeating: 0, count: (side + 1) * stride))
  for y in 0..<side {
    for x in 0..<side * 3 { input[y * stride + x] = plain[y * side * 3 + x] }
  }
  let weights = table.firstPanels.packed(kernel, depth: 27, columns: channels)
  let bias = GuardedFloats(biases)
  for y in 0..<outputSide {
    let output = GuardedFloats(count: table.words(outputSide * channels))
    table.firstConvolution(
      FirstConvolutionArguments(
        input: input.readable + 2 * y * stride, inputRowStride: stride, pixels: outputSide, outputChannels: channels,
        weights: weights.readable, bias: bias.readable, output: output.pointer))
    func place() -> String { "3 → \(channels) channels, row \(y) of \(outputSide)" }
    let row = outputSide * channels
    findings.compare(
      table.values(output.slice(0, table.words(row))), with: expected[y * row..<(y + 1) * row], in: place(),
      tolerance: table.tolerance(after: 27))
    findings.checkGuards(output, in: place())
  }
}

/// Both strides, rows of 1…20 output pixels, every channel count.
func checkDepthwise(_ table: KernelTable) -> Findings {
  var findings = Findings()
  var random = Seed.generator("depthwise")
  for stride in [1, 2] {
    for channels in Sizes.channels {
      for outputSide in 1...20 {
        checkDepthwise(table, outputSide: outputSide, channels: channels, stride: stride, &random, &findings)
      }
    }
  }
  return findings
}

private func checkDepthwise(
  _ table: KernelTable, outputSide: Int, channels: Int, stride: Int, _ random: inout SplitMix64,
  _ findings: inout Findings
) {
  let lanes = table.lanes
  let side = outputSide * stride
  let plain = table.rounded(random.floats(side * side * channels, -1...1))
  let kernel = table.rounded(random.weights(9 * channels, reductionLength: 9))
  let biases = random.biases(channels)
  let expected = ScalarReference.depthwise(plain, side: side, kernel: kernel, bias: biases, stride: stride)

  // A zero border: all around at stride 1, at right and bottom at stride 2.
  let before = stride == 1 ? 1 : 0
  let pixelStride = table.words(channels)
  let rowStride = (side + before + 1) * pixelStride
  let input = GuardedFloats([Float](repeating: 0, count: (side + before + 1) * rowStride))
  let words = table.words(plain)
  for y in 0..<side {
    for x in 0..<side * pixelStride {
      input[(y + before) * rowStride + before * pixelStride + x] = words[y * side * pixelStride + x]
    }
  }
  let weights = GuardedFloats(count: table.depthwiseLayout.words(channels: channels))
  kernel.withUnsafeBufferPointer { kernel in
    biases.withUnsafeBufferPointer {
      table.depthwiseLayout.pack(
        kernel: kernel.baseAddress!, bias: $0.baseAddress!, channels: channels, into: weights.pointer)
    }
  }
  // Blocks of channels, with room for three pixels more between them.
  let blockStride = (outputSide + 3) * lanes
  for y in 0..<outputSide {
    let output = GuardedFloats(count: (pixelStride + lanes - 1) / lanes * blockStride)
    table.depthwise(
      DepthwiseArguments(
        input: input.readable + y * stride * rowStride, inputRowStride: rowStride, inputPixelStride: pixelStride,
        channels: channels, stride: stride,
        pixels: outputSide, weights: weights.readable, output: output.pointer, outputBlockStride: blockStride))
    func place() -> String { "\(channels) channels, stride \(stride), row \(y) of \(outputSide)" }
    var isWritten = [Bool](repeating: false, count: output.count)
    var found: [Float] = []
    for x in 0..<outputSide {
      var pixel: [Float] = []
      for word in 0..<pixelStride {
        let index = table.blockedIndex(pixel: x, word: word, blockStride: blockStride)
        pixel.append(output[index])
        isWritten[index] = true
      }
      found += table.valuesInOrder(pixel)
    }
    let row = outputSide * channels
    findings.compare(
      found, with: expected[y * row..<(y + 1) * row], in: place(),
      tolerance: table.tolerance(after: 9, magnitude: 4, inFormat: true))
    findings.checkGuards(output, in: place(), written: { isWritten[$0] })
  }
}
