import Model

/// Checks of operators' options: what MobileNet V1 wants of strides, padding and activations.
enum TFLiteOptions {
  private enum Padding { static let (same, valid) = (Int8(0), Int8(1)) }
  enum Activation {
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

  /// Rows or columns that a PAD puts on the four sides.
  struct Pad: Hashable {
    var top: Int
    var bottom: Int
    var left: Int
    var right: Int
    var text: String { "\(top), \(bottom), \(left), \(right)" }

    init(_ before: Int, _ after: Int) { (top, bottom, left, right) = (before, after, before, after) }

    /// - Parameter sizes: what a PAD says of the four dimensions, before and after each.
    init?(_ sizes: [Int]) {
      guard sizes.count == 8, sizes[0...1].allSatisfy({ $0 == 0 }), sizes[6...7].allSatisfy({ $0 == 0 }) else {
        return nil
      }
      (top, bottom, left, right) = (sizes[2], sizes[3], sizes[4], sizes[5])
    }
  }

  /// SAME before a 3 × 3 kernel comes to this: a layer's side is even where its stride is 2.
  private static func checkPad(_ pad: Pad, _ layer: Architecture.Layer) throws {
    let same = layer.stride == 1 ? Pad(1, 1) : Pad(0, 1)
    guard pad != same else { return }
    guard layer.stride == 1 || pad != Pad(1, 1) else {
      throw WeightFault(
        "'\(layer.name)' pads its image by 1 on all sides before a stride of 2, as PyTorch does: expected TensorFlow's "
          + "SAME padding, 0 before and 1 after. A network trained so looks at other pixels and cannot be run as this one"
      )
    }
    try require(false, layer, "a PAD of \(same.text) (top, bottom, left, right)", pad.text)
  }

  /// Options of CONV_2D, DEPTHWISE_CONV_2D or FULLY_CONNECTED against the layer.
  /// - Parameters:
  ///   - pad: of the PAD before it.
  ///   - activation: of the operator behind it; its own is then none.
  static func check(
    _ step: TFLiteOperator, _ layer: Architecture.Layer, pad: Pad? = nil, activation behind: Int8? = nil
  ) throws {
    guard let options = step.options else {
      throw WeightFault("it is malformed: \(step.name) at '\(layer.name)' has no options")
    }
    let isDepthwise = step.operation == .depthwise
    if step.operation == .fullyConnected {
      try checkActivation(try options.scalar(0, default: Int8(0)), behind, layer)
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
    try checkActivation(try options.scalar(next, default: Int8(0)), behind, layer)
    let dilation = (try options.scalar(next + 1, default: Int32(1)), try options.scalar(next + 2, default: Int32(1)))
    try require(dilation == (1, 1), layer, "no dilation", "\(dilation.1) × \(dilation.0)")
    // A 1 × 1 kernel needs no padding, whatever it is called.
    if layer.kind == .convolution || layer.kind == .depthwise {
      let padding = try options.scalar(0, default: Padding.same)
      if let pad {
        try require(padding == Padding.valid, layer, "VALID padding behind a PAD", "SAME")
        try checkPad(pad, layer)
      } else {
        try require(padding == Padding.same, layer, "SAME padding", "VALID")
      }
    }
  }

  private static func checkActivation(_ own: Int8, _ behind: Int8?, _ layer: Architecture.Layer) throws {
    let found = own == Activation.none ? behind ?? own : own
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
