import CCPU

/// What a kernel body needs of a vector of float32, so that one body serves every instruction set.
///
/// The generic operators of `SIMD` are loops over scalars until they are specialised; each conformance names the concrete
/// ones, which are single instructions.
public protocol FloatVector: Sendable {
  /// A scalar in every lane; for `Pair` one register serves both halves.
  associatedtype Splat
  static var lanes: Int { get }
  static func splat(_ x: Float) -> Splat
  static func repeating(_ x: Float) -> Self
  static func load(_ p: UnsafePointer<Float>) -> Self
  /// Writes `storedWords` words: the lanes, or, where two channels share a word, two of them in each.
  func store(_ p: UnsafeMutablePointer<Float>)
  static var storedWords: Int { get }
  /// `acc + x × y`, fused where the instruction set fuses.
  static func multiplyAdd(_ acc: Self, _ x: Splat, _ y: Self) -> Self
  /// min(max(self, 0), 6): the paper's ReLU6.
  func relu6() -> Self
}

extension FloatVector {
  @inlinable @inline(__always) public static var storedWords: Int { lanes }
}

/// Sums that are added to each other: the classifier.
public protocol SumVector: FloatVector {
  static func add(_ a: Self, _ b: Self) -> Self
}

/// Lane-by-lane arithmetic on activations, mostly read as float32 whatever they are in memory: depthwise, pooling.
public protocol ChannelVector: SumVector where Splat == Self {
  /// Activations of `storedWords` words; `load` is for weights, of `weightWords`.
  static func loadActivations(_ p: UnsafePointer<Float>) -> Self
  static var weightWords: Int { get }
  static func multiply(_ a: Self, _ b: Self) -> Self
}

extension ChannelVector {
  @inlinable @inline(__always) public static var weightWords: Int { lanes }
}

/// Vectors of float32 proper, with all that softmax and resizing need besides.
public protocol ElementwiseFloatVector: ChannelVector {
  static func subtract(_ a: Self, _ b: Self) -> Self
  static func maximum(_ a: Self, _ b: Self) -> Self
  /// One byte a lane, 0…255.
  static func loadBytes(_ p: UnsafePointer<UInt8>) -> Self
  /// `y × 2^n`, where `n` stands in the low mantissa bits of `shifted` (a float near 1.5 × 2²³).
  static func scale(_ y: Self, byPowerIn shifted: Self) -> Self
}

extension ElementwiseFloatVector {
  @inlinable @inline(__always) public static func loadActivations(_ p: UnsafePointer<Float>) -> Self { load(p) }
}

// What four lanes do otherwise on each processor. Intrinsics where the plain forms become several instructions.
#if arch(arm64)
  @inlinable @inline(__always)
  func clamped4(_ x: SIMD4<Float>) -> SIMD4<Float> {
    vminq_f32(vmaxq_f32(x, SIMD4(repeating: 0)), SIMD4(repeating: 6))
  }
  @inlinable @inline(__always)
  func maximum4(_ a: SIMD4<Float>, _ b: SIMD4<Float>) -> SIMD4<Float> { vmaxq_f32(a, b) }
  @inlinable @inline(__always)
  func bytes4(_ p: UnsafePointer<UInt8>) -> SIMD4<Float> {
    let word = UnsafeRawPointer(p).loadUnaligned(as: UInt32.self)
    let bytes = unsafeBitCast(SIMD2<UInt32>(word, 0), to: SIMD8<UInt8>.self)
    return vcvtq_f32_u32(vmovl_u16(vget_low_u16(vmovl_u8(bytes))))
  }
  @inlinable @inline(__always)
  func fused4(_ acc: SIMD4<Float>, _ x: SIMD4<Float>, _ y: SIMD4<Float>) -> SIMD4<Float> { acc.addingProduct(x, y) }
#else
  @inlinable @inline(__always)
  func clamped4(_ x: SIMD4<Float>) -> SIMD4<Float> {
    let low = x.replacing(with: SIMD4(repeating: 0), where: x .< SIMD4(repeating: 0))
    return low.replacing(with: SIMD4(repeating: 6), where: low .> SIMD4(repeating: 6))
  }
  @inlinable @inline(__always)
  func maximum4(_ a: SIMD4<Float>, _ b: SIMD4<Float>) -> SIMD4<Float> { a.replacing(with: b, where: a .< b) }
  @inlinable @inline(__always)
  func bytes4(_ p: UnsafePointer<UInt8>) -> SIMD4<Float> {
    // Lane by lane, which becomes one widening load; SIMD's own conversions are calls.
    var result = SIMD4<Float>(repeating: 0)
    for lane in 0..<4 { result[lane] = Float(p[lane]) }
    return result
  }
  /// SSE2 has no fused multiply-add; asking for one would call the C library for each lane.
  @inlinable @inline(__always)
  func fused4(_ acc: SIMD4<Float>, _ x: SIMD4<Float>, _ y: SIMD4<Float>) -> SIMD4<Float> { acc + x * y }
#endif

extension SIMD4: FloatVector, SumVector, ChannelVector, ElementwiseFloatVector where Scalar == Float {
  @inlinable @inline(__always) public static var lanes: Int { 4 }
  @inlinable @inline(__always) public static func splat(_ x: Float) -> Self { Self(repeating: x) }
  @inlinable @inline(__always) public static func repeating(_ x: Float) -> Self { Self(repeating: x) }
  @inlinable @inline(__always) public static func load(_ p: UnsafePointer<Float>) -> Self {
    UnsafeRawPointer(p).loadUnaligned(as: Self.self)
  }
  @inlinable @inline(__always) public func store(_ p: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(p).storeBytes(of: self, as: Self.self)
  }
  @inlinable @inline(__always) public static func multiplyAdd(_ acc: Self, _ x: Self, _ y: Self) -> Self {
    fused4(acc, x, y)
  }
  @inlinable @inline(__always) public func relu6() -> Self { clamped4(self) }
  @inlinable @inline(__always) public static func add(_ a: Self, _ b: Self) -> Self { a + b }
  @inlinable @inline(__always) public static func subtract(_ a: Self, _ b: Self) -> Self { a - b }
  @inlinable @inline(__always) public static func multiply(_ a: Self, _ b: Self) -> Self { a * b }
  @inlinable @inline(__always) public static func maximum(_ a: Self, _ b: Self) -> Self { maximum4(a, b) }
  @inlinable @inline(__always) public static func loadBytes(_ p: UnsafePointer<UInt8>) -> Self { bytes4(p) }
  @inlinable @inline(__always) public static func scale(_ y: Self, byPowerIn shifted: Self) -> Self {
    let exponent = unsafeBitCast(shifted, to: SIMD4<UInt32>.self) &<< SIMD4<UInt32>(repeating: 23)
    return unsafeBitCast(unsafeBitCast(y, to: SIMD4<UInt32>.self) &+ exponent, to: Self.self)
  }
}

extension SIMD8: FloatVector, SumVector, ChannelVector, ElementwiseFloatVector where Scalar == Float {
  @inlinable @inline(__always) public static var lanes: Int { 8 }
  @inlinable @inline(__always) public static func splat(_ x: Float) -> Self { Self(repeating: x) }
  @inlinable @inline(__always) public static func repeating(_ x: Float) -> Self { Self(repeating: x) }
  @inlinable @inline(__always) public static func load(_ p: UnsafePointer<Float>) -> Self {
    UnsafeRawPointer(p).loadUnaligned(as: Self.self)
  }
  @inlinable @inline(__always) public func store(_ p: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(p).storeBytes(of: self, as: Self.self)
  }
  @inlinable @inline(__always) public static func multiplyAdd(_ acc: Self, _ x: Self, _ y: Self) -> Self {
    acc.addingProduct(x, y)
  }
  @inlinable @inline(__always) public func relu6() -> Self {
    let low = replacing(with: Self(repeating: 0), where: self .< Self(repeating: 0))
    return low.replacing(with: Self(repeating: 6), where: low .> Self(repeating: 6))
  }
  @inlinable @inline(__always) public static func add(_ a: Self, _ b: Self) -> Self { a + b }
  @inlinable @inline(__always) public static func subtract(_ a: Self, _ b: Self) -> Self { a - b }
  @inlinable @inline(__always) public static func multiply(_ a: Self, _ b: Self) -> Self { a * b }
  @inlinable @inline(__always) public static func maximum(_ a: Self, _ b: Self) -> Self {
    a.replacing(with: b, where: a .< b)
  }
  @inlinable @inline(__always) public static func loadBytes(_ p: UnsafePointer<UInt8>) -> Self {
    // Lane by lane, which becomes one widening load; SIMD's own conversions are calls.
    var result = Self(repeating: 0)
    for lane in 0..<8 { result[lane] = Float(p[lane]) }
    return result
  }
  @inlinable @inline(__always) public static func scale(_ y: Self, byPowerIn shifted: Self) -> Self {
    let exponent = unsafeBitCast(shifted, to: SIMD8<UInt32>.self) &<< SIMD8<UInt32>(repeating: 23)
    return unsafeBitCast(unsafeBitCast(y, to: SIMD8<UInt32>.self) &+ exponent, to: Self.self)
  }
}

extension SIMD16: FloatVector, SumVector, ChannelVector, ElementwiseFloatVector where Scalar == Float {
  @inlinable @inline(__always) public static var lanes: Int { 16 }
  @inlinable @inline(__always) public static func splat(_ x: Float) -> Self { Self(repeating: x) }
  @inlinable @inline(__always) public static func repeating(_ x: Float) -> Self { Self(repeating: x) }
  @inlinable @inline(__always) public static func load(_ p: UnsafePointer<Float>) -> Self {
    UnsafeRawPointer(p).loadUnaligned(as: Self.self)
  }
  @inlinable @inline(__always) public func store(_ p: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(p).storeBytes(of: self, as: Self.self)
  }
  @inlinable @inline(__always) public static func multiplyAdd(_ acc: Self, _ x: Self, _ y: Self) -> Self {
    acc.addingProduct(x, y)
  }
  @inlinable @inline(__always) public func relu6() -> Self {
    let low = replacing(with: Self(repeating: 0), where: self .< Self(repeating: 0))
    return low.replacing(with: Self(repeating: 6), where: low .> Self(repeating: 6))
  }
  @inlinable @inline(__always) public static func add(_ a: Self, _ b: Self) -> Self { a + b }
  @inlinable @inline(__always) public static func subtract(_ a: Self, _ b: Self) -> Self { a - b }
  @inlinable @inline(__always) public static func multiply(_ a: Self, _ b: Self) -> Self { a * b }
  @inlinable @inline(__always) public static func maximum(_ a: Self, _ b: Self) -> Self {
    a.replacing(with: b, where: a .< b)
  }
  @inlinable @inline(__always) public static func loadBytes(_ p: UnsafePointer<UInt8>) -> Self {
    // Lane by lane, which becomes one widening load; SIMD's own conversions are calls.
    var result = Self(repeating: 0)
    for lane in 0..<16 { result[lane] = Float(p[lane]) }
    return result
  }
  @inlinable @inline(__always) public static func scale(_ y: Self, byPowerIn shifted: Self) -> Self {
    let exponent = unsafeBitCast(shifted, to: SIMD16<UInt32>.self) &<< SIMD16<UInt32>(repeating: 23)
    return unsafeBitCast(unsafeBitCast(y, to: SIMD16<UInt32>.self) &+ exponent, to: Self.self)
  }
}

/// Two vectors side by side: the width of a weight panel that two registers hold.
@frozen
public struct Pair<V: FloatVector>: FloatVector {
  @usableFromInline var a: V
  @usableFromInline var b: V
  @inlinable @inline(__always) init(a: V, b: V) {
    self.a = a
    self.b = b
  }
  @inlinable @inline(__always) public static var lanes: Int { 2 &* V.lanes }
  @inlinable @inline(__always) public static var storedWords: Int { 2 &* V.storedWords }
  @inlinable @inline(__always) public static func splat(_ x: Float) -> V.Splat { V.splat(x) }
  @inlinable @inline(__always) public static func repeating(_ x: Float) -> Self {
    Self(a: .repeating(x), b: .repeating(x))
  }
  @inlinable @inline(__always) public static func load(_ p: UnsafePointer<Float>) -> Self {
    Self(a: .load(p), b: .load(p + V.lanes))
  }
  @inlinable @inline(__always) public func store(_ p: UnsafeMutablePointer<Float>) {
    a.store(p)
    b.store(p + V.storedWords)
  }
  @inlinable @inline(__always) public static func multiplyAdd(_ acc: Self, _ x: V.Splat, _ y: Self) -> Self {
    Self(a: V.multiplyAdd(acc.a, x, y.a), b: V.multiplyAdd(acc.b, x, y.b))
  }
  @inlinable @inline(__always) public func relu6() -> Self { Self(a: a.relu6(), b: b.relu6()) }
}
