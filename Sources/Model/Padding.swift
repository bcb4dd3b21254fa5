/// Where 3 × 3 layers of stride 2, whose sides are even, have their zeros; at stride 1 there is one row of them all around.
public enum Padding: Sendable, Hashable {
  /// At the bottom and on the right: TensorFlow's SAME, which MobileNet V1 was trained with.
  case same
  /// All around, as PyTorch pads by 1. No window of stride 2 reaches what is at the bottom and on the right.
  case symmetric

  /// Zeros at the top and on the left of a layer's input.
  public func before(stride: Int) -> Int { stride == 1 || self == .symmetric ? 1 : 0 }
}
