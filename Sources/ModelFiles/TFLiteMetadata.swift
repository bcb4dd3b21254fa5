import Model

/// What a TFLite file tells of its use: the parts of TensorFlow Lite Support's `metadata_schema.fbs` that a classifier
/// needs. It is a FlatBuffer of its own, in a buffer of the model.
struct TFLiteMetadata {
  /// NormalizationOptions of the input, as (pixel − mean) / std; `nil` where there are none.
  let normalization: InputNormalization?
  /// Files that hold names of the output's classes, by their names in the zip at the file's end.
  let labelFiles: [String]

  private enum Field {
    /// `Model.metadata`
    static let modelMetadata = 6
    /// `ModelMetadata`
    static let subgraphs = 3
    /// `SubGraphMetadata`
    static let (inputs, outputs) = (2, 3)
    /// `TensorMetadata`
    static let (processUnits, associatedFiles) = (4, 6)
    /// `ProcessUnit`: the union's type, then the union.
    static let (optionsType, options) = (0, 1)
    /// `AssociatedFile`
    static let (name, type) = (0, 2)
  }
  private static let normalizationOptions: UInt8 = 1
  /// TENSOR_AXIS_LABELS, TENSOR_VALUE_LABELS
  private static let labelTypes: [Int8] = [2, 3]
  /// More lists than this no model has.
  private static let limit = 16

  /// - Throws: `WeightFault` where it is there and broken.
  init(_ model: FlatTable, buffers: FlatVector<UInt32>, in file: FlatBuffer) throws {
    guard let range = try Self.place(model, buffers), range.count >= 8 else {
      (normalization, labelFiles) = (nil, [])
      return
    }
    let buffer = FlatBuffer(bytes: UnsafeRawBufferPointer(rebasing: file.bytes[range]))
    let graphs = try buffer.root().tables(Field.subgraphs)
    guard graphs.count > 0 else {
      (normalization, labelFiles) = (nil, [])
      return
    }
    let graph = try graphs.table(0)
    let inputs = try graph.tables(Field.inputs)
    normalization = inputs.count > 0 ? try Self.normalization(inputs.table(0)) : nil
    let outputs = try graph.tables(Field.outputs)
    labelFiles = outputs.count > 0 ? try Self.labelFiles(outputs.table(0)) : []
  }

  private static func place(_ model: FlatTable, _ buffers: FlatVector<UInt32>) throws -> Range<Int>? {
    let entries = try model.tables(Field.modelMetadata)
    for index in 0..<min(entries.count, limit) {
      let entry = try entries.table(index)
      guard try entry.string(0) == "TFLITE_METADATA" else { continue }
      return try buffers.table(Int(entry.scalar(1, default: UInt32(0)))).vector(0, of: UInt8.self).range
    }
    return nil
  }

  private static func normalization(_ tensor: FlatTable) throws -> InputNormalization? {
    let units = try tensor.tables(Field.processUnits)
    for index in 0..<min(units.count, limit) {
      let unit = try units.table(index)
      guard try unit.scalar(Field.optionsType, default: UInt8(0)) == normalizationOptions,
        let options = try unit.table(Field.options)
      else { continue }
      func values(_ field: Int) throws -> SIMD3<Double> {
        let values = try options.vector(field, of: Float.self).elements(limit: 3).map(Double.init)
        guard values.count == 1 || values.count == 3 else {
          throw WeightFault("its metadata has \(values.count) means or deviations of the input: expected 1 or 3")
        }
        return values.count == 1 ? SIMD3(repeating: values[0]) : SIMD3(values)
      }
      let (mean, deviation) = (try values(0), try values(1))
      let found = InputNormalization(scale: 1 / deviation, offset: -mean / deviation)
      guard found.isUsable else {
        throw WeightFault("its metadata's means or deviations of the input are none: expected finite numbers")
      }
      return found
    }
    return nil
  }

  private static func labelFiles(_ tensor: FlatTable) throws -> [String] {
    let files = try tensor.tables(Field.associatedFiles)
    return try (0..<min(files.count, limit)).compactMap { index in
      let file = try files.table(index)
      return labelTypes.contains(try file.scalar(Field.type, default: Int8(0))) ? try file.string(Field.name) : nil
    }
  }
}
