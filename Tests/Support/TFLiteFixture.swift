import MobileNet
import Model
import ModelFiles

/// A TFLite file of MobileNet V1 at α = 0.25 and 224, or what a test makes of it.
package struct TFLiteFixture: Sendable {
  /// The three kinds come with three ways of writing the end of the network.
  package enum Kind: Int, CaseIterable, Codable, Sendable {
    /// MEAN, CONV_2D, SQUEEZE, SOFTMAX; 1000 classes.
    case float = 0
    /// As the official ones: AVERAGE_POOL_2D, CONV_2D, RESHAPE, SOFTMAX; 1001 classes.
    case uint8 = 3
    /// QUANTIZE first, MEAN, RESHAPE, FULLY_CONNECTED, SOFTMAX, DEQUANTIZE; scales per channel; operators in disorder.
    case int8 = 9
  }

  package struct Tensor: Sendable {
    package var shape: [Int]
    package var type: Int
    package var data: [UInt8] = []
    package var scales: [Float] = []
    package var zeroPoints: [Int] = []
    package var dimension = 0

    package init(
      shape: [Int], type: Int, data: [UInt8] = [], scales: [Float] = [], zeroPoints: [Int] = []
    ) {
      (self.shape, self.type, self.data, self.scales, self.zeroPoints) = (shape, type, data, scales, zeroPoints)
    }
  }

  package struct Operator: Sendable {
    package var code: Int
    package var inputs: [Int]
    package var outputs: [Int]
    package var options: [Int: FlatValue] = [:]

    package init(code: Int, inputs: [Int], outputs: [Int], options: [Int: FlatValue] = [:]) {
      (self.code, self.inputs, self.outputs, self.options) = (code, inputs, outputs, options)
    }
  }

  package let kind: Kind
  package var version = 3
  package var tensors: [Tensor] = []
  package var operators: [Operator] = []
  package var output = 0
  /// More than one makes a model that we do not read.
  package var outputs: [Int]?
  /// Of operators with code 32.
  package var customName = "Custom"
  package var metadata: FlatValue?
  /// Behind the FlatBuffer.
  package var appended: [UInt8] = []

  /// Scale and zero point (as the file has it) of every activation.
  package static let activationScale: Float = 6 / 255
  package var zeroPoint: Int { kind == .uint8 ? 0 : -128 }

  /// Made once: filling arrays of weights is slow in debug builds.
  private static let made = Dictionary(uniqueKeysWithValues: Kind.allCases.map { ($0, TFLiteFixture(making: $0)) })

  package init(_ kind: Kind) { self = Self.made[kind]! }

  private init(making kind: Kind) {
    self.kind = kind
    let classes = kind == .uint8 ? 1001 : 1000
    var current = add(
      Tensor(shape: [1, 224, 224, 3], type: kind == .uint8 ? 3 : 0, scales: [Float(1) / 128], zeroPoints: [128]))
    if kind == .int8 {
      let quantized = add(Tensor(shape: [1, 224, 224, 3], type: 9, scales: [Float(1) / 128], zeroPoints: [0]))
      operators.append(Operator(code: 114, inputs: [current], outputs: [quantized]))
      current = quantized
    }
    for layer in Architecture(alpha: .quarter, resolution: 224, classCount: classes).layers {
      let result = add(activation([1, layer.outputSide, layer.outputSide, layer.outputChannels], layer.name))
      switch layer.kind {
      case .pool:
        if kind == .uint8 {
          operators.append(
            Operator(
              code: 1, inputs: [current], outputs: [result],
              options: [0: .int8(1), 1: .int32(2), 2: .int32(2), 3: .int32(7), 4: .int32(7)]))
        } else {
          let axes = add(Tensor(shape: [2], type: 2, data: [1, 0, 0, 0, 2, 0, 0, 0]))
          operators.append(Operator(code: 40, inputs: [current, axes], outputs: [result], options: [0: .int8(1)]))
        }
      case .softmax:
        if kind != .int8 {
          let flat = add(tensors[current])
          operators.append(Operator(code: kind == .float ? 43 : 22, inputs: [current], outputs: [flat]))
          current = flat
        }
        operators.append(Operator(code: 25, inputs: [current], outputs: [result], options: [0: .float(1)]))
        tensors[result].scales = [Float(1) / 256]
      case .fullyConnected where kind == .int8:
        let flat = add(tensors[current])
        operators.append(Operator(code: 22, inputs: [current], outputs: [flat]))
        addLayer(layer, code: 9, shape: [classes, layer.inputChannels], from: flat, to: result, options: [0: .int8(0)])
      case .depthwise:
        addLayer(
          layer, code: 4, shape: [1, 3, 3, layer.outputChannels], from: current, to: result,
          options: [1: .int32(Int32(layer.stride)), 2: .int32(Int32(layer.stride)), 3: .int32(1), 4: .int8(3)])
      case .convolution, .pointwise, .fullyConnected:
        let side = layer.kind == .convolution ? 3 : 1
        addLayer(
          layer, code: 3, shape: [layer.outputChannels, side, side, layer.inputChannels], from: current, to: result,
          options: [
            1: .int32(Int32(layer.stride)), 2: .int32(Int32(layer.stride)),
            3: .int8(layer.kind == .fullyConnected ? 0 : 3),
          ])
      }
      current = result
    }
    if kind == .int8 {
      let real = add(Tensor(shape: [1, 1000], type: 0))
      operators.append(Operator(code: 6, inputs: [current], outputs: [real]))
      current = real
      operators.reverse()
    }
    output = current
  }

  mutating func add(_ tensor: Tensor) -> Int {
    tensors.append(tensor)
    return tensors.count - 1
  }

  private func activation(_ shape: [Int], _ name: String) -> Tensor {
    Tensor(shape: shape, type: kind.rawValue, scales: [Self.activationScale], zeroPoints: [zeroPoint])
  }

  /// The byte that a quantized file has where a float one would have `MadeUpWeights.value`.
  package static func byte(_ name: String, _ index: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: Int(MadeUpWeights.value(name, index) * 64))
  }

  private mutating func addLayer(
    _ layer: Architecture.Layer, code: Int, shape: [Int], from input: Int, to output: Int, options: [Int: FlatValue]
  ) {
    let channels = layer.outputChannels
    let count = shape.reduce(1, *)
    var kernel = Tensor(shape: shape, type: kind.rawValue)
    var bias = Tensor(shape: [channels], type: kind == .float ? 0 : 2)
    let values = (0..<channels).map { MadeUpWeights.value("\(layer.name).bias", $0) }
    if kind == .float {
      kernel.data = (0..<count).map { MadeUpWeights.value("\(layer.name).kernel", $0) }
        .withUnsafeBytes { [UInt8]($0) }
      bias.data = values.withUnsafeBytes { [UInt8]($0) }
    } else {
      kernel.data = (0..<count).map { Self.byte("\(layer.name).kernel", $0) }
      bias.data = values.map { Int32($0 * 64) }.withUnsafeBytes { [UInt8]($0) }
      let scales = kind == .int8 ? (0..<channels).map { 0.01 + Float($0) * 1e-5 } : [0.02]
      kernel.scales = scales
      kernel.zeroPoints = scales.map { _ in kind == .int8 ? 0 : 140 }
      kernel.dimension = layer.kind == .depthwise ? 3 : 0
      bias.scales = scales.map { $0 * tensors[input].scales[0] }
      bias.zeroPoints = scales.map { _ in 0 }
    }
    let kernelIndex = add(kernel)
    operators.append(
      Operator(code: code, inputs: [input, kernelIndex, add(bias)], outputs: [output], options: options))
  }

  /// Position of the operator that writes layer `name`'s output, counted from the input: conv1 0, dw1 1, pw1 2 …
  package func operatorIndex(_ number: Int) -> Int { kind == .int8 ? operators.count - 2 - number : number }

  package var written: FlatWriter {
    let codes = Array(Set(operators.map(\.code))).sorted()
    var buffers = [FlatValue.table([:])] + tensors.map { .table($0.data.isEmpty ? [:] : [0: .bytes($0.data)]) }
    if let metadata { buffers.append(.table([0: .nested(metadata, "M001")])) }
    let tables = tensors.enumerated().map { index, tensor in
      var fields: [Int: FlatValue] = [
        0: .int32s(tensor.shape), 1: .int8(Int8(tensor.type)), 2: .int32(Int32(index + 1)),
      ]
      if !tensor.scales.isEmpty {
        fields[4] = .table([
          2: .floats(tensor.scales), 3: .int64s(tensor.zeroPoints), 6: .int32(Int32(tensor.dimension)),
        ])
      }
      return FlatValue.table(fields)
    }
    let steps = operators.map { step in
      FlatValue.table([
        0: .int32(Int32(codes.firstIndex(of: step.code)!)), 1: .int32s(step.inputs), 2: .int32s(step.outputs),
        4: .table(step.options),
      ])
    }
    let graph = FlatValue.table([
      0: .tables(tables), 1: .int32s([0]), 2: .int32s(outputs ?? [output]), 3: .tables(steps),
    ])
    let operatorCodes = codes.map { code in
      var fields = [0: FlatValue.int8(Int8(code)), 3: .int32(Int32(code))]
      if code == 32 { fields[1] = .bytes(Array(customName.utf8)) }
      return FlatValue.table(fields)
    }
    var model: [Int: FlatValue] = [
      0: .int32(Int32(version)), 1: .tables(operatorCodes), 2: .tables([graph]), 4: .tables(buffers),
    ]
    if metadata != nil {
      model[6] = .tables([
        .table([0: .bytes(Array("TFLITE_METADATA".utf8)), 1: .int32(Int32(buffers.count - 1))])
      ])
    }
    return FlatWriter(root: .table(model), identifier: "TFL3")
  }

  package var bytes: [UInt8] { written.bytes + appended }
}
