import Pixels

/// A camera frame shrunk to what the screen can show: `[rows, columns, 3]` bytes, RGB, reused from frame to frame.
///
/// It remembers the samples of the frame before: one that differs from it by no more than sensor noise keeps its old
/// value, so that a still picture costs no bytes to the terminal.
public struct PreviewImage: Sendable {
  /// Samples across and down; 0 before the first frame.
  public private(set) var columns = 0
  public private(set) var rows = 0
  /// Width and height of the frame in pixels.
  public private(set) var sourceWidth = 0
  public private(set) var sourceHeight = 0
  /// The luminances that are shown as black and as white (contrast stretch), 0…255.
  public private(set) var low = 0
  public private(set) var high = 255

  private var rgb: [UInt8] = []
  /// `[rows, columns]` patches of luminances where shapes are wanted, else empty.
  private var patches: [UInt8] = []
  /// `[rows · GlyphShapes.down, columns · GlyphShapes.across]`, of the last frame.
  private var luminances: [UInt8] = []
  /// What a patch's luminance 0…255 wants covered.
  private var wanted: [Int16] = []
  private var boxes = BoxAverage()

  /// A sample that moved by at most this much (of 255) is taken for noise; it is an average over many pixels already.
  package static let noise = 3

  public init() {}

  public var isEmpty: Bool { columns == 0 || rows == 0 }

  /// Shrinks a frame by averaging (box filter). Cheap enough to do while the frame's lease is held.
  /// - Parameters:
  ///   - pixels: `[H, W, 3]` bytes, RGB.
  ///   - samples: from `ScreenView.previewSamples`.
  public mutating func fill(_ pixels: UnsafeRawBufferPointer, width: Int, height: Int, samples: PreviewSamples) {
    let (columns, rows) = (samples.columns, samples.rows)
    guard width > 0, height > 0, columns > 0, rows > 0, pixels.count >= width * height * 3 else { return }
    let isNew =
      columns != self.columns || rows != self.rows || samples.withShapes == patches.isEmpty || width != sourceWidth
      || height != sourceHeight
    if isNew {
      (self.columns, self.rows, sourceWidth, sourceHeight) = (columns, rows, width, height)
      rgb = Array(repeating: 0, count: columns * rows * 3)
      patches = Array(repeating: 0, count: samples.withShapes ? columns * rows * GlyphShapes.sampleCount : 0)
    }
    rgb.withUnsafeMutableBufferPointer { rgb in
      boxes.shrink(pixels, width: width, height: height, columns: columns, rows: rows) { index, red, green, blue in
        let at = index * 3
        let moved = max(abs(red - Int(rgb[at])), abs(green - Int(rgb[at + 1])), abs(blue - Int(rgb[at + 2])))
        guard moved > Self.noise || isNew else { return }
        rgb[at] = UInt8(red)
        rgb[at + 1] = UInt8(green)
        rgb[at + 2] = UInt8(blue)
      }
    }
    if samples.withShapes { fillPatches(pixels, isNew: isNew) }
    stretch(at: isNew)
  }

  private mutating func fillPatches(_ pixels: UnsafeRawBufferPointer, isNew: Bool) {
    let stride = columns * GlyphShapes.across
    boxes.shrinkLuminance(
      pixels, width: sourceWidth, height: sourceHeight, columns: stride, rows: rows * GlyphShapes.down,
      into: &luminances)
    let least = isNew ? -1 : Self.noise
    patches.withUnsafeMutableBufferPointer { patches in
      luminances.withUnsafeBufferPointer { luminances in
        var at = 0
        for cell in 0..<columns * rows {
          let (row, column) = (cell / columns, cell % columns)
          let start = row &* GlyphShapes.down &* stride &+ column &* GlyphShapes.across
          for y in 0..<GlyphShapes.down {
            for x in 0..<GlyphShapes.across {
              let luminance = luminances[start &+ y &* stride &+ x]
              if abs(Int(luminance) &- Int(patches[at])) > least { patches[at] = luminance }
              at &+= 1
            }
          }
        }
      }
    }
  }

  /// What the cell at a column and row wants covered, turned round as asked; `nil` where no shapes were wanted.
  func patch(_ column: Int, _ row: Int, isMirrored: Bool, isFlipped: Bool) -> GlyphShapes.Patch? {
    guard !patches.isEmpty else { return nil }
    let start = (row &* columns &+ column) &* GlyphShapes.sampleCount
    // Across is the lower two bits of a sample's index, and down the rest.
    let turn =
      (isMirrored ? GlyphShapes.across &- 1 : 0) | (isFlipped ? GlyphShapes.sampleCount &- GlyphShapes.across : 0)
    return patches.withUnsafeBufferPointer { patches in
      wanted.withUnsafeBufferPointer { wanted in
        var patch = GlyphShapes.Patch(repeating: 0)
        for index in 0..<GlyphShapes.sampleCount {
          patch[index] = wanted[Int(patches[start &+ (index ^ turn)])]
        }
        return patch
      }
    }
  }

  /// The sample at a column and row, which are clamped to the picture.
  package func sample(_ column: Int, _ row: Int) -> (red: Int, green: Int, blue: Int) {
    let at = (min(max(row, 0), rows - 1) * columns + min(max(column, 0), columns - 1)) * 3
    return (Int(rgb[at]), Int(rgb[at + 1]), Int(rgb[at + 2]))
  }

  /// A value stretched so that `low` becomes 0 and `high` 255.
  package func stretched(_ value: Int) -> Int { min(max((value - low) * 255 / (high - low), 0), 255) }

  /// Sets `low` and `high` to the 2nd and 98th percentile of luminance. They move only when the light really changed:
  /// each move changes every cell.
  private mutating func stretch(at start: Bool) {
    var histogram: InlineArray<256, Int> = .init(repeating: 0)
    for at in 0..<columns * rows {
      histogram[luminance(Int(rgb[at * 3]), Int(rgb[at * 3 + 1]), Int(rgb[at * 3 + 2]))] += 1
    }
    let tail = columns * rows / 50
    func percentile(_ values: some Sequence<Int>) -> Int {
      var seen = 0
      for value in values {
        seen += histogram[value]
        if seen > tail { return value }
      }
      return 0
    }
    var newLow = percentile(0...255)
    var newHigh = percentile((0...255).reversed())
    // A flat picture is not blown up into its noise.
    let missing = 64 - (newHigh - newLow)
    if missing > 0 {
      newLow = min(max(newLow - missing / 2, 0), 255 - 64)
      newHigh = newLow + 64
    }
    if start {
      (low, high) = (newLow, newHigh)
    } else {
      if abs(newLow - low) > 8 { low += (newLow - low) / 2 }
      if abs(newHigh - high) > 8 { high += (newHigh - high) / 2 }
      if high - low < 64 { (low, high) = (newLow, newHigh) }
    }
    if !patches.isEmpty { wanted = GlyphShapes.wanted(low: low, high: high) }
  }
}

/// What the preview needs of a frame.
public struct PreviewSamples: Sendable, Hashable {
  /// Colours across and down; 0 where there is no room for a picture.
  public let columns: Int
  public let rows: Int
  /// Whether each of them comes with a patch of luminances, to choose a character by its shape.
  public let withShapes: Bool

  public init(columns: Int, rows: Int, withShapes: Bool = false) {
    self.columns = columns
    self.rows = rows
    self.withShapes = withShapes
  }
}
