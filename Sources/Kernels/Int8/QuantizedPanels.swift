/// Sums of one pixel for a panel of output channels: one to four vectors side by side.
public protocol SumPanel: Sendable {
  associatedtype ISA: QuantizedInstructionSet
  static var lanes: Int { get }
  /// Pixels of a tile, at most 8: sums, weights and one input fill the registers.
  static var rows: Int { get }
  static func load(_ p: UnsafePointer<Int32>) -> Self
  static func dot(_ sums: Self, _ inputs: ISA.Sums, _ weights: Self) -> Self
  /// Adds the same number to every sum.
  static func add(_ sums: Self, _ x: ISA.Sums) -> Self
  static func add(_ a: Self, _ b: Self) -> Self
  static func repeating(_ x: ISA.Sums) -> Self
  func store(
    scales: UnsafePointer<Float>, _ range: OutputRange, to output: UnsafeMutablePointer<UInt8>, count: Int)
  func storeScaled(scales: UnsafePointer<Float>, to output: UnsafeMutablePointer<Float>)
}

@frozen
public struct SingleSums<ISA: QuantizedInstructionSet>: SumPanel {
  @usableFromInline var a: ISA.Sums
  @inlinable @inline(__always) init(a: ISA.Sums) { self.a = a }
  @inlinable @inline(__always) public static var lanes: Int { ISA.lanes }
  @inlinable @inline(__always) public static var rows: Int { ISA.tileRows }
  @inlinable @inline(__always) public static func load(_ p: UnsafePointer<Int32>) -> Self { Self(a: ISA.load(p)) }
  @inlinable @inline(__always) public static func dot(_ s: Self, _ x: ISA.Sums, _ w: Self) -> Self {
    Self(a: ISA.dot(s.a, x, w.a))
  }
  @inlinable @inline(__always) public static func add(_ s: Self, _ x: ISA.Sums) -> Self { Self(a: ISA.add(s.a, x)) }
  @inlinable @inline(__always) public static func add(_ a: Self, _ b: Self) -> Self { Self(a: ISA.add(a.a, b.a)) }
  @inlinable @inline(__always) public static func repeating(_ x: ISA.Sums) -> Self { Self(a: x) }
  @inlinable @inline(__always) public func store(
    scales: UnsafePointer<Float>, _ range: OutputRange, to output: UnsafeMutablePointer<UInt8>, count: Int
  ) { ISA.store(a, scales: scales, range, to: output, count: count) }
  @inlinable @inline(__always) public func storeScaled(
    scales: UnsafePointer<Float>, to output: UnsafeMutablePointer<Float>
  ) { ISA.storeScaled(a, scales: scales, to: output) }
}

@frozen
public struct PairSums<ISA: QuantizedInstructionSet>: SumPanel {
  public var a: ISA.Sums
  public var b: ISA.Sums
  @inlinable @inline(__always) public init(a: ISA.Sums, b: ISA.Sums) {
    self.a = a
    self.b = b
  }
  @inlinable @inline(__always) public static var lanes: Int { 2 &* ISA.lanes }
  @inlinable @inline(__always) public static var rows: Int { ISA.tileRows }
  @inlinable @inline(__always) public static func load(_ p: UnsafePointer<Int32>) -> Self {
    Self(a: ISA.load(p), b: ISA.load(p + ISA.lanes))
  }
  @inlinable @inline(__always) public static func dot(_ s: Self, _ x: ISA.Sums, _ w: Self) -> Self {
    Self(a: ISA.dot(s.a, x, w.a), b: ISA.dot(s.b, x, w.b))
  }
  @inlinable @inline(__always) public static func add(_ s: Self, _ x: ISA.Sums) -> Self {
    Self(a: ISA.add(s.a, x), b: ISA.add(s.b, x))
  }
  @inlinable @inline(__always) public static func add(_ a: Self, _ b: Self) -> Self {
    Self(a: ISA.add(a.a, b.a), b: ISA.add(a.b, b.b))
  }
  @inlinable @inline(__always) public static func repeating(_ x: ISA.Sums) -> Self { Self(a: x, b: x) }
  @inlinable @inline(__always) public func store(
    scales: UnsafePointer<Float>, _ range: OutputRange, to output: UnsafeMutablePointer<UInt8>, count: Int
  ) { ISA.store(a, b, scales: scales, range, to: output) }
  @inlinable @inline(__always) public func storeScaled(
    scales: UnsafePointer<Float>, to output: UnsafeMutablePointer<Float>
  ) {
    ISA.storeScaled(a, scales: scales, to: output)
    ISA.storeScaled(b, scales: scales + ISA.lanes, to: output + ISA.lanes)
  }
}

extension QuadSums {
  /// Four vectors of inputs, each with its own weights.
  @inlinable @inline(__always)
  static func dot(_ s: Self, each x: Self, _ w: Self) -> Self {
    Self(
      ab: PairSums(a: ISA.dot(s.ab.a, x.ab.a, w.ab.a), b: ISA.dot(s.ab.b, x.ab.b, w.ab.b)),
      cd: PairSums(a: ISA.dot(s.cd.a, x.cd.a, w.cd.a), b: ISA.dot(s.cd.b, x.cd.b, w.cd.b)))
  }

  @inlinable @inline(__always)
  public init(_ a: ISA.Sums, _ b: ISA.Sums, _ c: ISA.Sums, _ d: ISA.Sums) {
    self.init(ab: PairSums(a: a, b: b), cd: PairSums(a: c, b: d))
  }
}

/// A pair and a single vector: 48 channels.
@frozen
public struct TripleSums<ISA: QuantizedInstructionSet>: SumPanel {
  @usableFromInline var ab: PairSums<ISA>
  @usableFromInline var c: ISA.Sums
  @inlinable @inline(__always) init(ab: PairSums<ISA>, c: ISA.Sums) {
    self.ab = ab
    self.c = c
  }
  @inlinable @inline(__always) public static var lanes: Int { 3 &* ISA.lanes }
  @inlinable @inline(__always) public static var rows: Int { ISA.tileRows }
  @inlinable @inline(__always) public static func load(_ p: UnsafePointer<Int32>) -> Self {
    Self(ab: .load(p), c: ISA.load(p + 2 &* ISA.lanes))
  }
  @inlinable @inline(__always) public static func dot(_ s: Self, _ x: ISA.Sums, _ w: Self) -> Self {
    Self(ab: .dot(s.ab, x, w.ab), c: ISA.dot(s.c, x, w.c))
  }
  @inlinable @inline(__always) public static func add(_ s: Self, _ x: ISA.Sums) -> Self {
    Self(ab: .add(s.ab, x), c: ISA.add(s.c, x))
  }
  @inlinable @inline(__always) public static func add(_ a: Self, _ b: Self) -> Self {
    Self(ab: .add(a.ab, b.ab), c: ISA.add(a.c, b.c))
  }
  @inlinable @inline(__always) public static func repeating(_ x: ISA.Sums) -> Self { Self(ab: .repeating(x), c: x) }
  @inlinable @inline(__always) public func store(
    scales: UnsafePointer<Float>, _ range: OutputRange, to output: UnsafeMutablePointer<UInt8>, count: Int
  ) {
    ab.store(scales: scales, range, to: output, count: 2 &* ISA.lanes)
    ISA.store(c, scales: scales + 2 &* ISA.lanes, range, to: output + 2 &* ISA.lanes, count: ISA.lanes)
  }
  @inlinable @inline(__always) public func storeScaled(
    scales: UnsafePointer<Float>, to output: UnsafeMutablePointer<Float>
  ) {
    ab.storeScaled(scales: scales, to: output)
    ISA.storeScaled(c, scales: scales + 2 &* ISA.lanes, to: output + 2 &* ISA.lanes)
  }
}

@frozen
public struct QuadSums<ISA: QuantizedInstructionSet>: SumPanel {
  @usableFromInline var ab: PairSums<ISA>
  @usableFromInline var cd: PairSums<ISA>
  @inlinable @inline(__always) init(ab: PairSums<ISA>, cd: PairSums<ISA>) {
    self.ab = ab
    self.cd = cd
  }
  @inlinable @inline(__always) public static var lanes: Int { 4 &* ISA.lanes }
  @inlinable @inline(__always) public static var rows: Int { 6 }
  @inlinable @inline(__always) public static func load(_ p: UnsafePointer<Int32>) -> Self {
    Self(ab: .load(p), cd: .load(p + 2 &* ISA.lanes))
  }
  @inlinable @inline(__always) public static func dot(_ s: Self, _ x: ISA.Sums, _ w: Self) -> Self {
    Self(ab: .dot(s.ab, x, w.ab), cd: .dot(s.cd, x, w.cd))
  }
  @inlinable @inline(__always) public static func add(_ s: Self, _ x: ISA.Sums) -> Self {
    Self(ab: .add(s.ab, x), cd: .add(s.cd, x))
  }
  @inlinable @inline(__always) public static func add(_ a: Self, _ b: Self) -> Self {
    Self(ab: .add(a.ab, b.ab), cd: .add(a.cd, b.cd))
  }
  @inlinable @inline(__always) public static func repeating(_ x: ISA.Sums) -> Self {
    Self(ab: .repeating(x), cd: .repeating(x))
  }
  @inlinable @inline(__always) public func store(
    scales: UnsafePointer<Float>, _ range: OutputRange, to output: UnsafeMutablePointer<UInt8>, count: Int
  ) { ISA.store(ab.a, ab.b, cd.a, cd.b, scales: scales, range, to: output, count: count) }
  @inlinable @inline(__always) public func storeScaled(
    scales: UnsafePointer<Float>, to output: UnsafeMutablePointer<Float>
  ) {
    ab.storeScaled(scales: scales, to: output)
    cd.storeScaled(scales: scales + 2 &* ISA.lanes, to: output + 2 &* ISA.lanes)
  }
}
