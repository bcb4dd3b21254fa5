import Model

/// What is known of a network's weights beside their numbers, however they are packed.
public struct WeightFacts: Sendable, Hashable {
  public var alpha: Alpha
  /// 1000, or 1001 where class 0 is 'background' (slim, TFLite).
  public var classCount: Int
  /// Side in pixels of the images that the weights were trained on; `nil` where unknown.
  public var trainedResolution: Int?
  /// False for random weights: good for latency, no labels.
  public var isTrained: Bool
  /// The α whose weights these were before they were widened to `alpha`; `nil` where they are their own.
  public var widenedFrom: Alpha?
  /// What the weights were made to read of a pixel. A `FloatWeightSource` gives the first layer for pixel / 127.5 − 1 all the
  /// same; what remains is where the zero lies with which the image is padded (`InputNormalization.border`).
  public var input: InputNormalization
  /// Where zeros stand around what layers of stride 2 read.
  public var padding: Padding
  /// What the blocks are made of; files hold separable ones only.
  public var convolution: Architecture.Convolution

  public init(
    alpha: Alpha, classCount: Int = 1000, trainedResolution: Int? = nil, isTrained: Bool,
    input: InputNormalization = .signed, padding: Padding = .same, convolution: Architecture.Convolution = .separable
  ) {
    self.alpha = alpha
    self.classCount = classCount
    self.trainedResolution = trainedResolution
    self.isTrained = isTrained
    self.input = input
    self.padding = padding
    self.convolution = convolution
  }

  /// The network that has such weights, at the resolution that they were trained at unless one is given.
  public func architecture(resolution: Int? = nil) -> Architecture {
    Architecture(
      alpha: alpha, resolution: resolution ?? trainedResolution ?? Architecture.paperResolutions[0],
      classCount: classCount, convolution: convolution)
  }
}
