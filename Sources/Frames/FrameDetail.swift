/// How much of its frames a reader looks at: a source may make them smaller while it decodes them, if all readers agree.
public enum FrameDetail: Sendable, Hashable {
  /// Every pixel.
  case whole
  /// The square that the network sees, made smaller to so many pixels a side.
  case square(side: Int)
  /// All of it, made smaller to so many samples across and down; with 0, nothing.
  case samples(columns: Int, rows: Int)

  /// What a frame's sides can be divided by, as JPEG decoders can.
  public static let divisors = [1, 2, 4, 8]

  /// Whether frames of this size in pixels are enough.
  func isServed(width: Int, height: Int) -> Bool {
    switch self {
    case .whole: false
    case .square(let side): Crop(width: width, height: height).side >= side
    case .samples(let columns, let rows): width >= columns && height >= rows
    }
  }
}
