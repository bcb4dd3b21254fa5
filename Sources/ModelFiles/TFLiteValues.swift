/// Quantization of a TFLite file's tensors, and constants as real numbers.
extension TFLiteTensor {
  typealias Quantization = QuantizedWeights.Quantization

  /// Scales and zero points: as many of each, at least one, at most `limit`.
  /// - Parameter what: the tensor in messages.
  /// - Throws: `WeightFault`
  func parameters(_ what: String, limit: Int) throws -> (scales: [Float], zeroPoints: [Int64]) {
    guard let table = quantization else { throw WeightFault("\(what) has no scale") }
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
  func shifted(_ zeroPoint: Int64, to lowest: Int64, _ what: String) throws -> Int32 {
    let from: Int64 = kind == .uint8 ? 0 : -128
    guard (from...from + 255).contains(zeroPoint) else {
      throw WeightFault("\(what) has zero point \(zeroPoint): expected \(from) to \(from + 255)")
    }
    return Int32(zeroPoint - from + lowest)
  }

  /// Of a tensor of bytes, in unsigned ones.
  func bytesQuantization(_ what: String) throws -> Quantization {
    guard isBytes else { throw WeightFault("\(what) is \(typeName): expected UINT8 or INT8 as its kernels are") }
    let (scales, zeroPoints) = try parameters(what, limit: 1)
    return Quantization(scale: scales[0], zeroPoint: try shifted(zeroPoints[0], to: 0, what))
  }

  /// Whether it has scales at all: bytes without are whole numbers.
  func hasScale() throws -> Bool { try (quantization?.vector(2, of: Float.self).count ?? 0) > 0 }
}

extension TFLiteModel {
  /// A constant of at most `limit` numbers, whatever its type.
  /// - Throws: `WeightFault`
  func reals(_ tensor: TFLiteTensor, _ what: String, limit: Int) throws -> [Double] {
    guard let kind = tensor.kind, !tensor.data.isEmpty, tensor.data.count % kind.bytes == 0 else {
      throw WeightFault("\(what) is \(tensor.typeName) in \(tensor.data.count) bytes: expected numbers")
    }
    let count = tensor.data.count / kind.bytes
    guard count <= limit else { throw WeightFault("\(what) has \(count) numbers: expected at most \(limit)") }
    let start = tensor.data.lowerBound
    switch kind {
    case .float32:
      return copyArray(Float.self, from: buffer.bytes, at: start, count: count).map(Double.init)
    case .float16:
      return copyArray(UInt16.self, from: buffer.bytes, at: start, count: count).map { Double(float(ofHalf: $0)) }
    case .int32:
      return copyArray(Int32.self, from: buffer.bytes, at: start, count: count).map(Double.init)
    case .uint8, .int8:
      let quantization = try tensor.bytesQuantization(what)
      let flip: UInt8 = kind == .int8 ? 0x80 : 0
      return copyArray(UInt8.self, from: buffer.bytes, at: start, count: count).map {
        quantization.real($0 ^ flip)
      }
    }
  }
}

extension QuantizedWeights.Quantization {
  func real(_ byte: UInt8) -> Double { Double(scale) * Double(Int32(byte) - zeroPoint) }
  /// The numbers that its 256 bytes stand for.
  var range: ClosedRange<Double> { real(0)...real(255) }
}

/// A finite half-precision number (IEEE 754 binary16), without the conversion that older processors call a function for.
@inline(__always)
func float(ofHalf bits: UInt16) -> Float {
  // Exponent and mantissa at their places of float32, whose exponent counts from 127 and not from 15.
  let magnitude = Float(bitPattern: UInt32(bits & 0x7fff) << 13) * 0x1p112
  return bits & 0x8000 == 0 ? magnitude : -magnitude
}

/// Index of the first of `count` half-precision values at `offset` that is NaN or infinite; `nil` if all are finite.
/// - Precondition: the range lies inside `bytes`.
func firstNonFiniteHalf(in bytes: UnsafeRawBufferPointer, at offset: Int, count: Int) -> Int? {
  precondition(offset >= 0 && count >= 0 && count * 2 <= bytes.count - offset)
  return (0..<count).first {
    bytes.loadUnaligned(fromByteOffset: offset + $0 * 2, as: UInt16.self) & 0x7c00 == 0x7c00
  }
}
