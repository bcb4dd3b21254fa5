/// Where the tensors of a safetensors file stand. Format: 8 bytes little-endian length of the header, the header as JSON,
/// then the tensors' bytes without gaps (https://huggingface.co/docs/safetensors, 'Format').
struct SafetensorsLayout {
  struct Tensor {
    let shape: [Int]
    /// Bytes of the whole file.
    let range: Range<Int>
  }

  /// Ours takes 4.5 kB; anything near this limit is no header of 56 tensors.
  static let headerLimitBytes = 1 << 20

  let tensors: [String: Tensor]
  /// `__metadata__`; empty where the file has none.
  let metadata: [String: String]

  /// Whether the bytes look like safetensors at all: a JSON object after the length.
  static func recognises(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.count >= 9 && bytes[8] == UInt8(ascii: "{")
  }

  /// - Throws: `WeightFault`
  init(_ bytes: UnsafeRawBufferPointer) throws {
    guard bytes.count >= 10 else {
      throw WeightFault("it is truncated: expected a safetensors header, found only \(bytes.count) bytes")
    }
    let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    guard length <= UInt64(Self.headerLimitBytes) else {
      throw WeightFault(
        "its safetensors header claims \(length) bytes: expected at most \(Self.headerLimitBytes)")
    }
    let dataStart = 8 + Int(length)
    guard dataStart <= bytes.count else {
      throw WeightFault(
        "it is truncated: its header claims \(length) bytes, only \(bytes.count - 8) follow")
    }
    var scanner = JSONScanner(UnsafeRawBufferPointer(rebasing: bytes[8..<dataStart]))
    var tensors: [String: Tensor] = [:]
    var metadata: [String: String] = [:]
    try scanner.object { scanner, name in
      if name == "__metadata__" {
        try scanner.object { scanner, key in metadata[key] = try scanner.string() }
      } else {
        tensors[name] = try Self.tensor(named: name, &scanner, dataStart: dataStart, fileBytes: bytes.count)
      }
    }
    try scanner.expectEnd()
    try Self.checkCoverage(tensors, dataStart: dataStart, fileBytes: bytes.count)
    self.tensors = tensors
    self.metadata = metadata
  }

  private static func tensor(
    named name: String, _ scanner: inout JSONScanner, dataStart: Int, fileBytes: Int
  ) throws -> Tensor {
    var type: String?
    var shape: [Int]?
    var offsets: [Int]?
    try scanner.object { scanner, key in
      switch key {
      case "dtype": type = try scanner.string()
      case "shape": shape = try scanner.wholeNumbers(limit: 4)
      case "data_offsets": offsets = try scanner.wholeNumbers(limit: 2)
      default: throw WeightFault("tensor \(quoted(name)) has an unknown field \(quoted(key))")
      }
    }
    guard let type, let shape, let offsets, offsets.count == 2 else {
      throw WeightFault("tensor \(quoted(name)) lacks dtype, shape or two data_offsets")
    }
    guard type == "F32" else {
      throw WeightFault("tensor \(quoted(name)) is \(quoted(type)): expected F32")
    }
    guard offsets[0] <= offsets[1], offsets[1] <= fileBytes - dataStart else {
      throw WeightFault(
        "it is truncated or malformed: tensor \(quoted(name)) lies at \(offsets[0])..<\(offsets[1]) of "
          + "\(fileBytes - dataStart) bytes of data")
    }
    var count = 1
    for side in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: side)
      guard !overflow else { throw WeightFault("tensor \(quoted(name)) has an impossible shape \(shapeText(shape))") }
      count = product
    }
    guard count == (offsets[1] - offsets[0]) / 4, (offsets[1] - offsets[0]) % 4 == 0 else {
      throw WeightFault(
        "tensor \(quoted(name)) of shape \(shapeText(shape)) has \(offsets[1] - offsets[0]) bytes: expected 4 for each value"
      )
    }
    return Tensor(shape: shape, range: dataStart + offsets[0]..<dataStart + offsets[1])
  }

  /// The format wants every byte of data to belong to exactly one tensor.
  private static func checkCoverage(_ tensors: [String: Tensor], dataStart: Int, fileBytes: Int) throws {
    var end = dataStart
    for (name, tensor) in tensors.sorted(by: { $0.value.range.lowerBound < $1.value.range.lowerBound }) {
      guard tensor.range.lowerBound == end else {
        let what = tensor.range.lowerBound < end ? "overlaps another tensor" : "leaves a gap before it"
        throw WeightFault("tensor \(quoted(name)) \(what)")
      }
      end = tensor.range.upperBound
    }
    guard end == fileBytes else {
      throw WeightFault("it has \(fileBytes - end) bytes that belong to no tensor")
    }
  }
}
