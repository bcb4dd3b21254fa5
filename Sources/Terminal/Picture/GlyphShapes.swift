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

  /// How a patch is chosen for.
  package struct Wish: Sendable, Hashable {
    /// The screen shows the patch with left and right, or above and below, exchanged.
    package var isMirrored: Bool
    package var isFlipped: Bool
    /// The character may be dimmed.
    package var mayDim: Bool

    package init(isMirrored: Bool = false, isFlipped: Bool = false, mayDim: Bool = false) {
      self.isMirrored = isMirrored
      self.isFlipped = isFlipped
      self.mayDim = mayDim
    }
  }

  /// A character, by its place among `characters`, and its brightness of 0…1.
  package struct Choice: Sendable, Hashable {
    package var index: UInt8 = 0
    package var light: Float = 1

    package init(index: UInt8 = 0, light: Float = 1) {
      self.index = index
      self.light = light
    }

    package var character: Unicode.Scalar { characters[Int(index)] }
  }

  /// Those that are chosen from.
  package static let characters = GlyphCoverage.rows.map(\.character)

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

  /// Sixteen characters at a time.
  private typealias Lanes = SIMD16<Int16>
  private static let count = 2 * Lanes.scalarCount

  private struct Table {
    /// `[sampleCount]`: what a sample counts for in each character's product.
    let weights: [(Lanes, Lanes)]
    /// Half of each character's square.
    let halfSquares: (Lanes, Lanes)

    // ‖A(p − t)‖² = ‖Ap‖² − 2 (p·AᵀAt − ‖At‖² / 2), where A scales the mean by the root of its weight, and AᵀA by the weight.
    /// - Parameter turn: is combined (xor) with a sample's index: across is its lower two bits, and down the rest.
    init(turn: Int) {
      precondition(GlyphCoverage.rows.count == count)
      var columns = [[Int16]](repeating: [], count: sampleCount)
      var squares: [Int16] = []
      for row in GlyphCoverage.rows {
        let coverage = coverage(of: row.samples)
        let mean = coverage.reduce(0, +) / Float(sampleCount)
        let weighted = coverage.map { $0 + (meanWeight - 1) * mean }
        for sample in 0..<sampleCount {
          columns[sample].append(Int16((weighted[sample ^ turn] * coverageUnit).rounded()))
        }
        let square = zip(weighted, coverage).reduce(0) { $0 + $1.0 * $1.1 }
        squares.append(Int16((square / 2 * unit).rounded()))
      }
      func halves(_ values: [Int16]) -> (Lanes, Lanes) { (Lanes(values[..<16]), Lanes(values[16...])) }
      weights = columns.map(halves)
      halfSquares = halves(squares)
    }
  }

  /// By the lower bit for mirrored, the upper for flipped.
  private static let tables = [0, across - 1, sampleCount - across, sampleCount - 1].map(Table.init)

  /// The patch that one of `characters` would cover as it is.
  package static func patch(of index: Int) -> Patch {
    let coverage = coverage(of: GlyphCoverage.rows[index].samples)
    return Patch { Int16((coverage[$0] * patchUnit).rounded()) }
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

  /// - Parameter old: what was chosen for this place before, which stays unless another is better by more than a little.
  package static func choose(for patch: Patch, _ wish: Wish, over old: Choice?) -> Choice {
    tables.withUnsafeBufferPointer { tables in
      let table = tables[(wish.isMirrored ? 1 : 0) + (wish.isFlipped ? 2 : 0)]
      let products = table.weights.withUnsafeBufferPointer { product(of: patch, with: $0) }
      if wish.mayDim { return dimmed(products, table.halfSquares, over: old) }
      let scores = (products.0 &- table.halfSquares.0, products.1 &- table.halfSquares.1)
      return withUnsafeBytes(of: scores) {
        Choice(index: best($0.assumingMemoryBound(to: Int16.self), over: old, margin: Int16(margin / 2 * unit)))
      }
    }
  }

  /// With the brightness that suits each character best.
  private static func dimmed(_ products: (Lanes, Lanes), _ halfSquares: (Lanes, Lanes), over old: Choice?) -> Choice {
    withUnsafeBytes(of: (products, halfSquares)) { both in
      let both = both.assumingMemoryBound(to: Int16.self)
      @inline(__always) func light(_ index: Int) -> Float {
        min(max(Float(both[index]) / (2 * Float(both[index &+ count]) + 1), dimmest), 1)
      }
      return withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { scores in
        for index in 0..<count {
          let light = light(index)
          scores[index] = light * (Float(both[index]) - light * Float(both[index &+ count]))
        }
        let index = best(UnsafeBufferPointer(scores), over: old, margin: margin / 2 * unit)
        return Choice(index: index, light: light(Int(index)))
      }
    }
  }

  /// The scalar product of the patch with each character's weighted coverage.
  private static func product(of patch: Patch, with weights: UnsafeBufferPointer<(Lanes, Lanes)>) -> (Lanes, Lanes) {
    var sums = (Lanes.zero, Lanes.zero)
    for sample in 0..<sampleCount {
      let value = Lanes(repeating: patch[sample])
      sums.0 &+= weights[sample].0 &* value
      sums.1 &+= weights[sample].1 &* value
    }
    return sums
  }

  /// The character with the highest score, or the one that stands there if its own is hardly less.
  private static func best<Score: Comparable & SignedNumeric>(
    _ scores: UnsafeBufferPointer<Score>, over old: Choice?, margin: Score
  ) -> UInt8 {
    var most = scores[0]
    for score in scores.dropFirst() { most = max(most, score) }
    if let old, scores[Int(old.index)] >= most - margin { return old.index }
    return UInt8(scores.firstIndex(of: most) ?? 0)
  }
}
