import Kernels
import Model
import Platform

/// What this machine's arithmetic can do at best.
public enum Peak {
  /// Billions of operations a second, two for each mult-add, of one thread: the register tile that pointwise layers of a
  /// precision run on, over and over on data that stay in the first-level cache; the best of many short rounds in a tenth of a
  /// second, so that neither a busy machine nor one whose clocks have yet to rise is taken for a slow one.
  /// - Throws: `UserError` where this machine has no kernels for it.
  public static func gigaflopsPerThread(_ precision: Precision) throws -> Double {
    precision == .int8
      ? gigaflopsPerThread(try InstructionSets.chosenQuantized())
      : gigaflopsPerThread(try InstructionSets.chosen(for: precision))
  }

  /// One panel of output channels.
  private static func gigaflopsPerThread(_ kernels: KernelTable) -> Double {
    let depth = 128
    let columns = 2 * kernels.lanes
    let pixels = 84  // a multiple of every instruction set's tile height
    let input = AlignedBuffer(depth * (pixels | 1))
    let weights = AlignedBuffer(depth * columns + columns)
    let output = AlignedBuffer(pixels * columns)
    for index in 0..<weights.count { weights.pointer[index] = 0.001 }
    for index in 0..<input.count { input.pointer[index] = 0.001 }
    let offsets = (0..<pixels).map { Int32($0 * columns) }
    return offsets.withUnsafeBufferPointer { offsets in
      let work = PointwiseArguments(
        input: input.pointer, inputBlockStride: (pixels | 1) * kernels.lanes, inputChannels: depth, pixels: 0..<pixels,
        columns: 0..<columns, weights: weights.pointer, bias: weights.pointer + depth * columns,
        output: output.pointer, outputOffsets: offsets.baseAddress!)
      return best(multAdds: pixels * depth * columns) { kernels.pointwise(work) }
    }
  }

  /// The widest panel of output channels.
  private static func gigaflopsPerThread(_ kernels: QuantizedKernelTable) -> Double {
    let depth = 256
    let columns = kernels.panels.vectors * kernels.panels.lanes
    let pixels = 24  // a multiple of every instruction set's tile height
    let words = kernels.panels.words(depth)
    let input = AlignedBuffer(words * pixels)
    let weights = AlignedBuffer(words * columns)
    let (bias, scales) = (AlignedBuffer(columns), AlignedBuffer(columns))
    let output = AlignedBuffer(pixels * columns / 4)
    for buffer in [input, weights] {
      for index in 0..<buffer.count { buffer.pointer[index] = Float(bitPattern: 0x0101_0101) }
    }
    for index in 0..<columns { scales.pointer[index] = 0.001 }
    let offsets = (0..<pixels).map { Int32($0 * columns) }
    return offsets.withUnsafeBufferPointer { offsets in
      func integers(_ buffer: AlignedBuffer) -> UnsafePointer<Int32> {
        UnsafePointer(UnsafeRawPointer(buffer.pointer).assumingMemoryBound(to: Int32.self))
      }
      let work = QuantizedConvolutionArguments(
        input: input.pointer, pixelStrideBytes: 4 * words, runs: 1, runStrideBytes: 0, words: words, pixels: pixels,
        columns: 0..<columns, weights: integers(weights), bias: integers(bias), scales: scales.pointer,
        corrections: nil, range: OutputRange(zeroPoint: 0, low: 0, high: 255),
        output: UnsafeMutableRawPointer(output.pointer).assumingMemoryBound(to: UInt8.self),
        outputOffsets: offsets.baseAddress!)
      return best(multAdds: pixels * depth * columns) { kernels.convolution(work) }
    }
  }

  private static func best(multAdds: Int, _ work: () -> Void) -> Double {
    let callsInRound = 8
    var best = Int64.max
    let end = Nanoseconds.now() + Nanoseconds(milliseconds: 100)
    while Nanoseconds.now() < end {
      let start = Nanoseconds.now()
      for _ in 0..<callsInRound { work() }
      best = min(best, (Nanoseconds.now() - start).count)
    }
    return 2 * Double(multAdds * callsInRound) / Double(max(best, 1))
  }
}
