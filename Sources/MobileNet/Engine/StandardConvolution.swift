import Kernels
import Model

/// A standard 3 × 3 convolution in the place of a depthwise separable block (paper section 3.1): what MobileNet is
/// compared with, on the same register tile. In float32 only: nobody trained one, so there is nothing to round.
struct StandardBlock<LayerWeights, Element> {
  let layer: Architecture.Layer
  let weights: LayerWeights
  let input: FeatureMap<Element>
  let output: FeatureMap<Element>
  /// Rows of output pixels whose patches stand in the scratch at once.
  let rowsPerItem: Int
  /// Output channels of an item.
  let columnsPerItem: Int

  /// Bytes of patches that an item gathers: they are read once for each panel of weights.
  private static var patchBytes: Int { 512 * 1024 }
  /// Up to this side a layer's weights are larger than its patches: workers then share the channels, not the rows.
  private static var wholeSide: Int { 16 }

  init(
    layer: Architecture.Layer, weights: LayerWeights, input: FeatureMap<Element>, output: FeatureMap<Element>,
    workers: Int, columnsPerWorker: Int
  ) {
    self.layer = layer
    self.weights = weights
    self.input = input
    self.output = output
    let side = layer.outputSide
    if side <= Self.wholeSide {
      rowsPerItem = side
      columnsPerItem = workers == 1 ? layer.outputChannels : columnsPerWorker
    } else {
      let rowBytes = side * 9 * layer.inputChannels * 4
      rowsPerItem = max(1, min(Self.patchBytes / rowBytes, side / (4 * workers)))
      columnsPerItem = layer.outputChannels
    }
  }

  /// K: values of a patch, and so products of an output value.
  var depth: Int { 9 * layer.inputChannels }
  var rowItems: Int { (layer.outputSide + rowsPerItem - 1) / rowsPerItem }
  var columnItems: Int { (layer.outputChannels + columnsPerItem - 1) / columnsPerItem }
  var items: Int { rowItems * columnItems }
}

extension Network {
  /// One item: gathers the patches of some rows, and multiplies them by the weights as a pointwise layer of 9 × Cin inputs.
  func standardConvolution(_ block: StandardBlock<PackedLayer, Float>, item: Int, worker: Int) {
    let scratch = plan.scratch[worker].pointer
    let side = block.layer.outputSide
    let row = item / block.columnItems * block.rowsPerItem
    let rows = row..<min(row + block.rowsPerItem, side)
    let column = item % block.columnItems * block.columnsPerItem
    let pixels = rows.count * side
    let blockStride = Self.paddedPixels(pixels) * kernels.lanes
    if column == 0 { block.output.fillBorder(rows: rows) }
    gatherPatches(block, rows: rows, into: scratch, blockStride: blockStride)
    kernels.pointwise(
      PointwiseArguments(
        input: scratch, inputBlockStride: blockStride, inputChannels: block.depth, pixels: 0..<pixels,
        columns: column..<min(column + block.columnsPerItem, block.layer.outputChannels),
        weights: block.weights.weights,
        bias: block.weights.bias, output: block.output.origin, outputOffsets: block.output.offsets + row * side))
  }

  /// The 3 × 3 × Cin values under each output pixel, `[K / L][blockStride / L][L]` with K in the order of the weights:
  /// filter row, filter column, channel.
  private func gatherPatches(
    _ block: StandardBlock<PackedLayer, Float>, rows: Range<Int>, into patches: UnsafeMutablePointer<Float>,
    blockStride: Int
  ) {
    let (input, lanes, stride) = (block.input, kernels.lanes, block.layer.stride)
    let corner = input.corner
    // Channel counts are multiples of eight.
    let run = input.channels % lanes == 0 ? lanes : min(lanes, 8)
    for k in Swift.stride(from: 0, to: block.depth, by: run) {
      let (tap, channel) = k.quotientAndRemainder(dividingBy: input.channels)
      var target = patches + k / lanes * blockStride + k % lanes
      for y in rows {
        var source = corner + (y * stride + tap / 3) * input.rowStride + tap % 3 * input.channels + channel
        for _ in 0..<block.layer.outputSide {
          target.update(from: source, count: run)
          target += lanes
          source += stride * input.channels
        }
      }
    }
  }
}
