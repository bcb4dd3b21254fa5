/// What the 8-bit kernel bodies are instantiated for.
///
/// Inputs come as 32-bit words, four unsigned bytes or two 16-bit integers, that are multiplied by as many weights and
/// added to a 32-bit sum: one instruction where the set has it (`vpdpbusd`, `vpmaddwd`). Sums are exact integers, so every
/// instruction set gives the same bytes. As with `InstructionSet`, every generic function carries the set's name.
public protocol QuantizedInstructionSet: Sendable {
  /// L sums of 32 bits.
  associatedtype Sums: Sendable
  static var name: String { get }
  static var lanes: Int { get }
  /// Inputs in a word: 4 bytes, or 2 of 16 bits.
  static var valuesPerWord: Int { get }
  /// Whether panels of three and four vectors fit the registers.
  static var hasWidePanels: Bool { get }
  /// Whether `store` expects the columns in the order of packing instructions (`QuantizedPanelLayout.isOrdered`).
  static var isOrdered: Bool { get }
  /// Pixels of a register tile for one or two vectors of output channels, at most 8.
  static var tileRows: Int { get }

  /// Whether four words of a pixel are read at once and each is multiplied out of its lane.
  static var readsFourWords: Bool { get }
  /// Whether bytes are multiplied as signed ones, 128 less than they are: `QuantizedPanelLayout.isSigned`.
  static var isSigned: Bool { get }

  static func repeating(_ word: Int32) -> Sums
  /// A word of inputs in all lanes.
  static func inputs(_ word: Int32) -> Sums
  /// Four words of inputs, of which `inputs(_:lane:)` takes one; only where `readsFourWords`.
  static func loadInputs(_ p: UnsafeRawPointer) -> Sums
  static func inputs(_ four: Sums, lane: Int) -> Sums
  static func load(_ p: UnsafePointer<Int32>) -> Sums
  static func add(_ a: Sums, _ b: Sums) -> Sums
  /// `sums + Σ inputs × weights` of each lane's word.
  static func dot(_ sums: Sums, _ inputs: Sums, _ weights: Sums) -> Sums
  /// `sums + inputs × weights` of eight channels: bytes, and 16-bit weights.
  static func multiplyAdd(_ sums: SIMD8<Int32>, bytes: UnsafePointer<UInt8>, words: UnsafeRawPointer) -> SIMD8<Int32>
  /// Into `low … high`; numbers only.
  static func clamped(_ real: SIMD8<Float>, _ low: SIMD8<Float>, _ high: SIMD8<Float>) -> SIMD8<Float>
  /// `Float(sums) × scales`
  static func storeScaled(_ sums: Sums, scales: UnsafePointer<Float>, to output: UnsafeMutablePointer<Float>)

  /// Requantizes and stores the first `count` bytes, 8 or all lanes.
  static func store(
    _ a: Sums, scales: UnsafePointer<Float>, _ range: OutputRange, to output: UnsafeMutablePointer<UInt8>, count: Int)
  static func store(
    _ a: Sums, _ b: Sums, scales: UnsafePointer<Float>, _ range: OutputRange, to output: UnsafeMutablePointer<UInt8>)
  /// The first `count` bytes, a multiple of the lanes; only where `hasWidePanels`.
  static func store(
    _ a: Sums, _ b: Sums, _ c: Sums, _ d: Sums, scales: UnsafePointer<Float>, _ range: OutputRange,
    to output: UnsafeMutablePointer<UInt8>, count: Int)
}

extension QuantizedInstructionSet {
  @inlinable @inline(__always) public static var readsFourWords: Bool { false }
  @inlinable @inline(__always) public static var isSigned: Bool { false }
  @inlinable @inline(__always) public static func inputs(_ word: Int32) -> Sums { repeating(word) }
  @inlinable @inline(__always) public static func loadInputs(_ p: UnsafeRawPointer) -> Sums {
    inputs(p.loadUnaligned(as: Int32.self))
  }
  @inlinable @inline(__always) public static func inputs(_ four: Sums, lane: Int) -> Sums { four }
  @inlinable @inline(__always) public static func multiplyAdd(
    _ sums: SIMD8<Int32>, bytes: UnsafePointer<UInt8>, words: UnsafeRawPointer
  ) -> SIMD8<Int32> {
    sums &+ widenedBytes(Self.self, bytes) &* widenedWords(Self.self, words)
  }
  @inlinable @inline(__always) public static func clamped(
    _ real: SIMD8<Float>, _ low: SIMD8<Float>, _ high: SIMD8<Float>
  ) -> SIMD8<Float> {
    let raised = real.replacing(with: low, where: real .< low)
    return raised.replacing(with: high, where: raised .> high)
  }
}

/// How a sum becomes a byte: clamp(round(Float(sum) × scale) + zeroPoint) to `low … high`; halves to even.
@frozen
public struct OutputRange: Sendable {
  public var zeroPoint: Int32
  public var low: UInt8
  public var high: UInt8

  @inlinable @inline(__always)
  public init(zeroPoint: Int32, low: UInt8, high: UInt8) {
    self.zeroPoint = zeroPoint
    self.low = low
    self.high = high
  }

  /// `high` before the zero point is added.
  @inlinable @inline(__always)
  public var highest: Float { Float(Int32(high) &- zeroPoint) }
  /// `low` before the zero point is added.
  @inlinable @inline(__always)
  public var lowest: Float { Float(Int32(low) &- zeroPoint) }
}
