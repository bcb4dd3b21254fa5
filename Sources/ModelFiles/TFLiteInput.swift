import Model
import Platform

/// What stands between a TFLite graph's input and its first layer, and what the input takes of a pixel.
struct TFLiteInput {
  /// One operator: factor × real + term, rounded to the bytes of `output` where that is quantized.
  struct Step {
    let factor: SIMD3<Double>
    let term: SIMD3<Double>
    let output: QuantizedWeights.Quantization?
  }

  private let image: TFLiteTensor
  /// The input's own bytes; `nil` where it takes real numbers.
  private let bytes: QuantizedWeights.Quantization?
  private let steps: [Step]
  /// As messages name them: `MUL, ADD`.
  private let stepNames: String
  private let metadata: InputNormalization?
  private static let stepLimit = 8

  /// Takes the operators in front of the first layer off `chain`.
  /// - Throws: `WeightFault`
  init(_ chain: inout ArraySlice<TFLiteOperator>, _ model: TFLiteModel) throws {
    image = try model.tensor(model.input)
    metadata = model.metadata.normalization
    bytes = try image.isBytes && image.hasScale() ? image.bytesQuantization("its input") : nil
    var steps: [Step] = []
    var names: [String] = []
    while let next = chain.first, let step = try Self.step(next, model) {
      guard steps.count < Self.stepLimit, InputNormalization(scale: step.factor, offset: step.term).isUsable else {
        throw WeightFault(
          "its operators in front of 'conv1' (\((names + [next.name]).joined(separator: ", "))) give no image")
      }
      steps.append(step)
      names.append(next.name)
      chain.removeFirst()
    }
    self.steps = steps
    stepNames = names.joined(separator: ", ")
    guard image.kind == .float32 || image.isBytes else {
      throw WeightFault("its input is \(image.typeName): expected FLOAT32, UINT8 or INT8")
    }
  }

  /// `nil` for an operator that is not one of these.
  private static func step(_ found: TFLiteOperator, _ model: TFLiteModel) throws -> Step? {
    let (one, zero) = (SIMD3<Double>(repeating: 1), SIMD3<Double>())
    guard let operation = found.operation, let result = found.outputs.first else { return nil }
    let target = try model.tensor(result)
    let output =
      try target.isBytes && target.hasScale() ? target.bytesQuantization("the output of \(found.name)") : nil
    switch operation {
    case .cast, .quantize, .dequantize: return Step(factor: one, term: zero, output: output)
    case .add, .multiply, .subtract, .divide: break
    default: return nil
    }
    guard found.inputs.count == 2, try found.options?.scalar(0, default: Int8(0)) ?? 0 == 0 else {
      throw WeightFault("its \(found.name) in front of 'conv1' has an activation: expected none")
    }
    let isFirst = try model.isConstant(found.inputs[0])
    let constant = try model.constant(found.inputs[isFirst ? 0 : 1])
    let what = "the constant of \(found.name) in front of 'conv1'"
    let values = try model.reals(constant, what, limit: 3)
    guard values.count == 1 || (values.count == 3 && constant.shape.last == 3) else {
      throw WeightFault("\(what) has shape \(shapeText(constant.shape)): expected one number, or one for each colour")
    }
    let value = values.count == 1 ? SIMD3(repeating: values[0]) : SIMD3(values)
    switch (operation, isFirst) {
    case (.add, _): return Step(factor: one, term: value, output: output)
    case (.multiply, _): return Step(factor: value, term: zero, output: output)
    case (.subtract, false): return Step(factor: one, term: -value, output: output)
    case (.subtract, true): return Step(factor: -one, term: value, output: output)
    case (.divide, false): return Step(factor: one / value, term: zero, output: output)
    default: throw WeightFault("its DIV in front of 'conv1' divides by the image: expected a constant")
    }
  }

  /// The bytes that a real number becomes before anything is computed with it.
  private var firstBytes: QuantizedWeights.Quantization? {
    if let bytes { return bytes }
    guard let first = steps.first, first.factor == SIMD3(repeating: 1), first.term == SIMD3() else { return nil }
    return first.output
  }

  // MARK: What the input takes

  /// What the graph's input takes of a pixel.
  /// - Parameters:
  ///   - wish: `--input-range`, for files that do not say it.
  ///   - firstKernel: the largest part of the first layer's output that the image can be, of its typical channel.
  /// - Throws: `WeightFault` where nothing says it, or two things contradict each other.
  private func taken(_ wish: InputNormalization?, firstKernel: Double?) throws -> InputNormalization {
    let told = try told(firstKernel: firstKernel)
    if let told, let wish, !wish.covers(told.normalization.range) {
      throw WeightFault(
        "--input-range says \(Self.text(wish.range)), \(told.source) \(Self.text(told.normalization.range))",
        next: "Leave --input-range out")
    }
    let found = told?.normalization ?? wish ?? .signed
    // The first bytes on the way show what they were made for.
    if let range = firstBytes?.range {
      guard found.covers(range) || (told != nil && metadata == nil) else {
        let bytes = "its input's bytes stand for \(Self.text(range))"
        guard metadata == nil, wish == nil else {
          throw WeightFault(
            "\(bytes), \(metadata == nil ? "--input-range" : "its metadata") says \(Self.text(found.range))")
        }
        throw WeightFault(
          "\(bytes): expected −1…1, 0…1 or 0…255, or metadata that says how pixels become such numbers",
          next: "Say what black and white are: --input-range LOW..HIGH")
      }
    }
    return found
  }

  /// What the file says itself; `nil` for nothing.
  private func told(firstKernel: Double?) throws -> (normalization: InputNormalization, source: String)? {
    if let bytes {
      if let usual = InputNormalization.usual.first(where: { $0.covers(bytes.range) }) {
        return (isPixel(usual, bytes) ? Self.direct(bytes) : usual, "its input's bytes stand for")
      }
      return metadata.map { ($0, "its metadata says") }
    }
    // Bytes without a scale are whole numbers.
    if image.kind == .uint8 { return (.pixels, "its input is UINT8,") }
    if image.kind == .int8 { return (InputNormalization(black: -128, white: 127), "its input is INT8,") }
    if let metadata { return (metadata, "its metadata says") }
    if let range = firstBytes?.range {
      return InputNormalization.usual.first { $0.covers(range) }.map { ($0, "its \(stepNames) takes") }
    }
    let identity = InputNormalization(scale: SIMD3(repeating: 1), offset: SIMD3())
    let map = steps.reduce(identity) { $0.followed(by: $1.factor, $1.term) }
    if map != identity {
      return try Self.plausible(map).map { ($0, "its \(stepNames) in front of 'conv1' takes") }
    }
    if let firstKernel, firstKernel < Self.leastKernel {
      return (.pixels, "its first layer's weights are so small that it takes")
    }
    return nil
  }

  /// Converters fold a division of the image into the first layer. With its weights a hundredth of what they are in every
  /// MobileNet, an image of −1 … 1 would change next to nothing.
  private static let leastKernel = 0.15

  /// What is put in so that a usual range comes out of the operators in front; else a range of that size, as of images
  /// less their means over their deviations.
  private static func plausible(_ map: InputNormalization) throws -> InputNormalization? {
    let candidates = [InputNormalization.pixels, .unit, .signed].map { input in
      (input: input, output: input.followed(by: map.scale, map.offset).range)
    }
    let normal = InputNormalization.usual.dropLast()
    if let exact = candidates.first(where: { candidate in
      normal.contains { target in
        abs(candidate.output.lowerBound - target.range.lowerBound) < 0.05
          && abs(candidate.output.upperBound - target.range.upperBound) < 0.05
      }
    }) {
      return exact.input
    }
    if let near = candidates.first(where: { candidate in
      let span = candidate.output.upperBound - candidate.output.lowerBound
      return 0.5...10 ~= span && candidate.output.lowerBound >= -5 && candidate.output.upperBound <= 5
    }) {
      return near.input
    }
    // A mean taken off, whose factor the first layer holds.
    return candidates[0].output.lowerBound < -20 && candidates[0].output.upperBound < 300 ? .pixels : nil
  }

  /// Whether bytes are the pixels themselves: their scale is that of 256 steps over the range. Then each pixel would lie in
  /// the middle between two bytes, and float32's last digit would choose. A uint8 input is given the pixel in any case.
  private func isPixel(_ normalization: InputNormalization, _ bytes: QuantizedWeights.Quantization) -> Bool {
    let tolerance = image.kind == .uint8 ? 0.01 : 0.001
    return (0..<3).allSatisfy { abs(Double(bytes.scale) / normalization.scale[$0] - 1) < tolerance }
  }

  private static func direct(_ bytes: QuantizedWeights.Quantization) -> InputNormalization {
    InputNormalization(
      scale: SIMD3(repeating: Double(bytes.scale)),
      offset: SIMD3(repeating: -Double(bytes.scale) * Double(bytes.zeroPoint)))
  }

  private static func text(_ range: ClosedRange<Double>) -> String {
    func text(_ value: Double) -> String {
      let short = number((value * 100).rounded() / 100)
      return short.hasPrefix("-") ? "−" + short.dropFirst() : short
    }
    return "\(text(range.lowerBound))…\(text(range.upperBound))"
  }

  // MARK: What the first layer gets

  /// What the first layer reads for a pixel, in real numbers.
  func normalization(_ wish: InputNormalization?, firstKernel: Double?) throws -> InputNormalization {
    let found = steps.reduce(try taken(wish, firstKernel: firstKernel)) { $0.followed(by: $1.factor, $1.term) }
    guard found.isUsable else {
      throw WeightFault("its operators in front of 'conv1' (\(stepNames)) give numbers out of any range")
    }
    return found
  }

  /// The first layer's byte for each value of a pixel's channel: 256, or three times 256 where the colours differ.
  func pixelTable(_ wish: InputNormalization?, to first: QuantizedWeights.Quantization) throws -> [UInt8] {
    let input = try taken(wish, firstKernel: nil)
    let grid = firstBytes.flatMap { isPixel(input, $0) ? $0 : nil }
    let tables = (0..<3).map { channel in
      (0...255).map { pixel in
        func rounded(_ real: Double, _ quantization: QuantizedWeights.Quantization) -> Double {
          quantization.real(QuantizedWeights.byte(for: Float(real), quantization))
        }
        var real = grid.map { $0.real(UInt8(pixel)) } ?? input.real(pixel, channel: channel)
        if let bytes { real = rounded(real, bytes) }
        for step in steps {
          real = step.factor[channel] * real + step.term[channel]
          if let output = step.output { real = rounded(real, output) }
        }
        return QuantizedWeights.byte(for: Float(real), first)
      }
    }
    return tables[0] == tables[1] && tables[0] == tables[2] ? tables[0] : tables.flatMap { $0 }
  }
}
