import Kernels

/// What a step of the float network does.
enum StepWork {
  case firstConvolution
  /// Depthwise rows into the worker's own scratch and straight on into the pointwise layer: the depthwise output never
  /// leaves the cache.
  case fused(Block)
  /// Where a few pixels meet many channels the workers share the weights instead of the rows: depthwise first …
  case depthwise(Block)
  /// … then the pointwise layer, cut by output channels.
  case pointwise(Block)
  /// A standard convolution instead of a depthwise separable block.
  case standard(StandardBlock)
  case pool
  case fullyConnected
  case softmax
}

/// A depthwise separable block: its two layers and where their data lie.
struct Block {
  let depthwise: Architecture.Layer
  let pointwise: Architecture.Layer
  let depthwiseWeights: UnsafePointer<Float>
  let pointwiseWeights: UnsafePointer<Float>
  let pointwiseBias: UnsafePointer<Float>
  let input: Activations
  let output: Activations
  /// Rows of output pixels in one item of a fused step.
  let rowsPerItem: Int
  /// Channels in one item of a depthwise step: whole vectors.
  let channelsPerItem: Int
  /// Output channels in one item of a pointwise step.
  let columnsPerItem: Int

  var side: Int { depthwise.outputSide }

  var depthwiseItems: Int { (input.channels + channelsPerItem - 1) / channelsPerItem }
  func channels(ofItem item: Int) -> Range<Int> {
    channelsPerItem * item..<min(channelsPerItem * (item + 1), input.channels)
  }
}

/// A feature map `[side + border, side + border, C]` with the zero border that the next depthwise layer reads.
struct Activations {
  /// Pixel (0, 0), channel 0.
  let origin: UnsafeMutablePointer<Float>
  let side: Int
  let channels: Int
  /// Zero pixels at top and left: 1 before a layer of stride 1, 0 before one of stride 2 (SAME padding of an even side).
  let before: Int
  /// Zero pixels at bottom and right.
  let after: Int
  /// Floats from `origin` to each pixel, row by row.
  let offsets: UnsafePointer<Int32>

  var rowStride: Int { (side + before + after) * channels }

  /// Zeroes the border of some rows; the first and the last row bring the border above and below along.
  func clearBorder(rows: Range<Int>) {
    guard after > 0 else { return }
    for y in rows {
      let row = origin + y * rowStride
      if before > 0 { (row - channels).update(repeating: 0, count: channels) }
      (row + side * channels).update(repeating: 0, count: channels)
    }
    if rows.lowerBound == 0, before > 0 {
      (origin - rowStride - channels).update(repeating: 0, count: rowStride)
    }
    if rows.upperBound == side {
      (origin + side * rowStride - before * channels).update(repeating: 0, count: rowStride)
    }
  }

  static func floats(side: Int, channels: Int, before: Int, after: Int) -> Int {
    (side + before + after) * (side + before + after) * channels
  }
}
