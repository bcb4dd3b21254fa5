// Conversions of eight lanes. The generic ones of SIMD types are functions that targets with different flags would share
// (`InstructionSet` says why that must not be); lane by lane they are inlined, and compilers make one instruction of them.

@inlinable @inline(__always)
func widenedBytes<ISA: QuantizedInstructionSet>(_: ISA.Type, _ p: UnsafePointer<UInt8>) -> SIMD8<Int32> {
  let x = UnsafeRawPointer(p).loadUnaligned(as: SIMD8<UInt8>.self)
  return SIMD8(Int32(x[0]), Int32(x[1]), Int32(x[2]), Int32(x[3]), Int32(x[4]), Int32(x[5]), Int32(x[6]), Int32(x[7]))
}

@inlinable @inline(__always)
func widenedWords<ISA: QuantizedInstructionSet>(_: ISA.Type, _ p: UnsafeRawPointer) -> SIMD8<Int32> {
  let x = p.loadUnaligned(as: SIMD8<Int16>.self)
  return SIMD8(Int32(x[0]), Int32(x[1]), Int32(x[2]), Int32(x[3]), Int32(x[4]), Int32(x[5]), Int32(x[6]), Int32(x[7]))
}

@inlinable @inline(__always)
func narrowedToWords<ISA: QuantizedInstructionSet>(_: ISA.Type, _ x: SIMD8<Int32>) -> SIMD8<Int16> {
  SIMD8(
    Int16(truncatingIfNeeded: x[0]), Int16(truncatingIfNeeded: x[1]), Int16(truncatingIfNeeded: x[2]),
    Int16(truncatingIfNeeded: x[3]), Int16(truncatingIfNeeded: x[4]), Int16(truncatingIfNeeded: x[5]),
    Int16(truncatingIfNeeded: x[6]), Int16(truncatingIfNeeded: x[7]))
}

@inlinable @inline(__always)
public func narrowedToBytes<ISA: QuantizedInstructionSet>(_: ISA.Type, _ x: SIMD8<Int32>) -> SIMD8<UInt8> {
  SIMD8(
    UInt8(truncatingIfNeeded: x[0]), UInt8(truncatingIfNeeded: x[1]), UInt8(truncatingIfNeeded: x[2]),
    UInt8(truncatingIfNeeded: x[3]), UInt8(truncatingIfNeeded: x[4]), UInt8(truncatingIfNeeded: x[5]),
    UInt8(truncatingIfNeeded: x[6]), UInt8(truncatingIfNeeded: x[7]))
}

@inlinable @inline(__always)
public func real<ISA: QuantizedInstructionSet>(_: ISA.Type, _ x: SIMD8<Int32>) -> SIMD8<Float> {
  SIMD8(Float(x[0]), Float(x[1]), Float(x[2]), Float(x[3]), Float(x[4]), Float(x[5]), Float(x[6]), Float(x[7]))
}

@inlinable @inline(__always)
func sum<ISA: QuantizedInstructionSet>(_: ISA.Type, _ x: SIMD8<Int32>) -> Int32 {
  let pairs = x.lowHalf &+ x.highHalf
  return (pairs[0] &+ pairs[1]) &+ (pairs[2] &+ pairs[3])
}

/// The bytes of eight sums, in 32 bits each.
@inlinable @inline(__always)
public func requantized<ISA: QuantizedInstructionSet>(
  _ isa: ISA.Type, _ sums: SIMD8<Int32>, _ scales: SIMD8<Float>, _ range: OutputRange
) -> SIMD8<Int32> {
  let real = ISA.clamped(
    real(isa, sums) * scales, SIMD8<Float>(repeating: range.lowest), SIMD8<Float>(repeating: range.highest))
  // Adding 1.5 × 2²³ rounds to an integer, halves to even, and leaves it in the low bits.
  let shifted = unsafeBitCast(real + SIMD8<Float>(repeating: 12_582_912), to: SIMD8<Int32>.self)
  return (shifted &+ SIMD8<Int32>(repeating: range.zeroPoint)) & SIMD8<Int32>(repeating: 0xff)
}
