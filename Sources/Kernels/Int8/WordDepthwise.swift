/// The weights of eight channels for `wordDepthwise`, in words: biases, scales, nine taps of eight 16-bit weights.
@usableFromInline
enum WordGroup {
  @inlinable @inline(__always) static var scales: Int { 8 }
  @inlinable @inline(__always) static var taps: Int { 16 }
  @inlinable @inline(__always) static var words: Int { 52 }
}

/// Depthwise rows with 32-bit products of 16-bit inputs, eight channels at a time: for sets without byte products.
/// Writes 16-bit integers, or bytes where the set multiplies those, as `quantizedConvolution` reads them there.
@inlinable @inline(__always)
public func wordDepthwise<ISA: QuantizedInstructionSet>(_ a: QuantizedDepthwiseArguments, isa: ISA.Type) {
  let elementBytes = 4 / ISA.valuesPerWord
  for row in 0..<a.rows {
    let line = a.input + row &* a.stride &* a.inputRowStrideBytes
    for group in 0..<a.channels / 8 {
      let weights = a.weights + group &* WordGroup.words
      let scales = UnsafeRawPointer(weights + WordGroup.scales).loadUnaligned(as: SIMD8<Float>.self)
      let taps = UnsafeRawPointer(weights + WordGroup.taps)
      let bias = UnsafeRawPointer(weights).loadUnaligned(as: SIMD8<Int32>.self)
      for pixel in 0..<a.pixels {
        let corner = line + (pixel &* a.stride &* a.channels &+ 8 &* group)
        var sums = bias
        for y in 0..<3 {
          for x in 0..<3 {
            sums = ISA.multiplyAdd(
              sums, bytes: corner + (y &* a.inputRowStrideBytes &+ x &* a.channels), words: taps + 16 &* (3 &* y &+ x))
          }
        }
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
