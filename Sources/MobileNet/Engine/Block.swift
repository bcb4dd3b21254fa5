import Model

/// A depthwise separable block: its two layers and where their data lie.
///
/// - LayerWeights: a layer's weights, as the network's kernels read them.
/// - Element: of activations.
struct Block<LayerWeights, Element> {
  let depthwise: Architecture.Layer
  let pointwise: Architecture.Layer
  let depthwiseWeights: LayerWeights
  let pointwiseWeights: LayerWeights
  let input: FeatureMap<Element>
  let output: FeatureMap<Element>
  /// How the work on the depthwise layer is cut, and on both where they are fused.
  let cut: BlockCut
  /// Output channels in the items of a pointwise step: whole panels.
  let columns: Items

  var side: Int { depthwise.outputSide }
}

/// How the depthwise layer of a block is cut into items.
struct BlockCut {
  /// Whether the workers share the depthwise output and cut the pointwise layer by its channels: where a few pixels meet many
  /// channels, reading the weights again costs more than waiting for each other.
  let isShared: Bool
  /// Rows of output pixels in an item.
  let rows: Items
  /// Channels in an item: all of them, or whole blocks where rows are not divided.
  let channels: Items

  var count: Int { rows.count * channels.count }
  subscript(item: Int) -> (rows: Range<Int>, channels: Range<Int>) {
    (rows[item / channels.count], channels[item % channels.count])
  }
}

/// Cuts `total` into items of `size`, the last of which may be smaller.
struct Items {
  let total: Int
  let size: Int
  var count: Int { (total + size - 1) / size }
  subscript(item: Int) -> Range<Int> { size * item..<min(size * (item + 1), total) }
}
