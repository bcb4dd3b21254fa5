/// The parts of TensorFlow Lite's FlatBuffers schema that MobileNet V1 needs; field numbers and codes are those of
/// `tensorflow/compiler/mlir/lite/schema/schema.fbs`, version 3.

/// `BuiltinOperator`, the ones that may occur in MobileNet V1.
enum TFLiteOperation: Int {
  case add = 0
  case averagePool = 1
  case convolution = 3
  case depthwise = 4
  case dequantize = 6
  case fullyConnected = 9
  case multiply = 18
  case relu6 = 21
  case reshape = 22
  case softmax = 25
  case custom = 32
  case pad = 34
  case mean = 40
  case subtract = 41
  case divide = 42
  case squeeze = 43
  case cast = 53
  case padWithValue = 60
  case quantize = 114
  case hardSwish = 117

  /// What messages call an operator code: the schema's name where people are likely to meet it.
  static func name(_ code: Int) -> String {
    names[code] ?? "TFLite operator \(code)"
  }

  private static let names = [
    0: "ADD", 1: "AVERAGE_POOL_2D", 2: "CONCATENATION", 3: "CONV_2D", 4: "DEPTHWISE_CONV_2D", 6: "DEQUANTIZE",
    9: "FULLY_CONNECTED", 14: "LOGISTIC", 17: "MAX_POOL_2D", 18: "MUL", 19: "RELU", 21: "RELU6", 22: "RESHAPE",
    23: "RESIZE_BILINEAR", 25: "SOFTMAX", 32: "CUSTOM", 34: "PAD", 39: "TRANSPOSE", 40: "MEAN", 41: "SUB", 42: "DIV",
    43: "SQUEEZE", 53: "CAST", 60: "PADV2", 99: "ELU", 100: "MIRROR_PAD", 114: "QUANTIZE", 117: "HARD_SWISH",
  ]
}

/// `TensorType`, the ones that we read.
enum TFLiteType: Int {
  case float32 = 0
  case float16 = 1
  case int32 = 2
  case uint8 = 3
  case int8 = 9

  var bytes: Int {
    switch self {
    case .float32, .int32: 4
    case .float16: 2
    case .uint8, .int8: 1
    }
  }

  static func name(_ code: Int) -> String {
    let names = [
      0: "FLOAT32", 1: "FLOAT16", 2: "INT32", 3: "UINT8", 4: "INT64", 6: "BOOL", 7: "INT16", 9: "INT8", 10: "FLOAT64",
      17: "INT4", 18: "BFLOAT16",
    ]
    return names[code] ?? "type \(code)"
  }
}

/// `Tensor`
struct TFLiteTensor {
  let shape: [Int]
  /// `TensorType`
  let type: Int
  /// The constant's bytes, as a range of the whole file; empty for tensors that are computed.
  let data: Range<Int>
  /// `QuantizationParameters`, `nil` if there is none.
  let quantization: FlatTable?

  var kind: TFLiteType? { TFLiteType(rawValue: type) }
  var typeName: String { TFLiteType.name(type) }
  /// Whether its values are 8-bit integers.
  var isBytes: Bool { kind == .uint8 || kind == .int8 }
  var isConstant: Bool { !data.isEmpty }
}

/// `Operator`
struct TFLiteOperator {
  /// `BuiltinOperator`
  let code: Int
  /// Indices of tensors; -1 is an optional input that is not there.
  let inputs: [Int]
  let outputs: [Int]
  /// The table of the operator's own options; its type follows from `code`.
  let options: FlatTable?
  /// Of an operator that is not the schema's.
  let customName: String?

  var operation: TFLiteOperation? { TFLiteOperation(rawValue: code) }
  var name: String { customName.map(quoted) ?? TFLiteOperation.name(code) }
}

/// `Model` with its one `SubGraph`. Tables are read when they are asked for, so a hostile file cannot make us build
/// more than the walk over its operators needs.
struct TFLiteModel {
  /// MobileNet V1 takes 31 operators, converters add a handful.
  private static let operatorLimit = 256

  let buffer: FlatBuffer
  private let operatorCodes: FlatVector<UInt32>
  private let buffers: FlatVector<UInt32>
  private let tensors: FlatVector<UInt32>
  /// Tensor of the image and of the probabilities.
  let input: Int
  let output: Int
  let operators: [TFLiteOperator]
  /// By the tensor that it computes.
  private let producers: [Int: TFLiteOperator]
  /// `TFLITE_METADATA`, which tells people and programs how to use the model.
  let metadata: TFLiteMetadata

  /// Whether the bytes carry TFLite's file identifier.
  static func recognises(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.count >= 8 && bytes[4..<8].elementsEqual("TFL3".utf8)
  }

  /// - Throws: `WeightFault`
  init(_ bytes: UnsafeRawBufferPointer) throws {
    buffer = FlatBuffer(bytes: bytes)
    let model = try buffer.root()
    let version = try model.scalar(0, default: UInt32(0))
    guard version == 3 else { throw WeightFault("it is TFLite version \(version): expected 3") }
    let subgraphs = try model.tables(2)
    guard subgraphs.count == 1 else {
      throw WeightFault("it is not MobileNet V1: it has \(subgraphs.count) subgraphs, expected 1")
    }
    operatorCodes = try model.tables(1)
    buffers = try model.tables(4)
    let graph = try subgraphs.table(0)
    tensors = try graph.tables(0)
    let list = try graph.tables(3)
    guard list.count <= Self.operatorLimit else {
      throw WeightFault(
        "it is not MobileNet V1: it has \(list.count) operators, expected at most \(Self.operatorLimit)")
    }
    let codes = operatorCodes
    operators = try (0..<list.count).map { try Self.operation(list.table($0), codes) }
    try Self.checkOperators(operators)
    input = try Self.only(graph.vector(1, of: Int32.self), "inputs", "")
    output = try Self.only(graph.vector(2, of: Int32.self), "outputs", ", as detection models do")
    var producers: [Int: TFLiteOperator] = [:]
    for step in operators { for output in step.outputs { producers[output] = step } }
    self.producers = producers
    metadata = try TFLiteMetadata(model, buffers: buffers, in: buffer)
  }

  /// What no MobileNet V1 has, before anything else of it is found strange.
  private static func checkOperators(_ operators: [TFLiteOperator]) throws {
    for step in operators where step.operation == .custom {
      let name = step.customName ?? ""
      let what =
        name.hasPrefix("Flex")
        ? "it needs TensorFlow's own operators (\(step.name))"
        : name.contains("Detection")
          ? "it is a detection model (\(step.name))" : "it has the custom operator \(step.name)"
      throw WeightFault("it is not MobileNet V1: \(what)")
    }
    if operators.contains(where: { $0.operation == .hardSwish }) {
      throw WeightFault("it is not MobileNet V1: it has HARD_SWISH, as MobileNet V3 does")
    }
  }

  private static func only(_ vector: FlatVector<Int32>, _ what: String, _ which: String) throws -> Int {
    guard vector.count == 1 else {
      throw WeightFault(
        "it is not MobileNet V1: it has \(vector.count) \(what)\(vector.count > 1 ? which : ""), expected 1")
    }
    return Int(try vector.element(0))
  }

  private static func operation(_ table: FlatTable, _ codes: FlatVector<UInt32>) throws -> TFLiteOperator {
    let code = try codes.table(Int(table.scalar(0, default: UInt32(0))))
    // Old files have only the 8-bit code; new ones fill both where the code fits, so the larger one is right.
    let builtin = max(Int(try code.scalar(0, default: Int8(0))), Int(try code.scalar(3, default: Int32(0))))
    return TFLiteOperator(
      code: builtin,
      inputs: try table.vector(1, of: Int32.self).elements(limit: 8).map(Int.init),
      outputs: try table.vector(2, of: Int32.self).elements(limit: 8).map(Int.init),
      options: try table.table(4),
      customName: builtin == TFLiteOperation.custom.rawValue ? try code.string(1) : nil)
  }

  /// The operator that computes a tensor; `nil` for the input and for constants.
  func producer(of tensor: Int) -> TFLiteOperator? { producers[tensor] }

  /// The constant that stands at a place where weights are read: itself, or behind the DEQUANTIZE that makes it float32.
  func constant(_ index: Int) throws -> TFLiteTensor {
    if let step = producer(of: index), step.operation == .dequantize, let source = step.inputs.first {
      return try tensor(source)
    }
    return try tensor(index)
  }

  func isConstant(_ index: Int) throws -> Bool { try index >= 0 && constant(index).isConstant }

  /// A constant of at most `limit` 32-bit integers.
  func int32s(_ tensor: TFLiteTensor, limit: Int) throws -> [Int] {
    guard tensor.data.count / 4 <= limit else { throw WeightFault("it is malformed: a constant is too long") }
    return copyArray(Int32.self, from: buffer.bytes, at: tensor.data.lowerBound, count: tensor.data.count / 4).map(
      Int.init)
  }

  func tensor(_ index: Int) throws -> TFLiteTensor {
    let table = try tensors.table(index)
    guard try !table.has(6) else { throw WeightFault("it has sparse tensors: expected dense ones") }
    let buffer = try buffers.table(Int(table.scalar(2, default: UInt32(0))))
    return TFLiteTensor(
      shape: try table.vector(0, of: Int32.self).elements(limit: 8).map(Int.init),
      type: Int(try table.scalar(1, default: Int8(0))),
      data: try buffer.vector(0, of: UInt8.self).range,
      quantization: try table.table(4))
  }
}
