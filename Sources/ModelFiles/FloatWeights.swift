import Model

/// Float32 weights of a whole network, batch norm folded into kernels and biases, in the order of `Architecture.layers`.
public struct FloatWeights: Sendable {
  public let facts: WeightFacts
  /// conv1, dw1, pw1 … dw13, pw13, fc: 28 layers.
  public let layers: [FloatTensors]

  public init(_ facts: WeightFacts, layers: [FloatTensors]) {
    self.facts = facts
    self.layers = layers
  }
}

/// A layer's weights as float32 numbers.
public struct FloatTensors: Sendable {
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

  /// The first layer, made for `input`, for an image of pixel / 127.5 − 1.
  func taking(_ input: InputNormalization) -> FloatTensors {
    guard input != .signed else { return self }
    let (factor, term) = input.ofSigned
    let channels = bias.count
    var kernel = kernel
    var bias = bias.map(Double.init)
    for index in kernel.indices {
      let color = index / channels % 3
      bias[index % channels] += term[color] * Double(kernel[index])
      kernel[index] *= Float(factor[color])
    }
    return FloatTensors(name: name, kernel: kernel, bias: bias.map { Float($0) })
  }

  /// - Throws: `WeightFault` where weights, made for another input, have left what float32 holds.
  func checkFinite() throws {
    guard kernel.allSatisfy(\.isFinite), bias.allSatisfy(\.isFinite) else {
      throw WeightFault("'\(name)' holds NaN or infinity once it takes pixels: expected finite weights")
    }
  }
}
