import Kernels
import MobileNet
import TestSupport

/// Every channel count and stride that an α gives, 1…5 rows; weights of eight bits and, where a zero point makes them so, of nine.
func checkInt8Depthwise(_ table: QuantizedKernelTable) -> Findings {
  var findings = Findings()
  var random = Seed.generator("int8 depthwise")
  // Channels, and what the pixels of a row are a multiple of (the side of the smallest image's feature map, in general).
  for (channels, step) in [
    (8, 16), (16, 8), (24, 16), (32, 4), (48, 8), (64, 1), (96, 4), (128, 1), (192, 1), (384, 1),
  ] {
    for stride in [1, 2] where !(stride == 2 && channels == 8 || stride == 2 && channels == 24) {
      for isWide in [false, true] {
        for (rows, pixels) in [(1, step), (2, 2 * step), (3, step), (4, 3 * step), (5, step)] {
          let width = stride * pixels + 2
          let plain = random.bytes((stride * rows + 2) * width * channels)
          let kernel = random.weights(9 * channels, in: isWide ? -255...255 : -128...127)
          let biases = random.words(channels, within: 50_000)
          let scales = random.scales(channels, length: 9)
          let range = random.range()
          let layout = table.depthwiseLayout
          let parts = layout.parts(kernel)
          let weights = GuardedBytes(count: 4 * layout.words(channels: channels, stride: stride, parts: parts))
          layout.pack(kernel: kernel, bias: biases, scales: scales, stride: stride, into: weights.words)
          let input = GuardedBytes(plain)
          let output = GuardedBytes(count: rows * pixels * channels * table.elementBytes)
          table.depthwise(
            QuantizedDepthwiseArguments(
              input: input.bytes, inputRowStrideBytes: width * channels, channels: channels, stride: stride,
              pixels: pixels, rows: rows, weights: weights.words, parts: parts, range: range,
              output: output.pointer))
          let expected = QuantizedScalarReference.depthwise(
            plain, width: width, rows: rows, pixels: pixels, stride: stride, kernel: kernel, bias: biases,
            scales: scales, range: range)
          func place() -> String {
            "\(channels) channels, stride \(stride), \(rows) × \(pixels)\(isWide ? ", nine bits" : "")"
          }
          findings.compareExactly(
            output.elements(0, expected.count, elementBytes: table.elementBytes), with: expected.map { Int($0) },
            in: place())
          findings.checkGuards(output, in: place())
        }
      }
    }
  }
  return findings
}

/// The sides that the last feature map can have, 1 to 10.
func checkInt8Pool(_ table: QuantizedKernelTable) -> Findings {
  var findings = Findings()
  var random = Seed.generator("int8 pool")
  for channels in [8, 24, 64, 256, 1024] {
    for side in 1...10 {
      let plain = random.bytes(side * side * channels)
      let range = random.range()
      let zero = Int32(side * side) * Int32(random.next() % 256)
      let scale = 1.3 / Float(side * side)
      let input = GuardedBytes(plain)
      let output = GuardedBytes(count: channels * table.elementBytes)
      table.pool(
        QuantizedPoolArguments(
          input: input.bytes, pixels: side * side, channels: channels, zero: zero, scale: scale, range: range,
          output: output.pointer))
      let expected = QuantizedScalarReference.pool(plain, channels: channels, zero: zero, scale: scale, range: range)
      func place() -> String { "\(side * side) pixels, \(channels) channels" }
      findings.compareExactly(
        output.elements(0, channels, elementBytes: table.elementBytes), with: expected.map { Int($0) }, in: place())
      findings.checkGuards(output, in: place())
      // The plain mean, in integers, halves going up.
      let whole = OutputRange(zeroPoint: 0, low: 0, high: 255)
      table.pool(
        QuantizedPoolArguments(
          input: input.bytes, pixels: side * side, channels: channels, zero: 0, scale: 1 / Float(side * side),
          range: whole, output: output.pointer))
      let means = (0..<channels).map { channel in
        let sum = Swift.stride(from: channel, to: plain.count, by: channels).reduce(0) { $0 + Int(plain[$1]) }
        return (2 * sum + side * side) / (2 * side * side)
      }
      findings.compareExactly(
        output.elements(0, channels, elementBytes: table.elementBytes), with: means, in: "mean of \(place())")
    }
  }
  return findings
}

/// Class counts around vectors and panels; whole, and in parts as workers take them.
func checkInt8FullyConnected(_ table: QuantizedKernelTable) -> Findings {
  var findings = Findings()
  var random = Seed.generator("int8 fullyConnected")
  let panels = table.panels
  for inputChannels in [8, 64, 256, 1024] {
    for classes in [1, 7, 8, 9, 15, 16, 17, 31, 33, 48, 63, 64, 65, 100, 130, 1000, 1001] {
      let plain = random.bytes(inputChannels)
      let kernel = random.weights(inputChannels * classes, in: table.elementBytes == 1 ? -128...127 : -255...255)
      let biases = random.words(classes, within: 50_000)
      let scales = random.scales(classes, length: inputChannels)
      let correction = random.words(1, within: 1000)[0]
      let padded = panels.paddedColumns(classes)
      let order = panels.order(padded, isNatural: true).map { place in place.flatMap { $0 < classes ? $0 : nil } }
      let weights = GuardedBytes(count: 4 * panels.words(inputChannels) * padded)
      panels.pack(
        kernel, runs: 1, runLength: inputChannels, columns: classes, widths: padded, order: order, into: weights.words)
      let packedBiases = panels.biases(biases, kernel: kernel)
      let bias = GuardedBytes(of: order.map { $0.map { packedBiases[$0] } ?? 0 })
      let packedScales = GuardedBytes(of: order.map { $0.map { scales[$0] } ?? 0 })
      let input = GuardedBytes(plain, elementBytes: table.elementBytes)
      let widest = panels.vectors * panels.lanes
      let middle = padded / 2 / widest * widest
      for parts in [[0..<padded], [0..<middle, middle..<padded]] {
        let output = GuardedBytes(count: 4 * padded)
        for columns in parts where !columns.isEmpty {
          table.fullyConnected(
            QuantizedFullyConnectedArguments(
              input: input.pointer, words: panels.words(inputChannels), columns: columns, weights: weights.words,
              bias: bias.words, scales: packedScales.floats, correction: correction, output: output.floats))
        }
        let sums = QuantizedScalarReference.sums(plain, inputChannels: inputChannels, kernel: kernel, bias: biases)
        func place() -> String { "\(inputChannels) → \(classes), in \(parts.count) parts" }
        findings.compareExactly(
          (0..<classes).map { output.floats[$0].bitPattern },
          with: (0..<classes).map { (Float(sums[$0] + correction) * scales[$0]).bitPattern }, in: place())
        findings.checkGuards(output, in: place())
      }
    }
  }
  return findings
}

/// Runs of nine bytes as the first layer has them, and single runs.
func checkInt8ByteSums(_ table: QuantizedKernelTable) -> Findings {
  var findings = Findings()
  var random = Seed.generator("int8 byteSums")
  for (runs, count, pixelStride) in [(3, 9, 6), (1, 8, 8), (1, 24, 24), (1, 1024, 1024), (2, 5, 7)] {
    for pixels in [1, 2, 9] {
      let runStride = pixels * pixelStride + count
      let plain = random.bytes(runs * runStride)
      let input = GuardedBytes(plain)
      let output = GuardedBytes(count: 4 * pixels)
      table.byteSums(
        ByteSumsArguments(
          input: input.bytes, pixelStrideBytes: pixelStride, runs: runs, runStrideBytes: runStride, count: count,
          pixels: pixels, factor: -77, output: output.words))
      let expected = (0..<pixels).map { pixel in
        (0..<runs).reduce(Int32(0)) { sum, run in
          let start = run * runStride + pixel * pixelStride
          return sum + plain[start..<start + count].reduce(Int32(0)) { $0 + Int32($1) }
        } * -77
      }
      func place() -> String { "\(runs) × \(count) bytes, \(pixels) pixels" }
      findings.compareExactly((0..<pixels).map { output.words[$0] }, with: expected, in: place())
      findings.checkGuards(output, in: place())
    }
  }
  return findings
}
