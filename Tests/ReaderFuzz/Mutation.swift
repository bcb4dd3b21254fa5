import ModelFiles
import TestSupport

/// A valid file, and where its structure stands: a change there tells more than one of a weight or a pixel.
struct Seed {
  var bytes: [UInt8]
  var structure: [Range<Int>]

  init(_ bytes: [UInt8], structure: [Range<Int>]? = nil) {
    self.bytes = bytes
    self.structure = structure ?? [bytes.indices]
  }
}

/// Changes of a file that readers have to bear: bits, bytes, numbers in binary and in text, parts that are missing, come
/// twice or stand elsewhere.
enum Mutation {
  /// Numbers that break arithmetic.
  private static let numbers: [UInt64] = [
    0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff,
    // As floats: the largest, infinity, not a number, the smallest; as doubles the same.
    0x7f7f_ffff, 0x7f80_0000, 0x7fc0_0000, 0x0000_0001, 0x0080_0000, 0x7fef_ffff_ffff_ffff, 0x7ff0_0000_0000_0000,
    0x1_0000_0000, 1 << 53, 0x7fff_ffff_ffff_ffff, 0x8000_0000_0000_0000, .max - 1, .max,
  ]
  private static let texts = [
    "0", "-1", "-0", "1e308", "1e-400", "inf", "-inf", "nan", "NaN", "0x10", "+5", "2147483648", "4294967296",
    "9007199254740993", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551616",
    "1.7976931348623157e309", String(repeating: "9", count: 400), "0." + String(repeating: "0", count: 400) + "1",
  ].map { Array($0.utf8) }
  private static let marks = Array("0123456789{}[]\",:;\\\n\r\t -+.eEFWHAC\u{0}".utf8)

  static func mutated(_ seed: Seed, _ random: inout SplitMix64) -> [UInt8] {
    var bytes = seed.bytes
    for _ in 0...random.below(4) where !bytes.isEmpty {
      change(&bytes, at: min(place(seed, &random), bytes.count - 1), &random)
    }
    return bytes
  }

  private static func place(_ seed: Seed, _ random: inout SplitMix64) -> Int {
    if random.below(16) == 0 { return random.below(max(1, seed.bytes.count)) }
    var index = random.below(max(1, seed.structure.reduce(0) { $0 + $1.count }))
    for range in seed.structure {
      if index < range.count { return range.lowerBound + index }
      index -= range.count
    }
    return 0
  }

  private static func change(_ bytes: inout [UInt8], at place: Int, _ random: inout SplitMix64) {
    switch random.below(12) {
    case 0, 1: bytes[place] ^= 1 << UInt8(random.below(8))
    case 2: bytes[place] = UInt8(truncatingIfNeeded: random.next())
    case 3: bytes[place] = random.pick(marks)
    case 4, 5: put(random.pick(numbers), in: &bytes, at: place, &random)
    case 6:
      // Near misses: an offset that is off by a little.
      let old = bytes[place..<min(place + 4, bytes.count)].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      put(old &+ UInt64(random.below(64)) &- 32, in: &bytes, at: place, &random)
    case 7, 8:
      let isDigit = { (byte: UInt8) in (0x30...0x39).contains(byte) }
      guard let start = bytes[place..<min(place + 64, bytes.count)].firstIndex(where: isDigit) else { return }
      let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.count
      bytes.replaceSubrange(start..<end, with: random.pick(texts))
    case 9: bytes.removeSubrange(place..<min(place + 1 + random.below(16), bytes.count))
    case 10:
      let part = bytes[place..<min(place + 1 + random.below(64), bytes.count)]
      bytes.insert(contentsOf: part, at: random.below(4) == 0 ? random.below(bytes.count) : place)
    default: if random.below(4) == 0 { bytes.removeSubrange(place...) }
    }
  }

  /// In 1, 2, 4 or 8 bytes, of either order.
  private static func put(_ number: UInt64, in bytes: inout [UInt8], at place: Int, _ random: inout SplitMix64) {
    let width = 1 << random.below(4)
    let isLittle = random.below(2) == 0
    for index in 0..<width where place + index < bytes.count {
      bytes[place + index] = UInt8(truncatingIfNeeded: number >> UInt64(8 * (isLittle ? index : width - 1 - index)))
    }
  }
}
