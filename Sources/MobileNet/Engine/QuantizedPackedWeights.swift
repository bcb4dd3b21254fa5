import Kernels
import Model
import ModelFiles

/// The weights of an 8-bit network in the layout of one instruction set; resolutions share them. Nothing is written once
/// they are packed, so threads may share them.
public final class QuantizedPackedWeights: @unchecked Sendable {
  public let facts: WeightFacts
  public let kernels: QuantizedKernelTable

  private let layers: [String: QuantizedPackedLayer]
  private let storage: [AlignedBuffer]

  let ends: QuantizedEnds

  /// An 8-bit file's network, with the file's own scales.
  public convenience init(_ source: QuantizedWeights, kernels: QuantizedKernelTable) {
    self.init(source.facts, kernels: kernels, ends: QuantizedEnds(source)) { index, _ in
      QuantizedLayer(source.layers[index])
    }
  }

  /// A float network, quantized here, with no images for calibration: weights with a scale for each output channel,
  /// activations from 0 to the most that the layer before can give, 6 because of its ReLU6. Bytes of the image are the
  /// pixels themselves, zero being 127.5. Logits stay real. Takes one layer at a time from `source`.
  public convenience init(quantizing source: some FloatWeightSource, kernels: QuantizedKernelTable) throws {
    var statistics = NoiseStatistics(padding: source.facts.padding)
    var inputScales = [Double](repeating: 1 / 127.5, count: 3)
    try self.init(source.facts, kernels: kernels, ends: QuantizedEnds(border: source.facts.input.border)) {
      index, layer throws in
      let data = try source.layer(named: layer.name)
      let means = statistics.means
      var outputScales = [Double](repeating: 1, count: layer.outputChannels)
      if layer.kind != .fullyConnected {
        statistics.advance(data, kind: layer.kind, stride: layer.stride)
        // The pool and the classifier behind it have one scale for all channels.
        outputScales = statistics.largest.map { (layer.name == "pw13" ? 6 : $0) / 255 }
      }
      defer { inputScales = outputScales }
      return QuantizedLayer(
        data, kind: layer.kind, inputScales: inputScales, inputZeroPoint: index == 0 ? 127.5 : 0,
        inputMeans: zip(means, inputScales).map { $0 / Float($1) }, outputScales: outputScales)
    }
  }

  private init(
    _ facts: WeightFacts, kernels: QuantizedKernelTable, ends: QuantizedEnds,
    layer make: (Int, Architecture.Layer) throws -> QuantizedLayer
  ) rethrows {
    self.facts = facts
    self.kernels = kernels
    self.ends = ends

    var layers: [String: QuantizedPackedLayer] = [:]
    var storage: [AlignedBuffer] = []
    for (index, layer) in facts.architecture().layers.filter(\.hasWeights).enumerated() {
      let data = try make(index, layer)
      let (packed, buffer) =
        layer.kind == .depthwise
        ? Self.packDepthwise(data, layer, kernels) : Self.packPanels(data, layer, kernels)
      layers[layer.name] = packed
      storage.append(buffer)
    }
    self.layers = layers
    self.storage = storage
  }

  subscript(name: String) -> QuantizedPackedLayer {
    guard let layer = layers[name] else { preconditionFailure("no layer \(name) among those of Architecture") }
    return layer
  }

  private static func packDepthwise(
    _ data: QuantizedLayer, _ layer: Architecture.Layer, _ kernels: QuantizedKernelTable
  ) -> (QuantizedPackedLayer, AlignedBuffer) {
    let layout = kernels.depthwiseLayout
    let parts = layout.parts(data.kernel)
    let buffer = AlignedBuffer(layout.words(channels: layer.outputChannels, stride: layer.stride, parts: parts))
    let weights = buffer.words
    layout.pack(kernel: data.kernel, bias: data.bias, scales: data.scales, stride: layer.stride, into: weights)
    let packed = QuantizedPackedLayer(
      weights: UnsafePointer(weights), bias: UnsafePointer(weights), scales: UnsafePointer(buffer.pointer),
      range: data.range, correction: 0, parts: parts)
    return (packed, buffer)
  }

  private static func packPanels(
    _ data: QuantizedLayer, _ layer: Architecture.Layer, _ kernels: QuantizedKernelTable
  ) -> (QuantizedPackedLayer, AlignedBuffer) {
    var data = data
    let panels = kernels.panels
    let correction = kernels.elementBytes == 1 ? data.makeBytes() : 0
    let isClassifier = layer.kind == .fullyConnected
    // The classifier's outputs are padded to whole vectors, which the last panel then counts in.
    let columns = isClassifier ? panels.paddedColumns(layer.outputChannels) : layer.outputChannels
    let order = panels.order(columns, isNatural: isClassifier).map { place in
      place.flatMap { $0 < layer.outputChannels ? $0 : nil }
    }
    let (runs, length) = layer.kind == .convolution ? (3, 9) : (1, layer.inputChannels)
    let depth = runs * panels.words(length)
    let padded = (order.count + 15) / 16 * 16
    let buffer = AlignedBuffer(padded * depth + 2 * padded)
    let bias = buffer.words + padded * depth
    let scales = buffer.pointer + padded * (depth + 1)
    let biases = panels.biases(data.bias, kernel: data.kernel)
    for (place, channel) in order.enumerated() {
      guard let channel else { continue }
      bias[place] = biases[channel]
      scales[place] = data.scales[channel]
    }
    data.kernel.withUnsafeBufferPointer {
      panels.pack(
        $0.baseAddress!, runs: runs, runLength: length, columns: layer.outputChannels, widths: columns, order: order,
        into: buffer.words)
    }
    let packed = QuantizedPackedLayer(
      weights: UnsafePointer(buffer.words), bias: UnsafePointer(bias), scales: UnsafePointer(scales),
      range: data.range, correction: correction, parts: 1)
    return (packed, buffer)
  }
}

/// Where a layer of `QuantizedPackedWeights` lies, and what its kernel needs beside.
struct QuantizedPackedLayer {
  /// For depthwise layers biases and scales are among the weights.
  var weights: UnsafePointer<Int32>
  var bias: UnsafePointer<Int32>
  var scales: UnsafePointer<Float>
  var range: OutputRange
  /// What each pixel's sum of inputs adds to its sums; 0 for none.
  var correction: Int32
  /// Parts of a depthwise layer's weights.
  var parts: Int
}

/// What stands at the ends of an 8-bit network: how pixels become its bytes, and what pool and classifier make of them.
struct QuantizedEnds {
  /// The byte for each value of a pixel's channel; or three such tables, for red, green and blue.
  var pixelTable = (0...255).map { UInt8($0) }
  /// The pixel around the image, nearest to zero.
  var inputBorder: [UInt8]
  /// From sums of the last layer's outputs to the pool's: a factor, which still lacks 1 / pixels, and the zero points.
  var poolScale = 1.0
  var poolInputZeroPoint: Int32 = 0
  var poolRange = OutputRange(zeroPoint: 0, low: 0, high: 255)
  /// A step of the last layer's outputs, in real numbers.
  var featureScale: Float = 6 / 255
  /// Steps that the file's own logits are rounded to; `nil` where they are left as they are.
  var logits: QuantizedWeights.Quantization?

  /// Of a network that is quantized here: pixels are as they come, and the border the byte nearest to a number of −1 … 1.
  init(border: SIMD3<Float>) {
    inputBorder = (0..<3).map {
      UInt8(min(max((127.5 * (border[$0] + 1)).rounded(.toNearestOrAwayFromZero), 0), 255))
    }
  }

  /// Those of an 8-bit file.
  init(_ source: QuantizedWeights) {
    let last = source.layers[source.layers.count - 2].output
    pixelTable = source.pixelTable
    inputBorder = Array(repeating: UInt8(source.input.zeroPoint), count: 3)
    poolScale = Double(last.scale) / Double(source.poolOutput.scale)
    poolInputZeroPoint = last.zeroPoint
    featureScale = last.scale
    poolRange.zeroPoint = source.poolOutput.zeroPoint
    logits = source.layers[source.layers.count - 1].output
  }
}

extension AlignedBuffer {
  /// The same memory as words.
  var words: UnsafeMutablePointer<Int32> { UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: Int32.self) }
  /// The same memory as bytes.
  var bytes: UnsafeMutablePointer<UInt8> { UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: UInt8.self) }
}
