/// MobileNet V1 (Howard et al., 2017, arXiv 1704.04861, Table 1) at a width multiplier α and an input resolution.
///
/// The one place where the shape of the network is written down: planner, benchmark, screen and documents read it here.
public struct Architecture: Sendable, Hashable {
  public enum Kind: String, Sendable, Hashable, Codable {
    case convolution, depthwise, pointwise, pool, fullyConnected = "fully connected", softmax
  }

  /// What stands in each of the thirteen blocks.
  public enum Convolution: String, Sendable, Hashable, Codable, CaseIterable {
    /// A depthwise and a pointwise layer: MobileNet.
    case separable
    /// One standard 3 × 3 convolution of the same input and output: what the paper compares with (section 3.1, Table 4).
    case standard
  }

  /// One layer; shapes are `[H, W, C]` for one image.
  public struct Layer: Sendable, Hashable {
    /// `conv1`, `dw1`, `pw1` … `dw13`, `pw13`, `pool`, `fc`, `softmax`; with standard convolutions `conv1` … `conv14`.
    public let name: String
    public let kind: Kind
    public let stride: Int
    public let inputSide: Int
    public let inputChannels: Int
    public let outputSide: Int
    public let outputChannels: Int

    public var inputShape: [Int] { [inputSide, inputSide, inputChannels] }
    public var outputShape: [Int] { [outputSide, outputSide, outputChannels] }

    /// Multiply-adds, the paper's unit (section 3.1).
    public var multAdds: Int {
      let pixels = outputSide * outputSide
      switch kind {
      case .convolution: return pixels * outputChannels * 9 * inputChannels
      case .depthwise: return pixels * outputChannels * 9
      case .pointwise, .fullyConnected: return pixels * outputChannels * inputChannels
      case .pool, .softmax: return 0
      }
    }

    /// Trainable parameters: weights, the bias of `fc`, and batch norm's γ and β.
    public var parameters: Int {
      switch kind {
      case .convolution: return 9 * inputChannels * outputChannels + 2 * outputChannels
      case .depthwise: return 9 * outputChannels + 2 * outputChannels
      case .pointwise: return inputChannels * outputChannels + 2 * outputChannels
      case .fullyConnected: return inputChannels * outputChannels + outputChannels
      case .pool, .softmax: return 0
      }
    }
  }

  /// The resolutions of the paper, which hotkeys and sweeps step through (ρ = 1, 0.857, 0.714, 0.571).
  public static let paperResolutions = [224, 192, 160, 128]
  /// What the network accepts: a multiple of 32, since five layers halve the side.
  public static let resolutionRange = 32...320
  public static let resolutionStep = 32

  /// How many classes a network may have; ImageNet's whole list has 21 843.
  public static let classCountRange = 2...32_768

  /// Output channels at α = 1 and stride of the thirteen depthwise separable blocks (Table 1).
  package static let blocks: [(channels: Int, stride: Int)] =
    [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)]
    + Array(repeating: (512, 1), count: 5) + [(1024, 2), (1024, 1)]

  public let alpha: Alpha
  /// Side of the square input in pixels.
  public let resolution: Int
  public let classCount: Int
  public let convolution: Convolution
  public let layers: [Layer]
  public let multAdds: Int
  public let parameters: Int

  /// - Precondition: `isValid(resolution:)`.
  public init(alpha: Alpha, resolution: Int, classCount: Int = 1000, convolution: Convolution = .separable) {
    precondition(Self.isValid(resolution: resolution))
    self.alpha = alpha
    self.resolution = resolution
    self.classCount = classCount
    self.convolution = convolution
    var side = resolution / 2
    var channels = alpha.channels(32)
    var layers = [
      Layer(
        name: "conv1", kind: .convolution, stride: 2, inputSide: resolution, inputChannels: 3, outputSide: side,
        outputChannels: channels)
    ]
    for (index, block) in Self.blocks.enumerated() {
      let output = alpha.channels(block.channels)
      switch convolution {
      case .separable:
        layers += [
          Layer(
            name: "dw\(index + 1)", kind: .depthwise, stride: block.stride, inputSide: side, inputChannels: channels,
            outputSide: side / block.stride, outputChannels: channels),
          Layer(
            name: "pw\(index + 1)", kind: .pointwise, stride: 1, inputSide: side / block.stride,
            inputChannels: channels, outputSide: side / block.stride, outputChannels: output),
        ]
      case .standard:
        layers.append(
          Layer(
            name: "conv\(index + 2)", kind: .convolution, stride: block.stride, inputSide: side,
            inputChannels: channels, outputSide: side / block.stride, outputChannels: output))
      }
      side /= block.stride
      channels = output
    }
    layers += [
      Layer(
        name: "pool", kind: .pool, stride: 1, inputSide: side, inputChannels: channels, outputSide: 1,
        outputChannels: channels),
      Layer(
        name: "fc", kind: .fullyConnected, stride: 1, inputSide: 1, inputChannels: channels, outputSide: 1,
        outputChannels: classCount),
      Layer(
        name: "softmax", kind: .softmax, stride: 1, inputSide: 1, inputChannels: classCount, outputSide: 1,
        outputChannels: classCount),
    ]
    self.layers = layers
    multAdds = layers.reduce(0) { $0 + $1.multAdds }
    parameters = layers.reduce(0) { $0 + $1.parameters }
  }

  public static func isValid(resolution: Int) -> Bool {
    resolutionRange.contains(resolution) && resolution % resolutionStep == 0
  }

  /// Channels of the last feature map, which is what `fc` reads.
  public var featureCount: Int { layers[layers.count - 2].inputChannels }

  /// The resolution multiplier ρ (paper section 3.4).
  public var rho: Double { Double(resolution) / 224 }

  /// Of every α, rising, the resolutions that `isValid`, rising.
  fileprivate static let all = Alpha.allCases.map { alpha in
    stride(from: resolutionRange.lowerBound, through: resolutionRange.upperBound, by: resolutionStep).map {
      Architecture(alpha: alpha, resolution: $0)
    }
  }
}

extension Configuration {
  /// The network's shape, out of a table: it is asked for at each result and in comparisons.
  /// - Precondition: `Architecture.isValid(resolution:)`.
  public var architecture: Architecture {
    precondition(Architecture.isValid(resolution: resolution))
    return Architecture.all[alpha.index][resolution / Architecture.resolutionStep - 1]
  }
}
