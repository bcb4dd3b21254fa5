import Model

/// Turns the parts of an 8-bit TFLite network into `QuantizedWeights`, in its convention.
struct TFLiteQuantized {
  let network: TFLiteNetwork
  let model: TFLiteModel
  let file: MappedFile
  private typealias Quantization = QuantizedWeights.Quantization

  /// - Parameter wish: what the user says of the input's range.
  /// - Throws: `WeightFault`
  func read(isTrained: Bool, inputRange wish: InputNormalization?) throws -> QuantizedWeights {
    var layers: [QuantizedTensors] = []
    for part in network.parts { layers.append(try layer(part)) }
    guard let first = layers.first, let last = layers.last else { preconditionFailure("a network without layers") }
    if let softmax = network.softmax {
      let logits = try model.tensor(softmax.input)
      guard try !logits.isBytes || logits.bytesQuantization("the input of 'softmax'") == last.output else {
        throw WeightFault("its logits change their scale between 'fc' and 'softmax': expected the same")
      }
    }
    let table = try network.input.pixelTable(wish, to: first.input)
    return QuantizedWeights(
      network.facts(isTrained: isTrained, input: try network.input.normalization(wish, firstKernel: nil)),
      input: first.input, pixelTable: table, layers: layers,
      poolOutput: try activation(network.poolOutput, "the output of 'pool'"),
      probabilities: try probabilities())
  }

  /// Of the file's own softmax, or steps as fine as those of most files.
  private func probabilities() throws -> Quantization {
    guard let softmax = network.softmax, try model.tensor(softmax.output).isBytes else {
      return Quantization(scale: 1 / 256, zeroPoint: 0)
    }
    return try activation(softmax.output, "the output of 'softmax'")
  }

  private func layer(_ part: TFLiteNetwork.Part) throws -> QuantizedTensors {
    let name = part.layer.name
    let input = try activation(part.input, "the input of '\(name)'")
    let output = try activation(part.output, "the output of '\(name)'")
    let (scales, zeroPoints) = try part.kernelQuantization()
    if let bias = part.bias, bias.kind != .int32 {
      throw WeightFault("the bias of '\(name)' is \(bias.typeName): expected INT32")
    }
    let layer = QuantizedTensors(
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
    let flip: UInt8 = part.kernel.kind == .uint8 ? 0x80 : 0
    let (rows, columns) = part.matrix
    return transposedArray(
      UInt8.self, from: file.bytes, at: part.kernel.data.lowerBound, rows: rows, columns: columns
    ) { Int8(bitPattern: $0 ^ flip) }
  }

  private func bias(_ part: TFLiteNetwork.Part) -> [Int32] {
    guard let bias = part.bias else { return Array(repeating: 0, count: part.layer.outputChannels) }
    defer { file.release() }
    return copyArray(Int32.self, from: file.bytes, at: bias.data.lowerBound, count: part.layer.outputChannels)
  }

  private func activation(_ index: Int, _ what: String) throws -> Quantization {
    try model.tensor(index).bytesQuantization(what)
  }

  /// Biases stand in units of input scale × weight scale; a file that says otherwise would give wrong sums. LiteRT
  /// allows the same 0.02 steps of the output.
  private func checkBiasScale(_ part: TFLiteNetwork.Part, _ layer: QuantizedTensors) throws {
    guard let bias = part.bias else { return }
    let (scales, _) = try bias.parameters("the bias of '\(layer.name)'", limit: max(1, layer.weightScales.count))
    for channel in layer.weightScales.indices {
      let scale = Double(scales.count == 1 ? scales[0] : scales[channel])
      let expected = Double(layer.input.scale) * Double(layer.weightScales[channel])
      guard abs(scale - expected) / Double(layer.output.scale) <= 0.02 else {
        throw WeightFault("the bias of '\(layer.name)' has scale \(scale): expected \(expected)")
      }
    }
  }
}

extension TFLiteNetwork.Part {
  /// One scale and zero point, or one for each output channel; zero points in signed bytes.
  func kernelQuantization() throws -> ([Float], [Int32]) {
    let what = "the kernel of '\(layer.name)'"
    let (scales, zeroPoints) = try kernel.parameters(what, limit: layer.outputChannels)
    if scales.count > 1 {
      let dimension = try kernel.quantization?.scalar(6, default: Int32(0)) ?? 0
      let expected: Int32 = layer.kind == .depthwise ? 3 : 0
      guard scales.count == layer.outputChannels, dimension == expected, zeroPoints.allSatisfy({ $0 == 0 }) else {
        throw WeightFault(
          "\(what) has \(scales.count) scales along dimension \(dimension): expected 1, or "
            + "\(layer.outputChannels) along dimension \(expected) with zero points 0")
      }
    }
    return (scales, try zeroPoints.map { try kernel.shifted($0, to: -128, what) })
  }
}
