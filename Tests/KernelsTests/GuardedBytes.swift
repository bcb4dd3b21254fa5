import Kernels
import MobileNet
import ModelFiles

/// Bytes with a guard on both sides, on a cache line's boundary: a write to one shows.
final class GuardedBytes {
  let pointer: UnsafeMutableRawPointer
  let count: Int
  private let storage: UnsafeMutableRawPointer
  private static let guardCount = 256
  private static let canary: UInt8 = 0xa5

  init(count: Int) {
    self.count = count
    let total = count + 2 * Self.guardCount
    storage = .allocate(byteCount: total, alignment: 64)
    storage.initializeMemory(as: UInt8.self, repeating: Self.canary, count: total)
    pointer = storage + Self.guardCount
  }

  /// Elements as the kernels of `table` read them: bytes, or 16-bit integers.
  convenience init(_ values: [UInt8], elementBytes: Int = 1) {
    self.init(count: values.count * elementBytes)
    for (index, value) in values.enumerated() {
      if elementBytes == 1 {
        pointer.storeBytes(of: value, toByteOffset: index, as: UInt8.self)
      } else {
        pointer.storeBytes(of: Int16(value), toByteOffset: 2 * index, as: Int16.self)
      }
    }
  }

  convenience init<T: BitwiseCopyable>(of values: [T]) {
    self.init(count: values.count * MemoryLayout<T>.stride)
    values.withUnsafeBytes { pointer.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
  }

  deinit { storage.deallocate() }

  var bytes: UnsafeMutablePointer<UInt8> { pointer.assumingMemoryBound(to: UInt8.self) }
  var words: UnsafeMutablePointer<Int32> { pointer.assumingMemoryBound(to: Int32.self) }
  var floats: UnsafeMutablePointer<Float> { pointer.assumingMemoryBound(to: Float.self) }

  /// `count` elements from `start` on.
  func elements(_ start: Int, _ count: Int, elementBytes: Int = 1) -> [Int] {
    (start..<start + count).map {
      elementBytes == 1
        ? Int(pointer.load(fromByteOffset: $0, as: UInt8.self))
        : Int(pointer.load(fromByteOffset: 2 * $0, as: Int16.self))
    }
  }

  /// The first byte outside `written` (guards included) that was written to.
  func firstTouched(outside written: (Int) -> Bool) -> Int? {
    (-Self.guardCount..<count + Self.guardCount).first {
      pointer.load(fromByteOffset: $0, as: UInt8.self) != Self.canary && !((0..<count).contains($0) && written($0))
    }
  }
}

extension Findings {
  mutating func checkGuards(
    _ buffer: GuardedBytes, in place: @autoclosure () -> String, written: (Int) -> Bool = { _ in true }
  ) {
    if let index = buffer.firstTouched(outside: written) {
      add("\(place()): wrote to byte \(index) of a buffer of \(buffer.count), which is not its to write")
    }
  }

  /// Notes elements that differ.
  mutating func compareExactly<T: Equatable, S: Sequence<T>>(
    _ found: [T], with expected: S, in place: @autoclosure () -> String
  ) {
    let expected = Array(expected)
    guard found.count == expected.count else {
      return add("\(place()): \(found.count) outputs instead of \(expected.count)")
    }
    for index in found.indices where found[index] != expected[index] {
      add("\(place()): [\(index)] = \(found[index]), expected \(expected[index])")
    }
  }
}

extension SplitMix64 {
  /// Bytes, one in four of them the largest or the smallest: what saturates shows there.
  mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in
      let bits = next()
      return bits & 3 == 0 ? (bits & 4 == 0 ? 255 : 0) : UInt8(truncatingIfNeeded: bits >> 8)
    }
  }

  /// Weights in `range`, one in four of them an end of it.
  mutating func weights(_ count: Int, in range: ClosedRange<Int>) -> [Int16] {
    (0..<count).map { _ in
      let bits = next()
      if bits & 3 == 0 { return Int16(bits & 4 == 0 ? range.lowerBound : range.upperBound) }
      return Int16(range.lowerBound + Int(bits >> 8) % range.count)
    }
  }

  mutating func words(_ count: Int, within reach: Int) -> [Int32] {
    (0..<count).map { _ in Int32(Int(next() >> 8) % (2 * reach + 1) - reach) }
  }

  /// Scales that spread sums of `length` products over the bytes, and one of a thousand times that: too large for any.
  mutating func scales(_ count: Int, length: Int) -> [Float] {
    (0..<count).map { index in
      let spread = 0.02 / Float(length).squareRoot() * (0.5 + Float(next() >> 40) / 16_777_216)
      return index % 7 == 3 ? spread * 1e6 : spread
    }
  }

  mutating func range() -> OutputRange {
    let low = UInt8(next() % 40)
    return OutputRange(zeroPoint: Int32(next() % 256), low: low, high: 255 - UInt8(next() % 40))
  }
}
