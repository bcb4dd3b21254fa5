import Model

/// Checks of operators' options: what MobileNet V1 wants of strides, padding and activations.
enum TFLiteOptions {
  private enum Padding { static let same = Int8(0) }
  private enum Activation {
    static let none = Int8(0)
    static let relu6 = Int8(3)
    private static let names = ["no activation", "RELU", "RELU_N1_TO_1", "RELU6", "TANH", "SIGN_BIT"]
    static func name(_ code: Int8) -> String {
      names.indices.contains(Int(code)) ? names[Int(code)] : "activation \(code)"
    }
  }

  private static func require(_ holds: Bool, _ layer: Architecture.Layer, _ expected: String, _ found: String) throws {
    guard holds else {
      throw WeightFault("it is not MobileNet V1: expected \(expected) at '\(layer.name)', found \(found)")
    }
  }

  /// Options of CONV_2D, DEPTHWISE_CONV_2D or FULLY_CONNECTED against the layer.
  static func check(_ step: TFLiteOperator, _ layer: Architecture.Layer) throws {
    guard let options = step.options else {
      throw WeightFault("it is malformed: \(step.name) at '\(layer.name)' has no options")
    }
    let isDepthwise = step.operation == .depthwise
    if step.operation == .fullyConnected {
      try checkActivation(try options.scalar(0, default: Int8(0)), layer)
      try require(try options.scalar(1, default: Int8(0)) == 0, layer, "plain weights", "shuffled ones")
      return
    }
    let (width, height) = (try options.scalar(1, default: Int32(0)), try options.scalar(2, default: Int32(0)))
    try require(
      width == layer.stride && height == layer.stride, layer, "stride \(layer.stride)", "\(height) × \(width)")
    // DepthwiseConv2DOptions has its multiplier before the activation.
    let next = isDepthwise ? 4 : 3
    if isDepthwise {
      let multiplier = try options.scalar(3, default: Int32(0))
      try require(multiplier == 1, layer, "depth multiplier 1", "\(multiplier)")
    }
    try checkActivation(try options.scalar(next, default: Int8(0)), layer)
    let dilation = (try options.scalar(next + 1, default: Int32(1)), try options.scalar(next + 2, default: Int32(1)))
    try require(dilation == (1, 1), layer, "no dilation", "\(dilation.1) × \(dilation.0)")
    // A 1 × 1 kernel needs no padding, whatever it is called.
    if layer.kind == .convolution || layer.kind == .depthwise {
      let padding = try options.scalar(0, default: Padding.same)
      try require(padding == Padding.same, layer, "SAME padding", "VALID")
    }
  }

  private static func checkActivation(_ found: Int8, _ layer: Architecture.Layer) throws {
    let expected = layer.kind == .fullyConnected ? Activation.none : Activation.relu6
    try require(found == expected, layer, Activation.name(expected), Activation.name(found))
  }

  /// AVERAGE_POOL_2D must cover the whole of its input once.
  static func checkPool(_ step: TFLiteOperator, _ layer: Architecture.Layer) throws {
    guard let options = step.options else { throw WeightFault("it is malformed: \(step.name) has no options") }
    let (width, height) = (try options.scalar(3, default: Int32(0)), try options.scalar(4, default: Int32(0)))
    try require(
      width == layer.inputSide && height == layer.inputSide, layer, "a pool of \(layer.inputSide) × \(layer.inputSide)",
      "\(height) × \(width)")
    let activation = try options.scalar(5, default: Activation.none)
    try require(activation == Activation.none, layer, Activation.name(Activation.none), Activation.name(activation))
    // SAME with a stride below the side would give more than one output.
    let padding = try options.scalar(0, default: Padding.same)
    let stride = min(try options.scalar(1, default: Int32(0)), try options.scalar(2, default: Int32(0)))
    try require(padding != Padding.same || stride >= layer.inputSide, layer, "one output", "SAME padding")
  }
}
