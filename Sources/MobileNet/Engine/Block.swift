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

/// Cuts `total` into as few items of at most `size` as can be, as even as can be: nobody waits long for the one who took a larger one.
package struct Items {
  package let total: Int
  package let count: Int
  /// Items begin at multiples of it.
  private let unit: Int

  package init(total: Int, size: Int, unit: Int = 1) {
    self.total = total
    self.unit = unit
    let unitsInItem = max(1, size / unit)
    count = (Self.units(total, unit) + unitsInItem - 1) / unitsInItem
  }

  /// Of the largest item.
  package var size: Int { (0..<count).map { self[$0].count }.max() ?? 0 }

  package subscript(item: Int) -> Range<Int> {
    let units = Self.units(total, unit)
    return units * item / count * unit..<min(units * (item + 1) / count * unit, total)
  }

  private static func units(_ total: Int, _ unit: Int) -> Int { (total + unit - 1) / unit }
}
