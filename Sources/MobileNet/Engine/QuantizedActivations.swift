import Kernels

/// A feature map of bytes `[side + border, side + border, C]`, with the border of zero points that the next depthwise layer reads.
struct QuantizedActivations {
  /// Pixel (0, 0), channel 0.
  let origin: UnsafeMutablePointer<UInt8>
  let side: Int
  let channels: Int
  /// Border pixels at top and left: 1 before a layer of stride 1, 0 before one of stride 2 (SAME padding of an even side).
  let before: Int
  /// Border pixels at bottom and right.
  let after: Int
  /// The byte that stands for zero.
  let zero: UInt8
  /// Bytes from `origin` to each pixel, row by row.
  let offsets: UnsafePointer<Int32>

  var rowStrideBytes: Int { (side + before + after) * channels }

  /// Fills the border of some rows; the first and the last row bring the border above and below along.
  func fillBorder(rows: Range<Int>) {
    guard after > 0 else { return }
    for y in rows {
      let row = origin + y * rowStrideBytes
      if before > 0 { (row - channels).update(repeating: zero, count: channels) }
      (row + side * channels).update(repeating: zero, count: channels)
    }
    if rows.lowerBound == 0, before > 0 {
      (origin - rowStrideBytes - channels).update(repeating: zero, count: rowStrideBytes)
    }
    if rows.upperBound == side {
      (origin + side * rowStrideBytes - before * channels).update(repeating: zero, count: rowStrideBytes)
    }
  }

  static func byteCount(side: Int, channels: Int, before: Int, after: Int) -> Int {
    (side + before + after) * (side + before + after) * channels
  }
}

/// A depthwise separable block of an 8-bit network: its two layers and where their data lie.
struct QuantizedBlock {
  let depthwise: Architecture.Layer
  let pointwise: Architecture.Layer
  let depthwiseWeights: QuantizedPackedWeights.Layer
  let pointwiseWeights: QuantizedPackedWeights.Layer
  let input: QuantizedActivations
  let output: QuantizedActivations
  /// Rows of output pixels in one item of a fused or depthwise step.
  let rowsPerItem: Int
  /// Output channels in one item of a pointwise step.
  let columnsPerItem: Int

  var side: Int { depthwise.outputSide }
  func rows(item: Int) -> Range<Int> { rowsPerItem * item..<min(rowsPerItem * (item + 1), side) }
  func columns(item: Int) -> Range<Int> {
    columnsPerItem * item..<min(columnsPerItem * (item + 1), pointwise.outputChannels)
  }
}
