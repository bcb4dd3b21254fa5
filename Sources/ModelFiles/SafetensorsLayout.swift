import Platform

/// Where the tensors of a safetensors file stand. Format: 8 bytes little-endian length of the header, the header as JSON,
/// then the tensors' bytes without gaps (https://huggingface.co/docs/safetensors, 'Format').
struct SafetensorsLayout {
  struct Tensor {
    let type: String
    let shape: [Int]
    /// Bytes of the whole file.
    let range: Range<Int>

    var count: Int { shape.reduce(1, *) }
  }

  /// Bytes of a value of each type of the format.
  private static let valueBytes = [
    "F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U64": 8, "U32": 4, "U16": 2,
    "U8": 1, "BOOL": 1,
  ]

  /// Ours takes 4.5 kB; Hugging Face's 18 kB; anything near this limit is no header of MobileNet V1.
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
    let header = try Self.header(bytes[8..<dataStart])
    var tensors: [String: Tensor] = [:]
    for (name, entry) in header.entries {
      guard tensors[name] == nil else { throw WeightFault("its JSON header names \(quoted(name)) twice") }
      tensors[name] = try entry.tensor(named: name, dataStart: dataStart, fileBytes: bytes.count)
    }
    try Self.checkCoverage(tensors, dataStart: dataStart, fileBytes: bytes.count)
    self.tensors = tensors
    metadata = header.metadata
  }

  private struct Header {
    var entries: [(name: String, entry: Entry)] = []
    var metadata: [String: String] = [:]
  }

  /// A tensor as the header describes it.
  private struct Entry {
    var type: String?
    var shape: [Int]?
    var offsets: [Int]?
    var unknownField: String?

    /// - Throws: `WeightFault`
    func tensor(named name: String, dataStart: Int, fileBytes: Int) throws -> Tensor {
      if let unknownField {
        throw WeightFault("tensor \(quoted(name)) has an unknown field \(quoted(unknownField))")
      }
      guard let type, let shape, let offsets, offsets.count == 2 else {
        throw WeightFault("tensor \(quoted(name)) lacks dtype, shape or two data_offsets")
      }
      guard let size = SafetensorsLayout.valueBytes[type] else {
        throw WeightFault("tensor \(quoted(name)) is \(quoted(type)): expected F32, F16 or BF16")
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
      guard count == (offsets[1] - offsets[0]) / size, (offsets[1] - offsets[0]) % size == 0 else {
        throw WeightFault(
          "tensor \(quoted(name)) of shape \(shapeText(shape)) has \(offsets[1] - offsets[0]) bytes: "
            + "expected \(size) for each value")
      }
      return Tensor(type: type, shape: shape, range: dataStart + offsets[0]..<dataStart + offsets[1])
    }
  }

  private static func header(_ bytes: some Collection<UInt8>) throws -> Header {
    var header = Header()
    var offset = 0
    do {
      try JSONScanner.read(bytes) { (scanner) throws(Mismatch) in
        defer { offset = scanner.offset }
        try scanner.object { (name, scanner) throws(Mismatch) in
          if name == "__metadata__" {
            try scanner.object { (key, scanner) throws(Mismatch) in header.metadata[key] = try scanner.string() }
          } else {
            header.entries.append((name, try entry(&scanner)))
          }
        }
        try scanner.requireEnd()
      }
    } catch {
      throw WeightFault(
        "its JSON header is malformed: expected \(error.expected), found \(error.found) at byte \(offset)")
    }
    return header
  }

  private static func entry(_ scanner: inout JSONScanner) throws(Mismatch) -> Entry {
    var entry = Entry()
    try scanner.object { (key, scanner) throws(Mismatch) in
      switch key {
      case "dtype": entry.type = try scanner.string()
      case "shape": entry.shape = try wholeNumbers(&scanner, limit: 4)
      case "data_offsets": entry.offsets = try wholeNumbers(&scanner, limit: 2)
      default:
        entry.unknownField = key
        try scanner.skipValue()
      }
    }
    return entry
  }

  private static func wholeNumbers(_ scanner: inout JSONScanner, limit: Int) throws(Mismatch) -> [Int] {
    var numbers: [Int] = []
    try scanner.array { (scanner) throws(Mismatch) in
      guard numbers.count < limit else { throw scanner.mismatch("at most \(limit) numbers") }
      let bytes = try scanner.literal()
      let text = String(decoding: bytes, as: UTF8.self)
      guard let number = Int(text), 0...1 << 53 ~= number, text == "\(number)" else {
        throw Mismatch(expected: "a whole number up to 2^53", at: bytes)
      }
      numbers.append(number)
    }
    return numbers
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
