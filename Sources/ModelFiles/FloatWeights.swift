import Model

/// Float32 weights of a whole network, batch norm folded into kernels and biases, in the order of `Architecture.layers`.
public struct FloatWeights: Sendable {
  /// One layer that has weights.
  public struct Layer: Sendable {
    /// `conv1`, `dw1`, `pw1` … `fc`.
    public let name: String
    /// convolution `[3, 3, Cin, Cout]`, depthwise `[3, 3, C]`, pointwise and fully connected `[Cin, Cout]`.
    public let kernel: [Float]
    /// `[Cout]`
    public let bias: [Float]

    public init(name: String, kernel: [Float], bias: [Float]) {
      self.name = name
      self.kernel = kernel
      self.bias = bias
    }
  }

  public let alpha: Alpha
  /// 1000, or 1001 where class 0 is 'background' (slim, TFLite).
  public let classCount: Int
  /// The resolution that the weights were trained at; `nil` where the file does not say.
  public let trainedResolution: Int?
  /// False for seeded random weights: good for latency, no labels.
  public let isTrained: Bool
  /// conv1, dw1, pw1 … dw13, pw13, fc: 28 layers.
  public let layers: [Layer]

  public init(alpha: Alpha, classCount: Int, trainedResolution: Int?, isTrained: Bool, layers: [Layer]) {
    self.alpha = alpha
    self.classCount = classCount
    self.trainedResolution = trainedResolution
    self.isTrained = isTrained
    self.layers = layers
  }
}
