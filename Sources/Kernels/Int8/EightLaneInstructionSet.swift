/// What 8-bit sets with vectors of eight sums share; they differ in how inputs are multiplied (`dot`).
public protocol EightLaneInstructionSet: QuantizedInstructionSet where Sums == SIMD8<Int32> {}

extension EightLaneInstructionSet {
  @inlinable @inline(__always) public static var lanes: Int { 8 }
  @inlinable @inline(__always) public static var hasWidePanels: Bool { false }
  @inlinable @inline(__always) public static var isOrdered: Bool { false }
  /// Twelve of sixteen registers hold sums.
  @inlinable @inline(__always) public static var tileRows: Int { 6 }

  @inlinable @inline(__always) public static func repeating(_ word: Int32) -> Sums { Sums(repeating: word) }
  @inlinable @inline(__always) public static func load(_ p: UnsafePointer<Int32>) -> Sums {
    UnsafeRawPointer(p).loadUnaligned(as: Sums.self)
  }
  @inlinable @inline(__always) public static func add(_ a: Sums, _ b: Sums) -> Sums { a &+ b }
  @inlinable @inline(__always) public static func storeScaled(
    _ sums: Sums, scales: UnsafePointer<Float>, to output: UnsafeMutablePointer<Float>
  ) {
    let real = real(self, sums) * UnsafeRawPointer(scales).loadUnaligned(as: SIMD8<Float>.self)
    UnsafeMutableRawPointer(output).storeBytes(of: real, as: SIMD8<Float>.self)
  }

  @inlinable @inline(__always) public static func store(
    _ a: Sums, scales: UnsafePointer<Float>, _ range: OutputRange, to output: UnsafeMutablePointer<UInt8>, count: Int
  ) {
    let bytes = requantized(self, a, UnsafeRawPointer(scales).loadUnaligned(as: SIMD8<Float>.self), range)
    UnsafeMutableRawPointer(output).storeBytes(of: narrowedToBytes(self, bytes), as: SIMD8<UInt8>.self)
  }
  @inlinable @inline(__always) public static func store(
    _ a: Sums, _ b: Sums, scales: UnsafePointer<Float>, _ range: OutputRange, to output: UnsafeMutablePointer<UInt8>
  ) {
    store(a, scales: scales, range, to: output, count: 8)
    store(b, scales: scales + 8, range, to: output + 8, count: 8)
  }
  @inlinable @inline(__always) public static func store(
    _ a: Sums, _ b: Sums, _ c: Sums, _ d: Sums, scales: UnsafePointer<Float>, _ range: OutputRange,
    to output: UnsafeMutablePointer<UInt8>, count: Int
  ) {
    store(a, b, scales: scales, range, to: output)
    store(c, d, scales: scales + 16, range, to: output + 16)
  }
}
