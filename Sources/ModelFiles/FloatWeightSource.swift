import Model
import Platform

/// Float32 weights of a whole network, handed out one layer at a time, so that the engine packs a layer and drops it
/// before it asks for the next: a 17 MB file then never stands in memory beside its packed form.
///
/// Whoever makes a source has checked the whole network: every layer is there, shapes are those of
/// `WeightFacts.architecture`, every number is finite.
public protocol FloatWeightSource: Sendable {
  var facts: WeightFacts { get }
  /// A fresh copy of one layer, shapes as in `FloatTensors`; `name` is `conv1`, `dw1`, `pw1` … `fc`.
  /// - Throws: `UserError` if there is no such layer.
  func layer(named name: String) throws -> FloatTensors
}

extension FloatWeightSource {
  /// The layers that have weights, in the order in which they run: conv1, dw1, pw1 … dw13, pw13, fc.
  public var architecture: Architecture { facts.architecture() }

  func noLayer(_ name: String) -> UserError {
    UserError(
      "the weights have no layer '\(name)': expected one of conv1, dw1, pw1 … dw13, pw13, fc. This is a fault of mobilecam"
    )
  }
}

extension FloatWeights: FloatWeightSource {
  /// All layers at once; for tests and tools. The engine takes them one by one.
  public init(_ source: any FloatWeightSource) throws {
    self.init(
      source.facts,
      layers: try source.architecture.layers.filter(\.hasWeights).map { try source.layer(named: $0.name) })
  }

  public func layer(named name: String) throws -> FloatTensors {
    guard let found = layers.first(where: { $0.name == name }) else { throw noLayer(name) }
    return found
  }
}

extension Architecture.Layer {
  /// Whether weight files hold a kernel and a bias for it.
  public var hasWeights: Bool { kind != .pool && kind != .softmax }

  /// The kernel's shape in `FloatWeights` and `QuantizedWeights`: convolution `[3, 3, Cin, Cout]`, depthwise `[3, 3, C]`,
  /// pointwise and fully connected `[Cin, Cout]`; empty for layers without weights.
  public var kernelShape: [Int] {
    switch kind {
    case .convolution: return [3, 3, inputChannels, outputChannels]
    case .depthwise: return [3, 3, outputChannels]
    case .pointwise, .fullyConnected: return [inputChannels, outputChannels]
    case .pool, .softmax: return []
    }
  }
}

extension Alpha {
  /// The α whose first layer has so many channels (8, 16, 24, 32); `nil` for any other number.
  init?(firstLayerChannels count: Int) {
    guard let alpha = Alpha.allCases.first(where: { $0.channels(32) == count }) else { return nil }
    self = alpha
  }
}
