// What the 8-bit sets of arm64 share: four sums a vector, four bytes a word, and the way from sums to bytes.
#if arch(arm64)
  import CCPU

  public protocol NEONInstructionSet: QuantizedInstructionSet {
    /// The sums themselves, where they are still in parts.
    static func whole(_ sums: Sums) -> SIMD4<Int32>
  }

  extension NEONInstructionSet {
    @inlinable @inline(__always) public static var lanes: Int { 4 }
    @inlinable @inline(__always) public static var valuesPerWord: Int { 4 }
    @inlinable @inline(__always) public static var hasWidePanels: Bool { false }
    @inlinable @inline(__always) public static var isOrdered: Bool { false }
    @inlinable @inline(__always) public static var readsFourWords: Bool { true }

    @inlinable @inline(__always) public static func multiplyAdd(
      _ sums: SIMD8<Int32>, bytes: UnsafePointer<UInt8>, words: UnsafeRawPointer
    ) -> SIMD8<Int32> {
      let x = unsafeBitCast(
        vmovl_u8(UnsafeRawPointer(bytes).loadUnaligned(as: SIMD8<UInt8>.self)), to: SIMD8<Int16>.self)
      let w = words.loadUnaligned(as: SIMD8<Int16>.self)
      return SIMD8(
        lowHalf: vmlal_s16(sums.lowHalf, vget_low_s16(x), vget_low_s16(w)),
        highHalf: vmlal_high_s16(sums.highHalf, x, w))
    }

    @inlinable @inline(__always) static func scaled(_ sums: Sums, _ scales: UnsafePointer<Float>) -> SIMD4<Float> {
      vmulq_f32(vcvtq_f32_s32(whole(sums)), UnsafeRawPointer(scales).loadUnaligned(as: SIMD4<Float>.self))
    }

    @inlinable @inline(__always) public static func storeScaled(
      _ sums: Sums, scales: UnsafePointer<Float>, to output: UnsafeMutablePointer<Float>
    ) {
      UnsafeMutableRawPointer(output).storeBytes(of: scaled(sums, scales), as: SIMD4<Float>.self)
    }

    /// Rounded, halves to even, with the zero point added.
    @inlinable @inline(__always) static func requantized(
      _ sums: Sums, _ scales: UnsafePointer<Float>, _ range: OutputRange
    ) -> SIMD4<Int16> {
      let real = vminq_f32(
        vmaxq_f32(scaled(sums, scales), SIMD4(repeating: range.lowest)), SIMD4(repeating: range.highest))
      return vmovn_s32(vcvtnq_s32_f32(real) &+ SIMD4(repeating: range.zeroPoint))
    }

    @inlinable @inline(__always) public static func store(
      _ a: Sums, scales: UnsafePointer<Float>, _ range: OutputRange, to output: UnsafeMutablePointer<UInt8>, count: Int
    ) {
      let words = requantized(a, scales, range)
      let bytes = unsafeBitCast(vmovn_s16(SIMD8(lowHalf: words, highHalf: words)), to: SIMD2<UInt32>.self)
      UnsafeMutableRawPointer(output).storeBytes(of: bytes[0], as: UInt32.self)
    }
    @inlinable @inline(__always) public static func store(
      _ a: Sums, _ b: Sums, scales: UnsafePointer<Float>, _ range: OutputRange, to output: UnsafeMutablePointer<UInt8>
    ) {
      let words = SIMD8(lowHalf: requantized(a, scales, range), highHalf: requantized(b, scales + 4, range))
      UnsafeMutableRawPointer(output).storeBytes(of: vmovn_s16(words), as: SIMD8<Int8>.self)
    }
    @inlinable @inline(__always) public static func store(
      _ a: Sums, _ b: Sums, _ c: Sums, _ d: Sums, scales: UnsafePointer<Float>, _ range: OutputRange,
      to output: UnsafeMutablePointer<UInt8>, count: Int
    ) {
      store(a, b, scales: scales, range, to: output)
      store(c, d, scales: scales + 8, range, to: output + 8)
    }
  }

  /// Sets with sums in one piece: `sdot` and `usdot` add four products to each.
  extension NEONInstructionSet where Sums == SIMD4<Int32> {
    @inlinable @inline(__always) public static func whole(_ sums: Sums) -> SIMD4<Int32> { sums }
    @inlinable @inline(__always) public static var tileRows: Int { 8 }
    @inlinable @inline(__always) public static func repeating(_ word: Int32) -> Sums { Sums(repeating: word) }
    @inlinable @inline(__always) public static func inputs(_ four: Sums, lane: Int) -> Sums {
      Sums(repeating: four[lane])
    }
    @inlinable @inline(__always) public static func load(_ p: UnsafePointer<Int32>) -> Sums {
      UnsafeRawPointer(p).loadUnaligned(as: Sums.self)
    }
    @inlinable @inline(__always) public static func add(_ a: Sums, _ b: Sums) -> Sums { a &+ b }
  }

  /// Four bytes 0…255, or four words of them, as signed bytes: 128 less.
  extension NEONInstructionSet {
    @inlinable @inline(__always) public static func signed(_ word: Int32) -> Int32 {
      word ^ Int32(bitPattern: 0x8080_8080)
    }
    @inlinable @inline(__always) public static func signed(_ words: SIMD4<Int32>) -> SIMD4<Int32> {
      mobilecam_signed_bytes(words)
    }
  }
#endif
