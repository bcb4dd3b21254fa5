/// How the output channels of an 8-bit layer are grouped into panels, each packed `[words][width][valuesPerWord]`, one after
/// the other: four vectors wide where that fits the registers, then what is left.
public struct QuantizedPanelLayout: ColumnPanels, Sendable, Hashable {
  /// L: lanes of a vector of sums.
  public let lanes: Int
  public let valuesPerWord: Int
  /// Panels of up to four vectors, else of up to two.
  public let isWide: Bool
  /// Whether the columns of panels of two and four vectors are ordered so that the instructions which pack 32 bits into 8
  /// (each 128 bits for itself) leave the bytes in their natural order.
  public let isOrdered: Bool
  /// Whether input bytes are multiplied as signed ones, 128 less than they are: biases make up for it.
  public let isSigned: Bool

  public init(lanes: Int, valuesPerWord: Int, isWide: Bool, isOrdered: Bool, isSigned: Bool = false) {
    self.lanes = lanes
    self.valuesPerWord = valuesPerWord
    self.isWide = isWide
    self.isOrdered = isOrdered
    self.isSigned = isSigned
  }

  /// Vectors of the widest panel.
  public var vectors: Int { isWide ? 4 : 2 }

  /// Width of the panel that starts at `column`.
  public func width(at column: Int, of columns: Int) -> Int {
    min(vectors, max((columns - column) / lanes, 1)) * lanes
  }
  public func paddedColumns(_ columns: Int) -> Int { (columns + lanes - 1) / lanes * lanes }
  /// Words for a run of `count` inputs; the last is filled up with zero weights.
  public func words(_ count: Int) -> Int { (count + valuesPerWord - 1) / valuesPerWord }

  /// The output channel, counted from the panel's start, that stands at `place` of a panel `width` wide.
  public func column(at place: Int, width: Int) -> Int {
    let vectors = width / lanes
    // In a panel of three the third vector stands by itself.
    let group = vectors == 3 ? 2 : vectors
    guard isOrdered, group > 1, place < group * lanes else { return place }
    let (vector, lane) = place.quotientAndRemainder(dividingBy: lanes)
    return 4 * group * (lane / 4) + 4 * vector + lane % 4
  }

  /// The channel for each place of all panels; places after the last channel hold `nil`.
  /// - Parameter isNatural: true for layers whose sums are stored as they are.
  public func order(_ columns: Int, isNatural: Bool = false) -> [Int?] {
    var order: [Int?] = []
    var start = 0
    while start < columns {
      let width = width(at: start, of: columns)
      for place in 0..<width {
        let column = start + (isNatural ? place : self.column(at: place, width: width))
        order.append(column < columns ? column : nil)
      }
      start += width
    }
    return order
  }

  /// The bias of each channel, as sums of this layout want it.
  /// - Parameter kernel: `[K, C]`, as it is packed.
  public func biases(_ bias: [Int32], kernel: [Int16]) -> [Int32] {
    guard isSigned, !bias.isEmpty else { return bias }
    var result = bias
    for start in stride(from: 0, to: kernel.count, by: bias.count) {
      for channel in bias.indices { result[channel] &+= 128 &* Int32(kernel[start + channel]) }
    }
    return result
  }

  /// Packs runs of inputs: the kernel is `[runs, runLength, columns]`; each run takes `words(runLength)` words.
  /// - Parameters:
  ///   - widths: the columns that `order` was made for: `columns`, or more where they are padded.
  ///   - destination: `runs × words × paddedColumns` words.
  public func pack(
    _ kernel: UnsafePointer<Int16>, runs: Int, runLength: Int, columns: Int, widths: Int, order: [Int?],
    into destination: UnsafeMutablePointer<Int32>
  ) {
    let words = words(runLength)
    let bits = 32 / valuesPerWord
    let mask: UInt32 = bits == 8 ? 0xff : 0xffff
    var target = destination
    var start = 0
    while start < order.count {
      let width = width(at: start, of: widths)
      for run in 0..<runs {
        for word in 0..<words {
          let first = word * valuesPerWord
          let row = kernel + (run * runLength + first) * columns
          let values = min(valuesPerWord, runLength - first)
          for place in 0..<width {
            var packed: UInt32 = 0
            if let column = order[start + place] {
              for value in 0..<values {
                packed |= (UInt32(truncatingIfNeeded: row[value * columns + column]) & mask) << UInt32(bits * value)
              }
            }
            target[place] = Int32(bitPattern: packed)
          }
          target += width
        }
      }
      start += width
    }
  }
}
