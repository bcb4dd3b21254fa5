import Glibc
import Platform

/// Bytes of one row in the making. Numbers are written by hand: no locale, no allocation once the buffer has grown.
///
/// Belongs to one thread.
final class LineBuffer {
  // Some sixty numbers a row: checking each access at run time takes as long as writing them.
  @exclusivity(unchecked) private(set) var count = 0
  @exclusivity(unchecked) private var capacity: Int
  @exclusivity(unchecked) private var base: UnsafeMutablePointer<UInt8>

  init(capacity: Int = 4096) {
    self.capacity = capacity
    base = .allocate(capacity: capacity)
  }

  deinit { base.deallocate() }

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  func removeAll() { count = 0 }

  private func reserve(_ extra: Int) {
    guard count + extra > capacity else { return }
    while count + extra > capacity { capacity *= 2 }
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    larger.update(from: base, count: count)
    base.deallocate()
    base = larger
  }

  func append(_ byte: UInt8) {
    reserve(1)
    base[count] = byte
    count += 1
  }

  func append(_ source: UnsafeBufferPointer<UInt8>) {
    guard let start = source.baseAddress else { return }
    reserve(source.count)
    memcpy(base + count, start, source.count)
    count += source.count
  }

  func append(_ text: StaticString) {
    append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  func append(text: String) {
    var text = text
    text.withUTF8 { append($0) }
  }

  /// `value` with a point before its last `places` digits (at most 9), and a digit before the point in any case.
  func append(_ value: Int64, places: Int = 0) {
    // From the last digit to the first, behind the place; then to it. 20 digits, nine zeros, point and sign at most.
    let room = 32
    reserve(room)
    let start = base + count
    var place = start + room
    func put(_ byte: UInt8) {
      place -= 1
      place.pointee = byte
    }
    var rest = value.magnitude
    var digits = 0
    repeat {
      if digits == places, places > 0 { put(UInt8(ascii: ".")) }
      put(UInt8(truncatingIfNeeded: rest % 10) + UInt8(ascii: "0"))
      rest /= 10
      digits += 1
    } while rest > 0 || digits <= places
    if value < 0 { put(UInt8(ascii: "-")) }
    let length = start + room - place
    memmove(start, place, length)
    count += length
  }

  /// What a text must be quoted for.
  enum Syntax {
    case csv
    case json
  }

  func append(_ text: String, as syntax: Syntax) {
    switch syntax {
    case .csv: append(csv: text)
    case .json: append(json: text)
    }
  }

  /// A field of RFC 4180: quoted, with its quotes doubled, only where it must be.
  private func append(csv text: String) {
    let needsQuotes = text.utf8.contains { $0 == UInt8(ascii: ",") || $0 == quote || $0 == 10 || $0 == 13 }
    guard needsQuotes else { return append(text: text) }
    append(quote)
    for byte in text.utf8 {
      if byte == quote { append(quote) }
      append(byte)
    }
    append(quote)
  }

  /// A JSON string with its quotation marks. What a terminal would obey is escaped as well: headless lines go to one.
  private func append(json text: String) {
    let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != quote && $0 != UInt8(ascii: "\\") }
    append(quote)
    append(text: isPlain ? text : Self.escaped(text))
    append(quote)
  }

  private static func escaped(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result.append(contentsOf: "\\\"".unicodeScalars)
      case "\\": result.append(contentsOf: "\\\\".unicodeScalars)
      case "\n": result.append(contentsOf: "\\n".unicodeScalars)
      case "\t": result.append(contentsOf: "\\t".unicodeScalars)
      default: result.append(scalar)
      }
    }
    return Printable.json(String(result))
  }
}

private let quote = UInt8(ascii: "\"")
