/// How output channels are grouped into panels, each packed `[K][width]`, one after the other: pairs of vectors, then one
/// vector, then half a vector. Channel counts are multiples of eight, so nothing is padded.
///
/// Where two bfloat16 share a word, so do two weights: those of the channels that share the input's word (`PairOrder`), for
/// one output channel.
public struct PanelLayout: ColumnPanels, Sendable, Hashable {
  /// L: lanes of a full vector.
  public let lanes: Int
  /// Channels are padded to a multiple of this: a half vector with AVX-512, one vector elsewhere.
  public let granule: Int
  /// Inputs whose weights share a word: 1 of float32, 2 of bfloat16.
  public let inputsPerWord: Int

  public init(lanes: Int, granule: Int, inputsPerWord: Int = 1) {
    self.lanes = lanes
    self.granule = granule
    self.inputsPerWord = inputsPerWord
  }

  /// Width of the panel that starts at `column`.
  public func width(at column: Int, of columns: Int) -> Int {
    let left = columns - column
    return left >= 2 * lanes ? 2 * lanes : left >= lanes ? lanes : granule
  }

  public func paddedColumns(_ columns: Int) -> Int { (columns + granule - 1) / granule * granule }

  /// Words that `pack` writes for `[depth, columns]`.
  public func words(depth: Int, columns: Int) -> Int { depth / inputsPerWord * paddedColumns(columns) }

  /// Packs `[K, columns]` (row-major) into panels; padding columns are zero. `destination` takes `words` of them.
  public func pack(
    _ source: UnsafePointer<Float>, depth: Int, columns: Int, into destination: UnsafeMutablePointer<Float>
  ) {
    let padded = paddedColumns(columns)
    let rows = depth / inputsPerWord
    var column = 0
    var target = destination
    while column < padded {
      let width = width(at: column, of: padded)
      let used = min(width, columns - column)
      for row in 0..<rows {
        let line = target + row * width
        if inputsPerWord == 1 {
          line.update(from: source + row * columns + column, count: used)
        } else {
          let low = source + PairOrder.channel(at: 2 * row, of: depth) * columns + column
          let high = source + PairOrder.channel(at: 2 * row + 1, of: depth) * columns + column
          for index in 0..<used { line[index] = BFloat16.pair(low[index], high[index]) }
        }
        (line + used).update(repeating: 0, count: width - used)
      }
      target += rows * width
      column += width
    }
  }
}
