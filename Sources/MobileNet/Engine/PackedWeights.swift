import CCPU
import CSystem
import Kernels
import Model
import ModelFiles

/// The weights of one α in the layout of one instruction set; resolutions share them.
public final class PackedWeights: Sendable {
  public let facts: WeightFacts
  /// What stands around the image.
  let inputBorder: SIMD3<Float>
  public let kernels: KernelTable

  /// Where a layer's weights and biases lie in `storage`, in words.
  struct Place {
    var weights: Int
    var bias: Int
  }
  let places: [String: Place]
  let storage: AlignedBuffer

  /// Takes one layer at a time from `source`, so that a second copy of the network never exists.
  public init(_ source: some FloatWeightSource, kernels: KernelTable) throws {
    facts = source.facts
    inputBorder = facts.input.border
    self.kernels = kernels

    let layers = source.architecture.layers.filter(\.hasWeights)
    func aligned(_ count: Int) -> Int { (count + 15) / 16 * 16 }
    var places: [String: Place] = [:]
    var total = 0
    for layer in layers {
      let columns = kernels.panels.paddedColumns(layer.outputChannels)
      var place = Place(weights: total, bias: 0)
      switch layer.kind {
      case .depthwise: total += aligned(kernels.depthwiseLayout.words(channels: layer.outputChannels))
      case .convolution: total += aligned(9 * layer.inputChannels * columns)
      default: total += aligned(kernels.panels.words(depth: layer.inputChannels, columns: columns))
      }
      place.bias = total
      total += aligned(columns)
      places[layer.name] = place
    }
    self.places = places
    storage = AlignedBuffer(total)

    var correction = kernels.format == .float32 ? nil : BiasCorrection(kernels.format, padding: facts.padding)
    // The largest first: while its copy is in memory, least of the packed weights is. A correction needs the network's order.
    for layer in correction == nil ? layers.sorted(by: { $0.parameters > $1.parameters }) : layers {
      guard let place = places[layer.name] else { continue }
      let data = try source.layer(named: layer.name)
      let biases = correction?.biases(of: data, kind: layer.kind, stride: layer.stride) ?? data.bias
      let weights = storage.pointer + place.weights
      data.kernel.withUnsafeBufferPointer { kernel in
        biases.withUnsafeBufferPointer { source in
          (storage.pointer + place.bias).update(from: source.baseAddress!, count: source.count)
          switch layer.kind {
          case .depthwise:
            kernels.depthwiseLayout.pack(
              kernel: kernel.baseAddress!, bias: source.baseAddress!, channels: layer.outputChannels, into: weights)
          default:
            kernels.panels(of: layer.kind).pack(
              kernel.baseAddress!, depth: kernel.count / layer.outputChannels, columns: layer.outputChannels,
              into: weights)
          }
        }
      }
    }
    // The copies of single layers took megabytes of heap that nobody needs again.
    mobilecam_trim_heap()
  }

  subscript(name: String) -> PackedLayer {
    guard let place = places[name] else { preconditionFailure("no layer \(name) among those of Architecture") }
    return PackedLayer(
      weights: UnsafePointer(storage.pointer + place.weights), bias: UnsafePointer(storage.pointer + place.bias))
  }
}

extension KernelTable {
  /// How the weights of a layer are packed that is no depthwise one.
  func panels(of kind: Architecture.Kind) -> PanelLayout {
    switch kind {
    case .convolution: firstPanels
    case .fullyConnected: classPanels
    default: panels
    }
  }
}

/// Where a layer of `PackedWeights` lies.
struct PackedLayer {
  let weights: UnsafePointer<Float>
  /// Of a depthwise layer among the weights as well, where its kernel reads it.
  let bias: UnsafePointer<Float>
}
