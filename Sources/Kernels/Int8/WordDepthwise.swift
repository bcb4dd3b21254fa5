/// The weights of eight channels for `wordDepthwise`, in words: biases, scales, taps of eight 16-bit weights: nine, or five pairs
/// of them in turns.
@usableFromInline
enum WordGroup {
  @inlinable @inline(__always) static var scales: Int { 8 }
  @inlinable @inline(__always) static var taps: Int { 16 }
  @inlinable @inline(__always) static var words: Int { 56 }
}

/// A set that multiplies the bytes of two taps at once: `vpmaddwd` adds up neighbours.
///
/// Two groups of eight channels are worked on together where there are two. Instructions of 32 bytes interleave each half of them by
/// itself, so the first group then has the first and the third four of the sixteen channels (`WordGroup.channel`).
public protocol TapPairInstructionSet: QuantizedInstructionSet where Sums == SIMD8<Int32> {
  /// `sums + first × words[0, 2, …] + second × words[1, 3, …]` of eight channels: bytes, and 16-bit weights.
  static func multiplyAdd(
    _ sums: SIMD8<Int32>, first: UnsafePointer<UInt8>, second: UnsafePointer<UInt8>, words: UnsafeRawPointer
  ) -> SIMD8<Int32>
  /// The same of sixteen channels in two groups.
  static func multiplyAdd(
    _ sums: PairSums<Self>, first: UnsafePointer<UInt8>, second: UnsafePointer<UInt8>, words: UnsafeRawPointer,
    otherWords: UnsafeRawPointer
  ) -> PairSums<Self>
  /// Sixteen channels in their own order.
  static func ordered(_ a: SIMD8<Int32>, _ b: SIMD8<Int32>) -> SIMD16<UInt16>
}

extension WordGroup {
  /// The channel that a lane of a group holds, where two groups are worked on together.
  /// - Parameter groups: of the layer; the last of an odd number is alone.
  static func channel(lane: Int, group: Int, of groups: Int) -> Int {
    guard group / 2 * 2 + 1 < groups else { return 8 * group + lane }
    return group / 2 * 16 + lane / 4 * 8 + group % 2 * 4 + lane % 4
  }
}

/// Depthwise rows with 32-bit products of 16-bit inputs, eight channels at a time: for sets without byte products.
@inlinable @inline(__always)
public func wordDepthwise<ISA: QuantizedInstructionSet>(_ a: QuantizedDepthwiseArguments, isa: ISA.Type) {
  for row in 0..<a.rows {
    for group in 0..<a.channels / 8 {
      wordDepthwise(a, isa: isa, row: row, group: group) { bias, corner, taps in
        var sums = bias
        for tap in 0..<9 { sums = ISA.multiplyAdd(sums, bytes: a.tap(tap, from: corner), words: taps + 16 &* tap) }
        return sums
      }
    }
  }
}

/// The same, two taps at a time, the last one with nothing; and sixteen channels where there are as many.
@inlinable @inline(__always)
public func tapPairDepthwise<ISA: TapPairInstructionSet>(_ a: QuantizedDepthwiseArguments, isa: ISA.Type) {
  for row in 0..<a.rows {
    for pair in 0..<a.channels / 16 { tapPairDepthwise(a, isa: isa, row: row, group: 2 &* pair) }
    guard a.channels % 16 != 0 else { continue }
    wordDepthwise(a, isa: isa, row: row, group: a.channels / 8 &- 1) { bias, corner, taps in
      var sums = bias
      for pair in 0..<5 {
        sums = ISA.multiplyAdd(
          sums, first: a.tap(2 &* pair, from: corner), second: a.tap(min(2 &* pair &+ 1, 8), from: corner),
          words: taps + 32 &* pair)
      }
      return sums
    }
  }
}

/// A row of eight channels. Writes 16-bit integers, or bytes where the set multiplies those, as `quantizedConvolution` reads
/// them there.
/// - Parameter products: adds the nine products of eight channels, from their top left tap on, to their biases.
@inlinable @inline(__always)
func wordDepthwise<ISA: QuantizedInstructionSet>(
  _ a: QuantizedDepthwiseArguments, isa: ISA.Type, row: Int, group: Int,
  products: (SIMD8<Int32>, UnsafePointer<UInt8>, UnsafeRawPointer) -> SIMD8<Int32>
) {
  let elementBytes = 4 / ISA.valuesPerWord
  let weights = GroupWeights(a, group: group)
  for pixel in 0..<a.pixels {
    let sums = products(weights.bias, a.corner(row: row, pixel: pixel, group: group), weights.taps)
    let bytes = requantized(isa, sums, weights.scales, a.range)
    let at = a.output + elementBytes &* ((row &* a.pixels &+ pixel) &* a.channels &+ 8 &* group)
    if elementBytes == 1 {
      at.storeBytes(of: narrowedToBytes(isa, bytes), as: SIMD8<UInt8>.self)
    } else {
      at.storeBytes(of: narrowedToWords(isa, bytes), as: SIMD8<Int16>.self)
    }
  }
}

/// A row of the sixteen channels of two groups.
@inlinable @inline(__always)
func tapPairDepthwise<ISA: TapPairInstructionSet>(
  _ a: QuantizedDepthwiseArguments, isa: ISA.Type, row: Int, group: Int
) {
  let elementBytes = 4 / ISA.valuesPerWord
  let (one, other) = (GroupWeights(a, group: group), GroupWeights(a, group: group &+ 1))
  for pixel in 0..<a.pixels {
    let corner = a.corner(row: row, pixel: pixel, group: group)
    var sums = PairSums<ISA>(a: one.bias, b: other.bias)
    for pair in 0..<5 {
      sums = ISA.multiplyAdd(
        sums, first: a.tap(2 &* pair, from: corner), second: a.tap(min(2 &* pair &+ 1, 8), from: corner),
        words: one.taps + 32 &* pair, otherWords: other.taps + 32 &* pair)
    }
    let words = ISA.ordered(
      requantized(isa, sums.a, one.scales, a.range), requantized(isa, sums.b, other.scales, a.range))
    let at = a.output + elementBytes &* ((row &* a.pixels &+ pixel) &* a.channels &+ 8 &* group)
    if elementBytes == 1 {
      at.storeBytes(of: SIMD16<UInt8>(truncatingIfNeeded: words), as: SIMD16<UInt8>.self)
    } else {
      at.storeBytes(of: words, as: SIMD16<UInt16>.self)
    }
  }
}

/// What a group of eight channels is multiplied by.
@usableFromInline
struct GroupWeights {
  @usableFromInline let bias: SIMD8<Int32>
  @usableFromInline let scales: SIMD8<Float>
  @usableFromInline let taps: UnsafeRawPointer

  @inlinable @inline(__always)
  init(_ a: QuantizedDepthwiseArguments, group: Int) {
    let words = UnsafeRawPointer(a.weights + group &* WordGroup.words)
    bias = words.loadUnaligned(as: SIMD8<Int32>.self)
    scales = (words + 4 &* WordGroup.scales).loadUnaligned(as: SIMD8<Float>.self)
    taps = words + 4 &* WordGroup.taps
  }
}

extension QuantizedDepthwiseArguments {
  /// The top left tap of a pixel and a group of eight channels.
  @inlinable @inline(__always)
  func corner(row: Int, pixel: Int, group: Int) -> UnsafePointer<UInt8> {
    input + (row &* stride &* inputRowStrideBytes &+ pixel &* stride &* channels &+ 8 &* group)
  }

  /// One of the nine taps of a pixel whose top left one is at `corner`.
  @inlinable @inline(__always)
  func tap(_ tap: Int, from corner: UnsafePointer<UInt8>) -> UnsafePointer<UInt8> {
    corner + (tap / 3 &* inputRowStrideBytes &+ tap % 3 &* channels)
  }
}
