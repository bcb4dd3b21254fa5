/// Bounds-checked reading of FlatBuffers (https://flatbuffers.dev/internals). Every offset is checked against the buffer before
/// it is followed. Nothing here recurses or loops over the buffer: a caller reads a fixed depth of tables that it knows.
struct FlatBuffer: @unchecked Sendable {  // read-only bytes, which the file that holds them keeps alive
  let bytes: UnsafeRawBufferPointer

  /// - Throws: `WeightFault` if `count` bytes at `offset` are not all inside the buffer.
  func check(_ offset: Int, _ count: Int) throws {
    guard offset >= 0, count >= 0, count <= bytes.count, offset <= bytes.count - count else {
      throw WeightFault(
        "it is truncated or malformed: it refers to \(count) bytes at \(offset), it has \(bytes.count)")
    }
  }

  /// A little-endian integer or float at `offset`.
  func read<T: FlatScalar>(_ type: T.Type, at offset: Int) throws -> T {
    try check(offset, MemoryLayout<T>.size)
    return T(flat: bytes.loadUnaligned(fromByteOffset: offset, as: T.Bits.self))
  }

  /// Where the unsigned 32-bit offset that stands at `offset` points to.
  func follow(_ offset: Int) throws -> Int {
    offset + Int(try read(UInt32.self, at: offset))
  }

  func root() throws -> FlatTable { try FlatTable(self, at: follow(0)) }
}

/// Scalars as FlatBuffers store them.
protocol FlatScalar: BitwiseCopyable, Sendable {
  associatedtype Bits: FixedWidthInteger & BitwiseCopyable
  init(flat bits: Bits)
}

extension FlatScalar where Self: FixedWidthInteger, Bits == Self {
  init(flat bits: Self) { self = Self(littleEndian: bits) }
}
extension UInt8: FlatScalar { typealias Bits = UInt8 }
extension Int8: FlatScalar { typealias Bits = Int8 }
extension UInt16: FlatScalar { typealias Bits = UInt16 }
extension Int32: FlatScalar { typealias Bits = Int32 }
extension UInt32: FlatScalar { typealias Bits = UInt32 }
extension Int64: FlatScalar { typealias Bits = Int64 }
extension UInt64: FlatScalar { typealias Bits = UInt64 }
extension Float: FlatScalar {
  init(flat bits: UInt32) { self = Float(bitPattern: UInt32(littleEndian: bits)) }
}

/// A table: a signed offset back to its vtable, then its fields.
struct FlatTable: Sendable {
  private let buffer: FlatBuffer
  private let position: Int
  private let vtable: Int
  /// Bytes of the vtable and of the table.
  private let vtableBytes: Int
  private let tableBytes: Int

  init(_ buffer: FlatBuffer, at position: Int) throws {
    self.buffer = buffer
    self.position = position
    vtable = position - Int(try buffer.read(Int32.self, at: position))
    vtableBytes = Int(try buffer.read(UInt16.self, at: vtable))
    tableBytes = Int(try buffer.read(UInt16.self, at: vtable + 2))
    guard vtableBytes >= 4, tableBytes >= 4 else { throw WeightFault("it is malformed: a table without a size") }
    try buffer.check(vtable, vtableBytes)
    try buffer.check(position, tableBytes)
  }

  /// Where field number `field` stands; `nil` if it is absent (then it has its default).
  private func offset(_ field: Int) throws -> Int? {
    let entry = 4 + 2 * field
    guard entry + 2 <= vtableBytes else { return nil }
    let offset = Int(try buffer.read(UInt16.self, at: vtable + entry))
    guard offset != 0 else { return nil }
    guard offset < tableBytes else { throw WeightFault("it is malformed: a field lies outside its table") }
    return position + offset
  }

  func has(_ field: Int) throws -> Bool { try offset(field) != nil }

  func scalar<T: FlatScalar>(_ field: Int, default value: T) throws -> T {
    guard let offset = try offset(field) else { return value }
    return try buffer.read(T.self, at: offset)
  }

  func table(_ field: Int) throws -> FlatTable? {
    guard let offset = try offset(field) else { return nil }
    return try FlatTable(buffer, at: buffer.follow(offset))
  }

  /// A vector of scalars, or of offsets to tables; empty if the field is absent.
  func vector<T: FlatScalar>(_ field: Int, of type: T.Type) throws -> FlatVector<T> {
    guard let offset = try offset(field) else { return FlatVector(buffer: buffer, start: 0, count: 0) }
    let start = try buffer.follow(offset)
    let count = Int(try buffer.read(UInt32.self, at: start))
    try buffer.check(start + 4, count * MemoryLayout<T>.size)
    return FlatVector(buffer: buffer, start: start + 4, count: count)
  }

  /// A text, as far as it is wanted: 256 bytes; empty if the field is absent.
  func string(_ field: Int) throws -> String {
    let range = try vector(field, of: UInt8.self).range
    return String(decoding: buffer.bytes[range.prefix(256)], as: UTF8.self)
  }

  func tables(_ field: Int) throws -> FlatVector<UInt32> { try vector(field, of: UInt32.self) }
}

/// A vector that lies inside its buffer.
struct FlatVector<T: FlatScalar>: Sendable {
  fileprivate let buffer: FlatBuffer
  fileprivate let start: Int
  let count: Int

  /// Bytes of the whole buffer.
  var range: Range<Int> { start..<start + count * MemoryLayout<T>.size }

  /// - Throws: `WeightFault` if there is no such element.
  func element(_ index: Int) throws -> T {
    guard index >= 0, index < count else {
      throw WeightFault("it is malformed: it refers to element \(index) of \(count)")
    }
    return try buffer.read(T.self, at: start + index * MemoryLayout<T>.size)
  }

  /// All elements.
  /// - Throws: `WeightFault` if there are more than `limit`, so that a file cannot make us copy more than we need.
  func elements(limit: Int) throws -> [T] {
    guard count <= limit else {
      throw WeightFault("it is not MobileNet V1: a list of \(count) where at most \(limit) are expected")
    }
    return try (0..<count).map(element)
  }
}

extension FlatVector<UInt32> {
  /// The table that element `index` points to.
  func table(_ index: Int) throws -> FlatTable {
    _ = try element(index)
    return try FlatTable(buffer, at: buffer.follow(start + index * 4))
  }
}
