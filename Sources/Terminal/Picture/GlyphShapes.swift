/// Chooses the ASCII character that looks most like a patch of the picture: by the least sum of squared differences between the
/// patch and what the character covers of its cell.
///
/// The difference of the means counts for less than that of the shapes, since a cell's neighbours make up for it: in the figures of
/// `Tests/Tools/measure_preview.py` it costs a little tone and brings edges.
package enum GlyphShapes {
  /// Samples of a patch, across and down; row by row.
  package static let across = 4
  package static let down = 8
  package static let sampleCount = across * down

  /// What a patch wants covered, in units of 1 / `patchUnit` of a sample.
  package typealias Patch = InlineArray<32, Int16>

  /// The share of a cell that white is: few characters cover more.
  private static let white: Float = 0.32
  /// And black: a little less than nothing, so that what is almost black stays empty.
  private static let black: Float = -0.02
  /// What the difference of the means counts for beside that of the shapes.
  private static let meanWeight: Float = 0.8
  /// How much better (in squares of whole samples) another character must be than the one that stands there, so that the
  /// screen rests where the picture almost does.
  private static let margin: Float = 0.01

  /// A sparse character in a bright colour is seen, a dense one in a dark colour hardly.
  private static let dimmest: Float = 0.5

  /// Units such that a patch's product with a character, less half the character's square, fits 16 bits: both stay below
  /// 2 in squares of whole samples.
  private static let patchUnit: Float = 120
  private static let coverageUnit: Float = 130
  private static let unit = patchUnit * coverageUnit

  /// Sixteen characters at a time, the last of which are none.
  private typealias Lanes = SIMD16<Int16>
  private static let blockCount = 6
  private static let laneCount = 16 * blockCount
  private static let first: UInt32 = 0x20

  private struct Table {
    /// `[blockCount][sampleCount]`: what a sample counts for in each character's product.
    let weights: [Lanes]
    /// `[laneCount]`: half of each character's square; out of reach where there is none.
    let halfSquares: [Int16]
  }

  // ‖A(p − t)‖² = ‖Ap‖² − 2 (p·AᵀAt − ‖At‖² / 2), where A scales the mean by the root of its weight, and AᵀA by the weight.
  private static let table: Table = {
    var columns = [[Int16]](repeating: Array(repeating: 0, count: laneCount), count: sampleCount)
    var halfSquares = [Int16](repeating: .max, count: laneCount)
    for (glyph, row) in GlyphCoverage.rows.enumerated() {
      let coverage = coverage(of: row)
      let mean = coverage.reduce(0, +) / Float(sampleCount)
      let weighted = coverage.map { $0 + (meanWeight - 1) * mean }
      for sample in 0..<sampleCount { columns[sample][glyph] = Int16((weighted[sample] * coverageUnit).rounded()) }
      let square = zip(weighted, coverage).reduce(0) { $0 + $1.0 * $1.1 }
      halfSquares[glyph] = Int16((square / 2 * unit).rounded())
    }
    func lanes(_ values: [Int16], _ block: Int) -> Lanes { Lanes(values[block * 16..<block * 16 + 16]) }
    return Table(
      weights: (0..<blockCount).flatMap { block in columns.map { lanes($0, block) } },
      halfSquares: halfSquares)
  }()

  /// The patch that a printable ASCII character would cover as it is.
  package static func patch(of character: Unicode.Scalar) -> Patch {
    let coverage = coverage(of: GlyphCoverage.rows[Int(character.value - first)])
    return InlineArray { Int16((coverage[$0] * patchUnit).rounded()) }
  }

  private static func coverage(of row: StaticString) -> [Float] {
    row.withUTF8Buffer { digits in
      (0..<sampleCount).map { index in
        Float(UInt8(String(decoding: digits[2 * index..<2 * index + 2], as: UTF8.self), radix: 16) ?? 0) / 255
      }
    }
  }

  /// What a sample of each luminance 0…255 wants covered, where `low` is black and `high` white.
  static func wanted(low: Int, high: Int) -> [Int16] {
    (0...255).map { luminance in
      let stretched = min(max(Float(luminance - low) / Float(high - low), 0), 1)
      return Int16(((stretched * white + black) * patchUnit).rounded())
    }
  }

  /// - Parameter shown: what stands there now.
  package static func glyph(for patch: Patch, over shown: Unicode.Scalar?) -> Unicode.Scalar {
    withProducts(of: patch) { products, halfSquares in
      for index in 0..<laneCount { products[index] &-= halfSquares[index] }
      return best(products, over: shown, margin: Int16(margin / 2 * unit))
    }
  }

  /// The same where the character may be dimmed: with the brightness that suits it best, of `dimmest`…1.
  static func glyphAndLight(for patch: Patch, over shown: Unicode.Scalar?) -> (glyph: Unicode.Scalar, light: Float) {
    withProducts(of: patch) { products, halfSquares in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: laneCount) { scores in
        func light(_ index: Int) -> Float {
          min(max(Float(products[index]) / (2 * Float(halfSquares[index]) + 1), dimmest), 1)
        }
        for index in 0..<laneCount {
          let light = light(index)
          scores[index] = light * (Float(products[index]) - light * Float(halfSquares[index]))
        }
        let glyph = best(scores.baseAddress!, over: shown, margin: margin / 2 * unit)
        return (glyph, light(Int(glyph.value - first)))
      }
    }
  }

  /// The scalar product of the patch with each character's weighted coverage, and half of each character's square.
  @inline(__always)
  private static func withProducts<Result>(
    of patch: Patch, _ use: (UnsafeMutablePointer<Int16>, UnsafePointer<Int16>) -> Result
  ) -> Result {
    withUnsafeTemporaryAllocation(of: Lanes.self, capacity: blockCount) { products in
      table.weights.withUnsafeBufferPointer { weights in
        for block in 0..<blockCount {
          var sum = Lanes.zero
          for sample in 0..<sampleCount {
            sum &+= weights[block &* sampleCount &+ sample] &* Lanes(repeating: patch[sample])
          }
          products[block] = sum
        }
      }
      return table.halfSquares.withUnsafeBufferPointer { halfSquares in
        use(
          UnsafeMutableRawPointer(products.baseAddress!).assumingMemoryBound(to: Int16.self),
          halfSquares.baseAddress!)
      }
    }
  }

  /// The character with the highest score, or the one that stands there if its own is hardly less.
  @inline(__always)
  private static func best<Score: Comparable & SignedNumeric>(
    _ scores: UnsafePointer<Score>, over shown: Unicode.Scalar?, margin: Score
  ) -> Unicode.Scalar {
    var most = scores[0]
    for index in 1..<laneCount { most = max(most, scores[index]) }
    if let shown, shown.value >= first, shown.value < first + UInt32(GlyphCoverage.rows.count),
      scores[Int(shown.value - first)] >= most - margin
    {
      return shown
    }
    var best = 0
    while scores[best] != most { best &+= 1 }
    return Unicode.Scalar(UInt8(first) + UInt8(best))
  }
}
