/// Turns the parts of an 8-bit TFLite network into `QuantizedWeights`, in its convention.
struct TFLiteQuantized {
  let network: TFLiteNetwork
  let model: TFLiteModel
  let file: MappedFile
  private typealias Quantization = QuantizedWeights.Quantization

  /// - Throws: `WeightFault`
  func read(isTrained: Bool) throws -> QuantizedWeights {
    var layers: [QuantizedWeights.Layer] = []
    for part in network.parts { layers.append(try layer(part)) }
    let logits = try activation(network.softmaxInput, "the input of 'softmax'")
    guard let first = layers.first, let last = layers.last, last.output == logits else {
      throw WeightFault("its logits change their scale between 'fc' and 'softmax': expected the same")
    }
    return QuantizedWeights(
      alpha: network.alpha, classCount: network.classCount, trainedResolution: network.resolution,
      isTrained: isTrained, input: first.input,
      takesPixels: network.inputType == TFLiteType.uint8.rawValue && network.parts[0].input == model.input,
      layers: layers, poolOutput: try activation(network.poolOutput, "the output of 'pool'"),
      probabilities: try activation(network.softmaxOutput, "the output of 'softmax'"))
  }

  private func layer(_ part: TFLiteNetwork.Part) throws -> QuantizedWeights.Layer {
    let name = part.layer.name
    let input = try activation(part.input, "the input of '\(name)'")
    let output = try activation(part.output, "the output of '\(name)'")
    let (scales, zeroPoints) = try weightQuantization(part)
    guard part.bias.type == TFLiteType.int32.rawValue else {
      throw WeightFault("the bias of '\(name)' is \(TFLiteType.name(part.bias.type)): expected INT32")
    }
    let layer = QuantizedWeights.Layer(
      name: name, kernel: kernel(part), weightScales: scales, weightZeroPoints: zeroPoints, bias: bias(part),
      input: input, output: output,
      outputRange: part.layer.kind == .fullyConnected ? 0...255 : QuantizedWeights.relu6Range(output))
    guard layer.bias.allSatisfy({ $0.magnitude <= 1 << 30 }) else {
      throw WeightFault("the bias of '\(name)' overflows: expected at most 2^30")
    }
    for channel in scales.indices {
      let multiplier = layer.multiplier(channel)
      guard multiplier > 0, multiplier < 65536 else {
        throw WeightFault("the scales of '\(name)' make a factor of \(multiplier): expected one from 0 to 65536")
      }
    }
    try checkBiasScale(part, layer)
    return layer
  }

  private func kernel(_ part: TFLiteNetwork.Part) -> [Int8] {
    defer { file.release() }
    // An unsigned byte less 128 is the same bits with the top one flipped, read as signed.
    let flip: UInt8 = part.kernel.type == TFLiteType.uint8.rawValue ? 0x80 : 0
    let (rows, columns) = part.matrix
    return transposedArray(
      UInt8.self, from: file.bytes, at: part.kernel.data.lowerBound, rows: rows, columns: columns
    ) { Int8(bitPattern: $0 ^ flip) }
  }

  private func bias(_ part: TFLiteNetwork.Part) -> [Int32] {
    defer { file.release() }
    return copyArray(
      Int32.self, from: file.bytes, at: part.bias.data.lowerBound, count: part.layer.outputChannels)
  }

  /// One scale and zero point, or one for each output channel.
  private func weightQuantization(_ part: TFLiteNetwork.Part) throws -> ([Float], [Int32]) {
    let what = "the kernel of '\(part.layer.name)'"
    let (scales, zeroPoints) = try parameters(part.kernel, what, limit: part.layer.outputChannels)
    if scales.count > 1 {
      let dimension = try part.kernel.quantization?.scalar(6, default: Int32(0)) ?? 0
      let expected: Int32 = part.layer.kind == .depthwise ? 3 : 0
      guard scales.count == part.layer.outputChannels, dimension == expected, zeroPoints.allSatisfy({ $0 == 0 }) else {
        throw WeightFault(
          "\(what) has \(scales.count) scales along dimension \(dimension): expected 1, or "
            + "\(part.layer.outputChannels) along dimension \(expected) with zero points 0")
      }
    }
    return (scales, try zeroPoints.map { try shifted($0, part.kernel.type, to: -128, what) })
  }

  private func activation(_ index: Int, _ what: String) throws -> Quantization {
    let tensor = try model.tensor(index)
    guard tensor.type == TFLiteType.uint8.rawValue || tensor.type == TFLiteType.int8.rawValue else {
      throw WeightFault("\(what) is \(TFLiteType.name(tensor.type)): expected UINT8 or INT8 as its kernels are")
    }
    let (scales, zeroPoints) = try parameters(tensor, what, limit: 1)
    return Quantization(scale: scales[0], zeroPoint: try shifted(zeroPoints[0], tensor.type, to: 0, what))
  }

  /// Scales and zero points: as many of each, at least one, at most `limit`.
  private func parameters(
    _ tensor: TFLiteTensor, _ what: String, limit: Int
  ) throws -> (scales: [Float], zeroPoints: [Int64]) {
    guard let table = tensor.quantization else { throw WeightFault("\(what) has no scale") }
    let scales = try table.vector(2, of: Float.self).elements(limit: limit)
    let zeroPoints = try table.vector(3, of: Int64.self).elements(limit: limit)
    guard !scales.isEmpty, scales.count == zeroPoints.count else {
      throw WeightFault("\(what) has \(scales.count) scales and \(zeroPoints.count) zero points")
    }
    guard scales.allSatisfy({ $0.isFinite && $0 > 0 }) else {
      throw WeightFault("\(what) has a scale that is no number above 0")
    }
    return (scales, zeroPoints)
  }

  /// A zero point of the file's type, moved to bytes that start at `lowest` (0 unsigned, -128 signed).
  private func shifted(_ zeroPoint: Int64, _ type: Int, to lowest: Int64, _ what: String) throws -> Int32 {
    let from: Int64 = type == TFLiteType.uint8.rawValue ? 0 : -128
    guard (from...from + 255).contains(zeroPoint) else {
      throw WeightFault("\(what) has zero point \(zeroPoint): expected \(from) to \(from + 255)")
    }
    return Int32(zeroPoint - from + lowest)
  }

  /// Biases stand in units of input scale × weight scale; a file that says otherwise would give wrong sums. LiteRT
  /// allows the same 0.02 steps of the output.
  private func checkBiasScale(_ part: TFLiteNetwork.Part, _ layer: QuantizedWeights.Layer) throws {
    let (scales, _) = try parameters(
      part.bias, "the bias of '\(layer.name)'", limit: max(1, layer.weightScales.count))
    for channel in layer.weightScales.indices {
      let scale = Double(scales.count == 1 ? scales[0] : scales[channel])
      let expected = Double(layer.input.scale) * Double(layer.weightScales[channel])
      guard abs(scale - expected) / Double(layer.output.scale) <= 0.02 else {
        throw WeightFault("the bias of '\(layer.name)' has scale \(scale): expected \(expected)")
      }
    }
  }
}
