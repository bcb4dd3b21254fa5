import CCPU

/// Y′CbCr to R′G′B′ in fixed point, eight pixels at a time. Sums have 16 fraction bits, which are rounded once: the result is
/// within 0.51 of the exact value.
struct YUVTransform: Sendable {
  /// Pairs of factors times 2^14, the first for the lower half of a 32-bit lane: samples times 4 give 16 fraction bits. Spread
  /// over all lanes here: anew for each eight pixels it takes a quarter of the time.
  private let lumaOfEven: SIMD8<Int16>
  private let lumaOfOdd: SIMD8<Int16>
  private let red: SIMD8<Int16>
  private let green: SIMD8<Int16>
  /// Times 2^13, since blue's factor is above 2.
  private let halfBlue: SIMD8<Int16>
  /// What makes black 0, and half a unit, since the fraction bits are cut off.
  private let offset: SIMD4<Int32>

  /// - Parameter isCrFirst: Cr stands in the lower half of a lane of chroma, Cb in the upper one; otherwise the other way round.
  init(_ color: YUVColorSpace, isCrFirst: Bool) {
    let (red, blue) = color.matrix.weights
    let green = 1 - red - blue
    let chroma = color.isFullRange ? 1 : 255.0 / 224
    func pairs(_ lower: Double, _ upper: Double) -> SIMD8<Int16> {
      let pair = SIMD2(Int16((lower * 16_384).rounded()), Int16((upper * 16_384).rounded()))
      return SIMD8(lowHalf: SIMD4(lowHalf: pair, highHalf: pair), highHalf: SIMD4(lowHalf: pair, highHalf: pair))
    }
    let luma = color.isFullRange ? 1 : 255.0 / 219
    lumaOfEven = pairs(luma, 0)
    lumaOfOdd = pairs(0, luma)
    func chromaPairs(_ cb: Double, _ cr: Double) -> SIMD8<Int16> {
      isCrFirst ? pairs(cr * chroma, cb * chroma) : pairs(cb * chroma, cr * chroma)
    }
    self.red = chromaPairs(0, 2 * (1 - red))
    self.green = chromaPairs(-2 * (1 - blue) * blue / green, -2 * (1 - red) * red / green)
    halfBlue = chromaPairs(1 - blue, 0)
    offset = SIMD4(repeating: 32_768 - (color.isFullRange ? 0 : 16 * 4) * Int32(lumaOfEven[0]))
  }

  /// Writes eight pixels: 24 bytes, R, G, B in turn, and two more bytes after them that the next eight overwrite.
  /// - Parameters:
  ///   - y: luma, 0…255.
  ///   - even, odd: the chroma of the pixels 0, 2, 4, 6 and 1, 3, 5, 7.
  @inline(__always)
  func write(_ y: SIMD8<UInt16>, even: SIMD4<UInt32>, odd: SIMD4<UInt32>, to output: UnsafeMutableRawPointer) {
    let y = unsafeBitCast(y &<< 2, to: SIMD8<Int16>.self)
    let (evenLuma, oddLuma) = (products(y, lumaOfEven) &+ offset, products(y, lumaOfOdd) &+ offset)
    let (even, odd) = (centered(even), centered(odd))
    write(
      red: (evenLuma &+ products(even, red), oddLuma &+ products(odd, red)),
      green: (evenLuma &+ products(even, green), oddLuma &+ products(odd, green)),
      blue: (evenLuma &+ products(even, halfBlue) &<< 1, oddLuma &+ products(odd, halfBlue) &<< 1), to: output)
  }

  /// A value of a limited-range RGB frame, stretched to 0…255.
  func stretched(_ value: UInt8) -> UInt8 {
    UInt8(min(max((Int32(value) * 4 * Int32(lumaOfEven[0]) + offset[0]) >> 16, 0), 255))
  }

  @inline(__always)
  private func centered(_ chroma: SIMD4<UInt32>) -> SIMD8<Int16> {
    (unsafeBitCast(chroma, to: SIMD8<Int16>.self) &- 128) &<< 2
  }

  // Intrinsics by their names: of the plain forms the compiler makes code for one lane after the other, many times slower.

  private typealias Sums = (even: SIMD4<Int32>, odd: SIMD4<Int32>)

  @inline(__always)
  private func write(red: Sums, green: Sums, blue: Sums, to output: UnsafeMutableRawPointer) {
    #if arch(x86_64)
      @inline(__always) func whole(_ sums: Sums) -> SIMD2<Int64> {
        _mm_packs_epi32(vector(sums.even &>> 16), vector(sums.odd &>> 16))
      }
      let zero = SIMD2<Int64>(repeating: 0)
      // Bytes 0…255 from here on. In turn: R and G, and B and 0; then R, G, B and 0.
      let redBlue = _mm_packus_epi16(whole(red), whole(blue))
      let redGreen = _mm_unpacklo_epi8(redBlue, _mm_packus_epi16(whole(green), zero))
      let blueZero = _mm_unpackhi_epi8(redBlue, zero)
      let (even, odd) = (_mm_unpacklo_epi16(redGreen, blueZero), _mm_unpackhi_epi16(redGreen, blueZero))
      // An even pixel and the odd one after it are pushed together into six bytes.
      let first = _mm_unpacklo_epi32(even, zero) | _mm_unpacklo_epi32(odd, zero) &<< 24
      let last = _mm_unpackhi_epi32(even, zero) | _mm_unpackhi_epi32(odd, zero) &<< 24
      output.storeBytes(of: first[0], as: Int64.self)
      output.storeBytes(of: first[1], toByteOffset: 6, as: Int64.self)
      output.storeBytes(of: last[0], toByteOffset: 12, as: Int64.self)
      output.storeBytes(of: last[1], toByteOffset: 18, as: Int64.self)
    #elseif arch(arm64)
      @inline(__always) func bytes(_ sums: Sums) -> SIMD8<UInt8> {
        let (even, odd) = (vqmovun_s32(sums.even &>> 16), vqmovun_s32(sums.odd &>> 16))
        return vqmovn_u16(SIMD8(lowHalf: vzip1_u16(even, odd), highHalf: vzip2_u16(even, odd)))
      }
      mobilecam_store_rgb(output.assumingMemoryBound(to: UInt8.self), bytes(red), bytes(green), bytes(blue))
    #else
      @inline(__always) func store(_ sums: SIMD4<Int32>, at offset: Int) {
        for pair in 0..<4 {
          let value = UInt8(truncatingIfNeeded: min(max(sums[pair] >> 16, 0), 255))
          output.storeBytes(of: value, toByteOffset: 6 * pair + offset, as: UInt8.self)
        }
      }
      store(red.even, at: 0)
      store(green.even, at: 1)
      store(blue.even, at: 2)
      store(red.odd, at: 3)
      store(green.odd, at: 4)
      store(blue.odd, at: 5)
    #endif
  }

  /// The products of 16-bit lanes, two neighbors added.
  @inline(__always)
  private func products(_ a: SIMD8<Int16>, _ b: SIMD8<Int16>) -> SIMD4<Int32> {
    #if arch(x86_64)
      return unsafeBitCast(_mm_madd_epi16(vector(a), vector(b)), to: SIMD4<Int32>.self)
    #elseif arch(arm64)
      return vpaddq_s32(vmull_s16(vget_low_s16(a), vget_low_s16(b)), vmull_high_s16(a, b))
    #else
      var sums = SIMD4<Int32>()
      for pair in 0..<4 {
        sums[pair] = Int32(a[2 * pair]) &* Int32(b[2 * pair]) &+ Int32(a[2 * pair + 1]) &* Int32(b[2 * pair + 1])
      }
      return sums
    #endif
  }

  @inline(__always)
  private func vector<V: SIMD>(_ lanes: V) -> SIMD2<Int64> { unsafeBitCast(lanes, to: SIMD2<Int64>.self) }
}
