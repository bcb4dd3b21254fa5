/// How output channels are grouped into panels, one after the other: pairs of vectors, then one vector, then half a vector.
/// Channel counts are multiples of eight, so nothing is padded.
///
/// A panel is `[K / G][width][G]` in numbers of the format: G inputs of a column lie side by side, as many as an instruction
/// multiplies and adds up at once. Inputs come in the order of the words that they are multiplied by (`PairOrder`).
public struct PanelLayout: ColumnPanels, Sendable, Hashable {
  /// L: lanes of a full vector.
  public let lanes: Int
  /// Channels are padded to a multiple of this: a half vector with AVX-512, one vector elsewhere.
  public let granule: Int
  public let format: WordFormat
  /// G: 1 of float32; of two numbers a word 1, 2 (a word of them) or 4.
  public let inputsAbreast: Int
  public let order: PairOrder

  public init(
    lanes: Int, granule: Int, format: WordFormat = .float32, inputsAbreast: Int = 1, order: PairOrder = .natural
  ) {
    self.lanes = lanes
    self.granule = granule
    self.format = format
    self.inputsAbreast = inputsAbreast
    self.order = order
  }

  /// Width of the panel that starts at `column`.
  public func width(at column: Int, of columns: Int) -> Int {
    let left = columns - column
    return left >= 2 * lanes ? 2 * lanes : left >= lanes ? lanes : granule
  }

  public func paddedColumns(_ columns: Int) -> Int { (columns + granule - 1) / granule * granule }

  /// Words that `pack` writes for `[depth, columns]`.
  public func words(depth: Int, columns: Int) -> Int { depth / format.channelsPerWord * paddedColumns(columns) }

  /// Packs `[K, columns]` (row-major) into panels; padding columns are zero. `destination` takes `words` of them.
  public func pack(
    _ source: UnsafePointer<Float>, depth: Int, columns: Int, into destination: UnsafeMutablePointer<Float>
  ) {
    let words = words(depth: depth, columns: columns)
    if paddedColumns(columns) > columns { destination.update(repeating: 0, count: words) }
    func fill(_ bits: (Float) -> UInt16) {
      destination.withMemoryRebound(to: UInt16.self, capacity: 2 * words) {
        arrange(source, depth: depth, columns: columns, into: $0, bits)
      }
    }
    switch format {
    case .float32: arrange(source, depth: depth, columns: columns, into: destination) { $0 }
    case .bfloat16: fill(BFloat16.bits)
    case .float16: fill(HalfFloat.bits)
    }
  }

  @inline(__always)
  private func arrange<Number>(
    _ source: UnsafePointer<Float>, depth: Int, columns: Int, into destination: UnsafeMutablePointer<Number>,
    _ convert: (Float) -> Number
  ) {
    let padded = paddedColumns(columns)
    var column = 0
    var panel = destination
    while column < padded {
      let width = width(at: column, of: padded)
      let used = min(width, columns - column)
      for place in 0..<depth {
        let line = source + order.channel(at: place, of: depth) * columns + column
        let target = panel + (place / inputsAbreast * inputsAbreast * width + place % inputsAbreast)
        for index in 0..<used { target[index * inputsAbreast] = convert(line[index]) }
      }
      panel += depth * width
      column += width
    }
  }
}
