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

  func truncate(to count: Int) { self.count = count }

  @inline(__always)
  private func reserve(_ extra: Int) {
    if count + extra > capacity { grow(extra) }
  }

  @inline(never)
  private func grow(_ extra: Int) {
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
    guard let start = source.baseAddress, !source.isEmpty else { return }
    reserve(source.count)
    memcpy(base + count, start, source.count)
    count += source.count
  }

  func append(_ text: StaticString) {
    append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  func append(text: String) {
    let wasContiguous: Void? = text.utf8.withContiguousStorageIfAvailable { append($0) }
    if wasContiguous == nil { for byte in text.utf8 { append(byte) } }
  }

  func append(integer value: Int64) { append(value.magnitude, isNegative: value < 0, places: 0) }

  /// `value` thousandths as a decimal with exactly three places: nanoseconds as microseconds, to the last digit.
  func append(thousandths value: Int64) { append(value.magnitude, isNegative: value < 0, places: 3) }

  /// `value` with exactly `places` decimals (at most 9), rounded to nearest.
  /// - Parameter unknown: what stands for not-a-number and for values that 64 bits do not hold.
  func append(fixed value: Double, places: Int, else unknown: StaticString) {
    var scale: Int64 = 1
    for _ in 0..<places { scale *= 10 }
    let scaled = (value * Double(scale)).rounded()
    guard let units = Int64(exactly: scaled) else { return append(unknown) }
    append(units.magnitude, isNegative: units < 0, places: places)
  }

  /// `value` with a point before its last `places` digits (at most 9), and a digit before the point in any case.
  private func append(_ value: UInt64, isNegative: Bool, places: Int) {
    // From the last digit to the first, behind the place; then to it. 20 digits, nine zeros, point and sign at most.
    let room = 32
    reserve(room)
    let start = base + count
    var place = start + room
    var rest = value
    func put(_ digit: UInt64) {
      place -= 1
      place.pointee = UInt8(truncatingIfNeeded: digit) + UInt8(ascii: "0")
    }
    if places > 0 {
      for _ in 0..<places {
        put(rest % 10)
        rest /= 10
      }
      place -= 1
      place.pointee = UInt8(ascii: ".")
    }
    while rest >= 100 {
      let pair = rest % 100
      rest /= 100
      put(pair % 10)
      put(pair / 10)
    }
    put(rest % 10)
    if rest >= 10 { put(rest / 10) }
    if isNegative {
      place -= 1
      place.pointee = UInt8(ascii: "-")
    }
    let length = start + room - place
    memmove(start, place, length)
    count += length
  }

  /// A field of RFC 4180: quoted, with its quotes doubled, only where it must be.
  func append(csv text: String) {
    let needsQuotes = text.utf8.contains { $0 == UInt8(ascii: ",") || $0 == quote || $0 == 10 || $0 == 13 }
    guard needsQuotes else { return append(text: text) }
    append(quote)
    for byte in text.utf8 {
      if byte == quote { append(quote) }
      append(byte)
    }
    append(quote)
  }

  /// A JSON string with its quotation marks.
  func append(json text: String) {
    append(quote)
    append(jsonInner: text)
    append(quote)
  }

  /// What stands between the quotation marks of a JSON string. What a terminal would obey is escaped as well: headless
  /// lines go to one.
  func append(jsonInner text: String) {
    let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != quote && $0 != UInt8(ascii: "\\") }
    append(text: isPlain ? text : Self.escaped(text))
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
