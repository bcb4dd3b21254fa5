import Model

/// A depthwise separable block of real numbers: its two layers and where their data lie.
struct Block {
  let depthwise: Architecture.Layer
  let pointwise: Architecture.Layer
  let depthwiseWeights: UnsafePointer<Float>
  let pointwiseWeights: UnsafePointer<Float>
  let pointwiseBias: UnsafePointer<Float>
  let input: FeatureMap<Float>
  let output: FeatureMap<Float>
  /// Rows of output pixels in the items of a fused step.
  let rows: Items
  /// Channels in the items of a depthwise step: whole blocks.
  let channels: Items
  /// Output channels in the items of a pointwise step: whole panels.
  let columns: Items

  var side: Int { depthwise.outputSide }
}

/// The same of an 8-bit network.
struct QuantizedBlock {
  let depthwise: Architecture.Layer
  let pointwise: Architecture.Layer
  let depthwiseWeights: QuantizedPackedWeights.Layer
  let pointwiseWeights: QuantizedPackedWeights.Layer
  let input: FeatureMap<UInt8>
  let output: FeatureMap<UInt8>
  /// Rows of output pixels in the items of a fused or depthwise step.
  let rows: Items
  /// Output channels in the items of a pointwise step.
  let columns: Items

  var side: Int { depthwise.outputSide }
}
