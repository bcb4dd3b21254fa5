/// The weights of eight channels for `wordDepthwise`, in words: biases, scales, taps of eight 16-bit weights: nine, or five pairs
/// of them in turns.
@usableFromInline
enum WordGroup {
  @inlinable @inline(__always) static var scales: Int { 8 }
  @inlinable @inline(__always) static var taps: Int { 16 }
  @inlinable @inline(__always) static var words: Int { 56 }
}

/// A set that multiplies the bytes of two taps at once: `vpmaddwd` adds up neighbours.
public protocol TapPairInstructionSet: QuantizedInstructionSet {
  /// `sums + first × words[0, 2, …] + second × words[1, 3, …]` of eight channels: bytes, and 16-bit weights.
  static func multiplyAdd(
    _ sums: SIMD8<Int32>, first: UnsafePointer<UInt8>, second: UnsafePointer<UInt8>, words: UnsafeRawPointer
  ) -> SIMD8<Int32>
}

/// Depthwise rows with 32-bit products of 16-bit inputs, eight channels at a time: for sets without byte products.
@inlinable @inline(__always)
public func wordDepthwise<ISA: QuantizedInstructionSet>(_ a: QuantizedDepthwiseArguments, isa: ISA.Type) {
  wordDepthwise(a, isa: isa) { bias, corner, taps in
    var sums = bias
    for tap in 0..<9 { sums = ISA.multiplyAdd(sums, bytes: a.tap(tap, from: corner), words: taps + 16 &* tap) }
    return sums
  }
}

/// The same, two taps at a time; the last one with nothing.
@inlinable @inline(__always)
public func tapPairDepthwise<ISA: TapPairInstructionSet>(_ a: QuantizedDepthwiseArguments, isa: ISA.Type) {
  wordDepthwise(a, isa: isa) { bias, corner, taps in
    var sums = bias
    for pair in 0..<5 {
      sums = ISA.multiplyAdd(
        sums, first: a.tap(2 &* pair, from: corner), second: a.tap(min(2 &* pair &+ 1, 8), from: corner),
        words: taps + 32 &* pair)
    }
    return sums
  }
}

/// Writes 16-bit integers, or bytes where the set multiplies those, as `quantizedConvolution` reads them there.
/// - Parameter products: adds the nine products of eight channels, from their top left tap on, to their biases.
@inlinable @inline(__always)
func wordDepthwise<ISA: QuantizedInstructionSet>(
  _ a: QuantizedDepthwiseArguments, isa: ISA.Type,
  products: (SIMD8<Int32>, UnsafePointer<UInt8>, UnsafeRawPointer) -> SIMD8<Int32>
) {
  let elementBytes = 4 / ISA.valuesPerWord
  for row in 0..<a.rows {
    let line = a.input + row &* a.stride &* a.inputRowStrideBytes
    for group in 0..<a.channels / 8 {
      let weights = a.weights + group &* WordGroup.words
      let scales = UnsafeRawPointer(weights + WordGroup.scales).loadUnaligned(as: SIMD8<Float>.self)
      let taps = UnsafeRawPointer(weights + WordGroup.taps)
      let bias = UnsafeRawPointer(weights).loadUnaligned(as: SIMD8<Int32>.self)
      for pixel in 0..<a.pixels {
        let sums = products(bias, line + (pixel &* a.stride &* a.channels &+ 8 &* group), taps)
        let bytes = requantized(isa, sums, scales, a.range)
        let at = a.output + elementBytes &* ((row &* a.pixels &+ pixel) &* a.channels &+ 8 &* group)
        if elementBytes == 1 {
          at.storeBytes(of: narrowedToBytes(isa, bytes), as: SIMD8<UInt8>.self)
        } else {
          at.storeBytes(of: narrowedToWords(isa, bytes), as: SIMD8<Int16>.self)
        }
      }
    }
  }
}

extension QuantizedDepthwiseArguments {
  /// One of the nine taps of a pixel whose top left one is at `corner`.
  @inlinable @inline(__always)
  func tap(_ tap: Int, from corner: UnsafePointer<UInt8>) -> UnsafePointer<UInt8> {
    corner + (tap / 3 &* inputRowStrideBytes &+ tap % 3 &* channels)
  }
}
