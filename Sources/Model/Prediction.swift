/// One of the k likeliest classes.
public struct Prediction: Sendable, Hashable, Encodable {
  /// 0…999 in ImageNet's order, whatever the weights' own numbering; of other classes the number of the output.
  public var classIndex: Int
  public var label: String
  /// 0…1, as it came out of softmax; not-a-number where the weights gave none.
  public var probability: Float

  public init(classIndex: Int, label: String = "", probability: Float) {
    self.classIndex = classIndex
    self.label = label
    self.probability = probability
  }
}
