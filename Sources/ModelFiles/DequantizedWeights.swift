import Model

/// Float32 weights made of a quantized file's, where nobody has the float ones.
///
/// The activations' steps are left out: what remains is ReLU6 as in the float network.
public struct DequantizedWeights: FloatWeightSource {
  private let source: QuantizedWeights

  public init(_ source: QuantizedWeights) { self.source = source }

  public var facts: WeightFacts { source.facts }

  public func layer(named name: String) throws -> FloatTensors {
    guard let layer = source.layers.first(where: { $0.name == name }) else { throw noLayer(name) }
    let channels = layer.bias.count
    func scale(_ channel: Int) -> Float { layer.weightScales[layer.weightScales.count == 1 ? 0 : channel] }
    func zeroPoint(_ channel: Int) -> Int32 { layer.weightZeroPoints[layer.weightZeroPoints.count == 1 ? 0 : channel] }
    // The output channel is the kernel's last dimension.
    let kernel = layer.kernel.indices.map { index in
      scale(index % channels) * Float(Int32(layer.kernel[index]) - zeroPoint(index % channels))
    }
    let bias = (0..<channels).map { Float(Double(layer.input.scale) * Double(scale($0)) * Double(layer.bias[$0])) }
    return FloatTensors(name: name, kernel: kernel, bias: bias).taking(name == "conv1" ? facts.input : .signed)
  }
}
