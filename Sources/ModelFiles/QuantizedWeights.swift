import Model

/// Weights of a whole 8-bit network, with everything that turns its integers into real numbers.
///
/// One convention, whatever the file's own (readers convert):
/// - **Activations** are unsigned bytes: real = scale × (q − zeroPoint), q and zeroPoint in 0…255. Files with signed
///   activations have 128 added to values and zero points.
/// - **Kernels** are signed bytes: real = weightScale × (w − weightZeroPoint), w and weightZeroPoint in -128…127. Files with unsigned kernels
///   have 128 taken off values and zero points.
/// - **Layer**: acc[o] = bias[o] + Σ (x − input.zeroPoint) × (w[…, o] − weightZeroPoint), a 32-bit integer;
///   out[o] = clamp(round(acc[o] × multiplier(o)) + output.zeroPoint) to `outputRange`. Padding has the value `input.zeroPoint`, so that it
///   adds nothing. `outputRange` holds the layer's ReLU6.
/// - **Pool**: the mean over all pixels of the last layer's output, rescaled to `poolOutput` (equal scales in most files: then
///   only rounded). **Softmax** of the real logits (output of `fc`), as `probabilities`: q = round(p / scale) + zeroPoint.
///
/// Promised of every value that a reader returns: scales are finite and above 0, every multiplier is above 0 and below 65536,
/// |bias| ≤ 2^30, so `acc` fits 32 bits (1024 × 255 × 255 < 2^27).
public struct QuantizedWeights: Sendable {
  /// real = scale × (q − zeroPoint), q in 0…255.
  public struct Quantization: Sendable, Hashable {
    public let scale: Float
    /// 0…255.
    public let zeroPoint: Int32

    public init(scale: Float, zeroPoint: Int32) {
      self.scale = scale
      self.zeroPoint = zeroPoint
    }
  }

  /// Its `input` is that of the first layer in real numbers: what it reads for a pixel.
  public let facts: WeightFacts
  /// The image as the first layer reads it; bytes come from `pixelTable`.
  public let input: Quantization
  /// The first layer's input byte for each value 0…255 of a pixel's channel; or three such tables, one for each of red,
  /// green and blue, where they differ. In networks trained on bytes (the official quantized ones) it is the pixel itself.
  public let pixelTable: [UInt8]
  /// conv1, dw1, pw1 … dw13, pw13, fc: 28 layers, each one's `output` the next one's `input` (`poolOutput` for fc).
  public let layers: [QuantizedTensors]
  public let poolOutput: Quantization
  public let probabilities: Quantization

  public init(
    _ facts: WeightFacts, input: Quantization, pixelTable: [UInt8], layers: [QuantizedTensors],
    poolOutput: Quantization, probabilities: Quantization
  ) {
    self.facts = facts
    self.input = input
    self.pixelTable = pixelTable
    self.layers = layers
    self.poolOutput = poolOutput
    self.probabilities = probabilities
  }

  /// The byte nearest to a real value, halves away from zero, clamped to 0…255.
  public static func byte(for real: Float, _ quantization: Quantization) -> UInt8 {
    let steps = (real / quantization.scale).rounded(.toNearestOrAwayFromZero) + Float(quantization.zeroPoint)
    return UInt8(min(max(steps, 0), 255))
  }

  /// `outputRange` of a layer with ReLU6.
  public static func relu6Range(_ output: Quantization) -> ClosedRange<UInt8> {
    byte(for: 0, output)...byte(for: 6, output)
  }
}

/// A layer's weights as bytes, with what makes real numbers of them and of what the layer reads and gives.
public struct QuantizedTensors: Sendable {
  /// `conv1`, `dw1`, `pw1` … `fc`.
  public let name: String
  /// convolution `[3, 3, Cin, Cout]`, depthwise `[3, 3, C]`, pointwise and fully connected `[Cin, Cout]`.
  public let kernel: [Int8]
  /// One for the whole kernel, or one for each output channel.
  public let weightScales: [Float]
  /// As many as `weightScales`; -128…127; all 0 where there is one for each channel.
  public let weightZeroPoints: [Int32]
  /// `[Cout]`, in units of input.scale × weightScale.
  public let bias: [Int32]
  public let input: QuantizedWeights.Quantization
  public let output: QuantizedWeights.Quantization
  /// What ReLU6 leaves of 0…255: from the byte for 0 to the byte for 6; 0…255 for `fc`.
  public let outputRange: ClosedRange<UInt8>

  public init(
    name: String, kernel: [Int8], weightScales: [Float], weightZeroPoints: [Int32], bias: [Int32],
    input: QuantizedWeights.Quantization, output: QuantizedWeights.Quantization, outputRange: ClosedRange<UInt8>
  ) {
    self.name = name
    self.kernel = kernel
    self.weightScales = weightScales
    self.weightZeroPoints = weightZeroPoints
    self.bias = bias
    self.input = input
    self.output = output
    self.outputRange = outputRange
  }

  /// What turns output channel `channel`'s accumulator into steps of the output: input.scale × weightScale /
  /// output.scale, in double precision as LiteRT computes it.
  public func multiplier(_ channel: Int) -> Double {
    let scale = weightScales.count == 1 ? weightScales[0] : weightScales[channel]
    return Double(input.scale) * Double(scale) / Double(output.scale)
  }
}
