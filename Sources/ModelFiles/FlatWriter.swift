/// Writes FlatBuffers: a value tree in, bytes out. Children follow their parents, which the format allows.
package indirect enum FlatValue: Sendable {
  case int8(Int8)
  case int32(Int32)
  case float(Float)
  /// Fields by number.
  case table([Int: FlatValue])
  case tables([FlatValue])
  case int32s([Int])
  case int64s([Int])
  case floats([Float])
  /// Contents begin at a multiple of 16 bytes, as TFLite wants its buffers.
  case bytes([UInt8])
  /// With a zero behind it, which does not count.
  case text(String)
  /// A FlatBuffer of its own, with its identifier.
  case nested(FlatValue, String)
}

package struct FlatWriter {
  package private(set) var bytes: [UInt8] = []
  /// Where the contents of long byte vectors (weights) went: a mutation there changes nothing but a value.
  package private(set) var blobs: [Range<Int>] = []

  /// Everything but those: where a change tells more than one of a weight.
  package var structure: [Range<Int>] {
    let ends = [0] + blobs.map(\.upperBound)
    return zip(ends, blobs.map(\.lowerBound) + [bytes.count]).map { $0..<$1 }.filter { !$0.isEmpty }
  }

  /// - Parameter identifier: the four characters after the root's offset.
  package init(root: FlatValue, identifier: String) {
    put(UInt32(0))
    bytes += Array(identifier.utf8)
    patch(0, write(root))
  }

  private mutating func put<T: FixedWidthInteger>(_ value: T) {
    withUnsafeBytes(of: value.littleEndian) { bytes += Array($0) }
  }

  /// Stores at `slot` the offset from there to `target`.
  private mutating func patch(_ slot: Int, _ target: Int) {
    withUnsafeBytes(of: UInt32(target - slot).littleEndian) { bytes.replaceSubrange(slot..<slot + 4, with: $0) }
  }

  private mutating func align() { while bytes.count % 8 != 0 { bytes.append(0) } }

  /// Where the value begins.
  private mutating func write(_ value: FlatValue) -> Int {
    align()
    switch value {
    case .table(let fields): return write(fields)
    case .int32s(let values): return write(values.count) { for value in values { $0.put(Int32(value)) } }
    case .floats(let values): return write(values.count) { for value in values { $0.put(value.bitPattern) } }
    case .int64s(let values):
      put(UInt32(0))  // so that the elements after the count are aligned
      return write(values.count) { for value in values { $0.put(Int64(value)) } }
    case .bytes(let values):
      while (bytes.count + 4) % 16 != 0 { bytes.append(0) }
      let start = write(values.count) { $0.bytes += values }
      if values.count >= 64 { blobs.append(start + 4..<start + 4 + values.count) }
      return start
    case .text(let text):
      let start = write(text.utf8.count) { $0.bytes += Array(text.utf8) }
      bytes.append(0)
      return start
    case .nested(let root, let identifier):
      let inner = FlatWriter(root: root, identifier: identifier).bytes
      return write(inner.count) { $0.bytes += inner }
    case .tables(let values):
      let start = write(values.count) { for _ in values { $0.put(UInt32(0)) } }
      for (index, value) in values.enumerated() { patch(start + 4 + index * 4, write(value)) }
      return start
    case .int8, .int32, .float: preconditionFailure("a scalar stands in a table")
    }
  }

  private mutating func write(_ count: Int, _ elements: (inout FlatWriter) -> Void) -> Int {
    let start = bytes.count
    put(UInt32(count))
    elements(&self)
    return start
  }

  /// A vtable and its table; every field takes four bytes.
  private mutating func write(_ fields: [Int: FlatValue]) -> Int {
    let numbers = fields.keys.sorted()
    let slots = (numbers.last ?? -1) + 1
    let vtable = bytes.count
    put(UInt16(4 + 2 * slots))
    put(UInt16(4 + 4 * numbers.count))
    for slot in 0..<slots { put(UInt16(numbers.firstIndex(of: slot).map { 4 + 4 * $0 } ?? 0)) }
    align()
    let table = bytes.count
    put(Int32(table - vtable))
    for number in numbers {
      // Its numbers are those of the fields.
      switch fields[number]! {
      case .int8(let value): put(Int32(value) & 0xff)
      case .int32(let value): put(value)
      case .float(let value): put(value.bitPattern)
      default: put(UInt32(0))
      }
    }
    for (index, number) in numbers.enumerated() {
      switch fields[number]! {
      case .int8, .int32, .float: break
      case let child: patch(table + 4 + 4 * index, write(child))
      }
    }
    return table
  }
}
