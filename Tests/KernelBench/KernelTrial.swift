import Frames
import Kernels
import MobileNet
import ModelFiles
import Platform
import TestSupport

/// One shape with random data and the scalar reference's result for it.
struct KernelTrial {
  struct Result {
    var nanoseconds: Double
    var bytes: Int
    /// The largest difference from the reference, and what it may be.
    var error: Float
    var tolerance: Float
  }

  private let shape: Shape
  private let input: [Float]
  private let kernel: [Float]
  private let bias: [Float]
  private let expected: [Float]

  init(_ shape: Shape) {
    self.shape = shape
    var generator = SplitMix64(state: 7)
    func random(_ count: Int) -> [Float] { (0..<count).map { _ in Float.random(in: -1...1, using: &generator) } }
    input = random(shape.side * shape.side * shape.inputChannels)
    bias = random(shape.outputChannels)
    switch shape.kind {
    case .convolution:
      kernel = random(27 * shape.outputChannels)
      expected = ScalarReference.convolution(
        input, side: shape.side, inputChannels: 3, kernel: kernel, bias: bias)
    case .depthwise:
      kernel = random(9 * shape.outputChannels)
      expected = ScalarReference.depthwise(input, side: shape.side, kernel: kernel, bias: bias, stride: shape.stride)
    case .fullyConnected:
      kernel = random(shape.inputChannels * shape.outputChannels)
      expected = ScalarReference.fullyConnected(
        input, inputChannels: shape.inputChannels, kernel: kernel, bias: bias)
    default:
      kernel = random(shape.inputChannels * shape.outputChannels)
      expected = ScalarReference.pointwise(input, inputChannels: shape.inputChannels, kernel: kernel, bias: bias)
    }
  }

  func run(_ table: KernelTable) -> Result {
    let bytes = 4 * (input.count + kernel.count + expected.count)
    // Each product and each addition may be off by half a unit in the last place of the largest partial sum.
    let reduction = shape.kind == .depthwise ? 9 : shape.kind == .convolution ? 27 : shape.inputChannels
    let tolerance = Float(reduction + 2) * Float.ulpOfOne
    let (found, time): ([Float], Double)
    switch shape.kind {
    case .convolution: (found, time) = convolution(table)
    case .depthwise: (found, time) = depthwise(table)
    case .fullyConnected: (found, time) = fullyConnected(table)
    default: (found, time) = pointwise(table)
    }
    var error: Float = 0
    for (a, b) in zip(found, expected) where !(abs(a - b) <= error) { error = abs(a - b) }
    return Result(nanoseconds: time, bytes: bytes, error: error, tolerance: tolerance)
  }

  /// The shortest time of a call, in nanoseconds, within some milliseconds.
  private func shortest(_ work: () -> Void) -> Double {
    var best = Int64.max
    let end = Nanoseconds.now() + Nanoseconds(milliseconds: 5)
    var rounds = 0
    while rounds < 5 || Nanoseconds.now() < end {
      let start = Nanoseconds.now()
      work()
      best = min(best, (Nanoseconds.now() - start).count)
      rounds += 1
    }
    return Double(max(best, 1))
  }

  private func panels(_ table: KernelTable, depth: Int) -> Floats {
    let packed = Floats(depth * table.panels.paddedColumns(shape.outputChannels))
    kernel.withUnsafeBufferPointer {
      table.panels.pack($0.baseAddress!, depth: depth, columns: shape.outputChannels, into: packed.start)
    }
    return packed
  }

  private func convolution(_ table: KernelTable) -> ([Float], Double) {
    let side = shape.side / 2
    let rowStride = (shape.side + 1) * 3
    let padded = Floats((shape.side + 1) * rowStride)
    for y in 0..<shape.side { padded.write(input[y * shape.side * 3..<(y + 1) * shape.side * 3], at: y * rowStride) }
    let weights = panels(table, depth: 27)
    let bias = Floats(bias)
    let output = Floats(side * side * shape.outputChannels)
    let time = shortest {
      for y in 0..<side {
        table.firstConvolution(
          FirstConvolutionArguments(
            input: padded.start + 2 * y * rowStride, inputRowStride: rowStride, pixels: side,
            outputChannels: shape.outputChannels, weights: weights.start, bias: bias.start,
            output: output.start + y * side * shape.outputChannels))
      }
    }
    return (output.array, time)
  }

  private func depthwise(_ table: KernelTable) -> ([Float], Double) {
    let channels = shape.outputChannels
    let before = shape.stride == 1 ? 1 : 0
    let rowStride = (shape.side + before + 1) * channels
    let padded = Floats((shape.side + before + 1) * rowStride)
    for y in 0..<shape.side {
      padded.write(
        input[y * shape.side * channels..<(y + 1) * shape.side * channels],
        at: (y + before) * rowStride + before * channels)
    }
    let weights = Floats(10 * channels)
    kernel.withUnsafeBufferPointer { kernel in
      bias.withUnsafeBufferPointer {
        table.depthwiseLayout.pack(
          kernel: kernel.baseAddress!, bias: $0.baseAddress!, channels: channels, into: weights.start)
      }
    }
    let side = shape.side / shape.stride
    let blocks = (channels + table.lanes - 1) / table.lanes
    let blockStride = (side * side | 1) * table.lanes
    let output = Floats(blocks * blockStride)
    let time = shortest {
      for y in 0..<side {
        table.depthwise(
          DepthwiseArguments(
            input: padded.start + y * shape.stride * rowStride, inputRowStride: rowStride,
            inputPixelStride: channels, channels: channels, stride: shape.stride, pixels: side, weights: weights.start,
            output: output.start + y * side * table.lanes, outputBlockStride: blockStride))
      }
    }
    var found: [Float] = []
    for pixel in 0..<side * side {
      for channel in 0..<channels {
        found.append(output.start[channel / table.lanes * blockStride + pixel * table.lanes + channel % table.lanes])
      }
    }
    return (found, time)
  }

  private func pointwise(_ table: KernelTable) -> ([Float], Double) {
    let pixels = shape.side * shape.side
    let depth = shape.inputChannels
    let blockStride = (pixels | 1) * table.lanes
    let blocked = Floats((depth + table.lanes - 1) / table.lanes * blockStride)
    for pixel in 0..<pixels {
      for k in 0..<depth {
        blocked.start[k / table.lanes * blockStride + pixel * table.lanes + k % table.lanes] = input[pixel * depth + k]
      }
    }
    let weights = panels(table, depth: depth)
    let bias = Floats(bias)
    let output = Floats(pixels * shape.outputChannels)
    let offsets = (0..<pixels).map { Int32($0 * shape.outputChannels) }
    let time = offsets.withUnsafeBufferPointer { offsets in
      shortest {
        table.pointwise(
          PointwiseArguments(
            input: blocked.start, inputBlockStride: blockStride, inputChannels: depth, pixels: 0..<pixels,
            columns: 0..<shape.outputChannels, weights: weights.start, bias: bias.start, output: output.start,
            outputOffsets: offsets.baseAddress!))
      }
    }
    return (output.array, time)
  }

  private func fullyConnected(_ table: KernelTable) -> ([Float], Double) {
    let padded = table.panels.paddedColumns(shape.outputChannels)
    let weights = panels(table, depth: shape.inputChannels)
    let bias = Floats(padded)
    bias.write(self.bias[...], at: 0)
    let source = Floats(input)
    let output = Floats(padded)
    let time = shortest {
      table.fullyConnected(
        FullyConnectedArguments(
          input: source.start, inputChannels: shape.inputChannels, columns: 0..<padded, weights: weights.start,
          bias: bias.start, output: output.start))
    }
    return (Array(output.array[..<shape.outputChannels]), time)
  }
}

/// Zeroed floats on a cache line's boundary.
final class Floats {
  let start: UnsafeMutablePointer<Float>
  let count: Int

  init(_ count: Int) {
    self.count = count
    let raw = UnsafeMutableRawPointer.allocate(byteCount: (count + 32) * 4, alignment: 64)
    start = raw.bindMemory(to: Float.self, capacity: count + 32)
    start.initialize(repeating: 0, count: count + 32)
  }

  convenience init(_ values: [Float]) {
    self.init(values.count)
    write(values[...], at: 0)
  }

  deinit { UnsafeMutableRawPointer(start).deallocate() }

  func write(_ values: ArraySlice<Float>, at offset: Int) {
    for (index, value) in values.enumerated() { start[offset + index] = value }
  }

  var array: [Float] { Array(UnsafeBufferPointer(start: start, count: count)) }
}
