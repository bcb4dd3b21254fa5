import Model

/// Seeded random weights, for the latency of an α that has no trained ones. Same seed, same weights, on every machine.
public struct RandomWeights: FloatWeightSource {
  public let facts: WeightFacts
  let seed: UInt64

  public init(alpha: Alpha, convolution: Architecture.Convolution = .separable, seed: UInt64 = 1) {
    facts = WeightFacts(alpha: alpha, isTrained: false, convolution: convolution)
    self.seed = seed
  }

  /// He initialisation: the activations keep their size through the layers.
  public func layer(named name: String) throws -> FloatTensors {
    let layers = architecture.layers
    guard let index = layers.firstIndex(where: { $0.name == name }), layers[index].parameters > 0 else {
      preconditionFailure("no layer \(name)")
    }
    let layer = layers[index]
    let fanIn: Int
    let count: Int
    switch layer.kind {
    case .convolution: (fanIn, count) = (9 * layer.inputChannels, 9 * layer.inputChannels * layer.outputChannels)
    case .depthwise: (fanIn, count) = (9, 9 * layer.outputChannels)
    default: (fanIn, count) = (layer.inputChannels, layer.inputChannels * layer.outputChannels)
    }
    var generator = SplitMix64(state: seed &* 1000 &+ UInt64(index))
    // A uniform distribution of the variance 2 / fanIn.
    let reach = Float((6 / Double(fanIn)).squareRoot())
    let kernel = [Float](unsafeUninitializedCapacity: count) { buffer, initialised in
      for i in 0..<count {
        buffer[i] = (Float(generator.next() >> 40) * (2 / 16_777_216) - 1) * reach
      }
      initialised = count
    }
    return FloatTensors(name: name, kernel: kernel, bias: Array(repeating: 0.1, count: layer.outputChannels))
  }
}

/// Steele, Lea and Flood's splittable generator (OOPSLA 2014): small, quick, the same everywhere.
package struct SplitMix64: RandomNumberGenerator {
  package var state: UInt64
  package init(state: UInt64) { self.state = state }

  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
