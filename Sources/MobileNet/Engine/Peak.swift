import Kernels
import Platform

/// What this machine's arithmetic can do at best.
public enum Peak {
  /// Billions of floating-point operations a second of one thread: the pointwise register tile over and over on 128
  /// input and one panel of output channels, which stay in the first-level cache; the best of many short rounds, so that a
  /// busy machine is not taken for a slow one.
  public static func gigaflopsPerThread(_ kernels: KernelTable) -> Double {
    let depth = 128
    let columns = 2 * kernels.lanes
    let pixels = 84  // a multiple of every instruction set's tile height
    let input = AlignedBuffer(depth * (pixels | 1))
    let weights = AlignedBuffer(depth * columns + columns)
    let output = AlignedBuffer(pixels * columns)
    for index in 0..<depth * columns { weights.pointer[index] = 0.001 }
    for index in 0..<input.count { input.pointer[index] = 0.001 }
    let offsets = (0..<pixels).map { Int32($0 * columns) }
    var best = Int64.max
    offsets.withUnsafeBufferPointer { offsets in
      let work = PointwiseArguments(
        input: input.pointer, inputBlockStride: (pixels | 1) * kernels.lanes, inputChannels: depth, pixels: 0..<pixels,
        columns: 0..<columns, weights: weights.pointer, bias: weights.pointer + depth * columns,
        output: output.pointer, outputOffsets: offsets.baseAddress!)
      for _ in 0..<2_000 {
        let start = Nanoseconds.now()
        kernels.pointwise(work)
        best = min(best, (Nanoseconds.now() - start).count)
      }
    }
    return 2 * Double(pixels * depth * columns) / Double(max(best, 1))
  }
}
