/// How much of its frames a reader looks at: a source may make them smaller while it decodes them, if all readers agree.
public enum FrameDetail: Sendable, Hashable {
  /// Every pixel.
  case whole
  /// A square of it, made smaller to so many pixels a side.
  case square(CropChoice, side: Int)
  /// All of it, made smaller to so many samples across and down; with 0, nothing.
  case samples(columns: Int, rows: Int)

  /// How many pixels of a square there have to be for each that is looked at, a side. With fewer what is left of it is two
  /// grey levels off, and not one: enough to change labels.
  static let margin = 1.4

  /// What a frame's sides can be divided by, as JPEG decoders can.
  public static let divisors = [1, 2, 4, 8]

  /// Whether frames of a source of this size in pixels are enough when they are divided by so much.
  func isServed(width: Int, height: Int, divisor: Int) -> Bool {
    switch self {
    case .whole: false
    case .square(let choice, let side):
      Double(choice.crop(width: width, height: height).side) >= Self.margin * Double(side * divisor)
    case .samples(let columns, let rows): width >= columns * divisor && height >= rows * divisor
    }
  }
}
