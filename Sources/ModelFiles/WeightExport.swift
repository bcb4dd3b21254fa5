import CZlib
import FoundationEssentials
import Model
import Platform

/// Writes a network as a file: with the names of its classes, so that whoever has the file has all of it.
public struct WeightExport {
  private let source: any FloatWeightSource
  /// Instead of the source's own `fc`: `[C, classes]`, `[classes]`.
  private let head: FloatTensors
  private let labels: [String]
  private let architecture: Architecture

  /// - Throws: `UserError` where a file cannot say what the network is: its padding or its input is another one than
  ///   TensorFlow's, or the number of classes is none that a network may have, or ImageNet's.
  public init(_ source: any FloatWeightSource, head: FloatTensors, labels: [String]) throws(UserError) {
    let classes = labels.count
    precondition(head.bias.count == classes && head.kernel.count % classes == 0)
    guard source.facts.padding == .same, source.facts.input.border == SIMD3() else {
      throw UserError(
        "these weights cannot be exported: expected TensorFlow's padding with a grey border, found PyTorch's, or an input "
          + "that pads with another colour; give other weights with --weights")
    }
    guard Architecture.classCountRange.contains(classes), !Labels.isImageNet(outputs: classes) else {
      throw UserError(
        "cannot export a network of \(classes) classes: expected 2 to \(Architecture.classCountRange.upperBound), and not "
          + "1000 or 1001, which are taken for ImageNet's")
    }
    self.source = source
    self.head = head
    self.labels = labels
    var facts = source.facts
    facts.classCount = classes
    architecture = facts.architecture()
  }

  private func layer(_ layer: Architecture.Layer) throws -> FloatTensors {
    layer.kind == .fullyConnected ? head : try source.layer(named: layer.name)
  }

  // MARK: safetensors

  /// As `SafetensorsFile` reads it; `__metadata__` has `labels`, a JSON list of the classes' names.
  public func safetensors() throws -> [UInt8] {
    var metadata = [
      "alpha": source.facts.alpha.name, "classes": "\(labels.count)", "trained": "\(source.facts.isTrained)",
      "labels": try Self.json(labels),
    ]
    if let resolution = source.facts.trainedResolution { metadata["trained_resolution"] = "\(resolution)" }
    var fields = ["\"__metadata__\":\(try Self.json(metadata))"]
    var data: [UInt8] = []
    for part in architecture.layers where part.hasWeights {
      let weights = try layer(part)
      for (name, shape, values) in [
        ("kernel", part.kernelShape, weights.kernel), ("bias", [part.outputChannels], weights.bias),
      ] {
        let start = data.count
        values.withUnsafeBytes { data += $0 }
        fields.append(
          "\"\(part.name).\(name)\":{\"dtype\":\"F32\",\"shape\":\(shape),\"data_offsets\":[\(start),\(data.count)]}")
      }
    }
    var header = Array("{\(fields.joined(separator: ","))}".utf8)
    // The values begin at a multiple of eight bytes.
    header += [UInt8](repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
    return withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header + data
  }

  private static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  // MARK: TFLite

  private enum Code {
    static let (convolution, depthwise, fullyConnected, softmax, mean) = (3, 4, 9, 25, 40)
  }

  /// A float32 model from `[1, S, S, 3]` in −1 … 1 to the classes' probabilities, with a `labels.txt` in a zip behind it, as
  /// TensorFlow Lite's metadata has it.
  public func tflite() throws -> [UInt8] {
    var model = Graph()
    let side = architecture.resolution
    let input = model.tensor("image", [1, side, side, 3])
    var current = input
    for part in architecture.layers {
      let result = model.tensor(
        part.name,
        part.outputSide > 1 ? [1, part.outputSide, part.outputSide, part.outputChannels] : [1, part.outputChannels])
      let stride = FlatValue.int32(Int32(part.stride))
      switch part.kind {
      case .convolution, .pointwise:
        let side = part.kind == .convolution ? 3 : 1
        try model.add(
          Code.convolution, [current] + weights(part, [part.outputChannels, side, side, part.inputChannels], &model),
          result,
          type: 1, options: [1: stride, 2: stride, 3: .int8(Self.relu6)])
      case .depthwise:
        try model.add(
          Code.depthwise, [current] + weights(part, [1, 3, 3, part.outputChannels], &model), result, type: 2,
          options: [1: stride, 2: stride, 3: .int32(1), 4: .int8(Self.relu6)])
      case .pool:
        let axes = model.tensor("axes", [2], type: 2, data: [Int32(1), 2].withUnsafeBytes { Array($0) })
        model.add(Code.mean, [current, axes], result, type: 27, options: [:])
      case .fullyConnected:
        try model.add(
          Code.fullyConnected, [current] + weights(part, [part.outputChannels, part.inputChannels], &model), result,
          type: 8,
          options: [:])
      case .softmax: model.add(Code.softmax, [current], result, type: 9, options: [0: .float(1)])
      }
      current = result
    }
    // Lines cannot say names that look like numbered ones; JSON can.
    return model.bytes(input: input, output: current) + Self.zip("labels.txt", Array(try Self.json(labels).utf8))
  }

  /// `ActivationFunctionType.RELU6`
  private static let relu6: Int8 = 3

  /// Kernel and bias of a layer; TFLite has the output channels first.
  private func weights(_ part: Architecture.Layer, _ shape: [Int], _ model: inout Graph) throws -> [Int] {
    let weights = try layer(part)
    let outputs = part.outputChannels
    let kernel =
      part.kind == .depthwise
      ? weights.kernel
      : weights.kernel.withUnsafeBytes {
        transposedArray(Float.self, from: $0, at: 0, rows: weights.kernel.count / outputs, columns: outputs) { $0 }
      }
    return [
      model.tensor("\(part.name).kernel", shape, data: kernel.withUnsafeBytes { Array($0) }),
      model.tensor("\(part.name).bias", [outputs], data: weights.bias.withUnsafeBytes { Array($0) }),
    ]
  }

  /// A model of TFLite's schema, version 3.
  private struct Graph {
    private var tensors: [FlatValue] = []
    private var buffers: [FlatValue] = [.table([:])]
    private var operators: [FlatValue] = []
    private var codes: [Int] = []

    /// - Parameter type: 0 FLOAT32, 2 INT32.
    mutating func tensor(_ name: String, _ shape: [Int], type: Int8 = 0, data: [UInt8] = []) -> Int {
      var fields: [Int: FlatValue] = [0: .int32s(shape), 1: .int8(type), 3: .text(name)]
      if !data.isEmpty {
        fields[2] = .int32(Int32(buffers.count))
        buffers.append(.table([0: .bytes(data)]))
      }
      tensors.append(.table(fields))
      return tensors.count - 1
    }

    /// - Parameter type: of the options, as the schema's `BuiltinOptions` counts.
    mutating func add(_ code: Int, _ inputs: [Int], _ output: Int, type: Int8, options: [Int: FlatValue]) {
      let place = codes.firstIndex(of: code) ?? codes.count
      if place == codes.count { codes.append(code) }
      operators.append(
        .table([
          0: .int32(Int32(place)), 1: .int32s(inputs), 2: .int32s([output]), 3: .int8(type),
          4: .table(options),
        ]))
    }

    func bytes(input: Int, output: Int) -> [UInt8] {
      let graph = FlatValue.table([
        0: .tables(tensors), 1: .int32s([input]), 2: .int32s([output]), 3: .tables(operators),
      ])
      let codes = self.codes.map { FlatValue.table([0: .int8(Int8($0)), 2: .int32(1), 3: .int32(Int32($0))]) }
      return FlatWriter(
        root: .table([0: .int32(3), 1: .tables(codes), 2: .tables([graph]), 4: .tables(buffers)]), identifier: "TFL3"
      ).bytes
    }
  }

  /// A zip with one file in it, stored (PKWARE's APPNOTE, sections 4.3 and 4.4). Places count from its own start.
  private static func zip(_ name: String, _ content: [UInt8]) -> [UInt8] {
    func little(_ value: Int, _ bytes: Int) -> [UInt8] {
      (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    let crc = content.withUnsafeBufferPointer { Int(crc32(0, $0.baseAddress, UInt32($0.count))) }
    // Version 2.0, no flags, stored, at midnight of the first day that zip knows.
    let common =
      little(20, 2) + little(0, 4) + little(0, 2) + little(0x21, 2) + little(crc, 4) + little(content.count, 4)
      + little(content.count, 4) + little(name.utf8.count, 2) + little(0, 2)
    let member = little(0x0403_4b50, 4) + common + Array(name.utf8) + content
    let directory =
      little(0x0201_4b50, 4) + little(20, 2) + common + little(0, 2) + little(0, 2) + little(0, 2) + little(0, 4)
      + little(0, 4)
      + Array(name.utf8)
    return member + directory + little(0x0605_4b50, 4) + little(0, 4) + little(1, 2) + little(1, 2)
      + little(directory.count, 4)
      + little(member.count, 4) + little(0, 2)
  }
}
