import Frames
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
  /// Of each cell the luminances, four to a word, and the character that was chosen for them; empty where no shapes are wanted.
  private var shapes: [(luminances: SIMD8<UInt32>, choice: GlyphShapes.Choice)] = []
  private var wish: GlyphShapes.Wish?
  /// `[rows · GlyphShapes.down, columns · GlyphShapes.across]`: of the last frame, and without its noise.
  private var fresh: [UInt8] = []
  private var luminances: [UInt8] = []
  /// What a luminance 0…255 wants covered.
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
      columns != self.columns || rows != self.rows || samples.shapes != wish || width != sourceWidth
      || height != sourceHeight
    if isNew {
      (self.columns, self.rows, sourceWidth, sourceHeight) = (columns, rows, width, height)
      rgb = Array(repeating: 0, count: columns * rows * 3)
      wish = samples.shapes
      shapes = Array(repeating: (SIMD8(), GlyphShapes.Choice()), count: wish == nil ? 0 : columns * rows)
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
    let isStretched = stretch(at: isNew)
    if let wish { fillShapes(pixels, wish, isNew: isNew, isStretched: isStretched) }
  }

  /// Chooses the characters of a picture that stands still anew, where they are wanted otherwise than they were.
  public mutating func turn(to samples: PreviewSamples) {
    guard let wish = samples.shapes, wish != self.wish else { return }
    self.wish = wish
    for cell in shapes.indices { choose(cell, wish, over: nil) }
  }

  private mutating func fillShapes(
    _ pixels: UnsafeRawBufferPointer, _ wish: GlyphShapes.Wish, isNew: Bool, isStretched: Bool
  ) {
    let stride = columns * GlyphShapes.across
    boxes.shrinkLuminance(
      pixels, width: sourceWidth, height: sourceHeight, columns: stride, rows: rows * GlyphShapes.down,
      into: &fresh)
    if isNew || luminances.count != fresh.count { luminances = fresh }
    Self.replace(&luminances, with: fresh)
    if isNew || isStretched { wanted = GlyphShapes.wanted(low: low, high: high) }
    for cell in shapes.indices {
      let (row, column) = cell.quotientAndRemainder(dividingBy: columns)
      let patch = patch(at: row &* GlyphShapes.down &* stride &+ column &* GlyphShapes.across, stride: stride)
      guard isNew || isStretched || patch != shapes[cell].luminances else { continue }
      shapes[cell].luminances = patch
      choose(cell, wish, over: isNew ? nil : shapes[cell].choice)
    }
  }

  /// Where they moved by more than noise.
  private static func replace(_ old: inout [UInt8], with fresh: [UInt8]) {
    old.withUnsafeMutableBufferPointer { old in
      fresh.withUnsafeBufferPointer { fresh in
        for index in old.indices {
          let (before, now) = (old[index], fresh[index])
          let moved = before > now ? before &- now : now &- before
          old[index] = moved > UInt8(Self.noise) ? now : before
        }
      }
    }
  }

  private func patch(at start: Int, stride: Int) -> SIMD8<UInt32> {
    luminances.withUnsafeBytes { bytes in
      var rows = SIMD8<UInt32>()
      for row in 0..<GlyphShapes.down {
        rows[row] = bytes.loadUnaligned(fromByteOffset: start &+ row &* stride, as: UInt32.self)
      }
      return rows
    }
  }

  private mutating func choose(_ cell: Int, _ wish: GlyphShapes.Wish, over old: GlyphShapes.Choice?) {
    let luminances = shapes[cell].luminances
    let patch = wanted.withUnsafeBufferPointer { wanted in
      GlyphShapes.Patch { sample in
        let row = UInt32(littleEndian: luminances[sample / GlyphShapes.across])
        return wanted[Int(row &>> UInt32(sample % GlyphShapes.across * 8) & 0xFF)]
      }
    }
    shapes[cell].choice = GlyphShapes.choose(for: patch, wish, over: old)
  }

  /// The character for the cell at a column and row; `nil` where the picture was taken for another style.
  func choice(_ column: Int, _ row: Int) -> GlyphShapes.Choice? {
    shapes.isEmpty ? nil : shapes[row &* columns &+ column].choice
  }

  /// The sample at a column and row, which are clamped to the picture.
  package func sample(_ column: Int, _ row: Int) -> (red: Int, green: Int, blue: Int) {
    let at = (min(max(row, 0), rows - 1) * columns + min(max(column, 0), columns - 1)) * 3
    return (Int(rgb[at]), Int(rgb[at + 1]), Int(rgb[at + 2]))
  }

  /// A value stretched so that `low` becomes 0 and `high` 255.
  package func stretched(_ value: Int) -> Int { min(max((value - low) * 255 / (high - low), 0), 255) }

  /// Sets `low` and `high` to the 2nd and 98th percentile of luminance. They move only when the light really changed:
  /// each move changes every cell. Returns whether they did.
  private mutating func stretch(at start: Bool) -> Bool {
    let before = (low, high)
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
    return before != (low, high)
  }
}

/// What the preview needs of a frame.
public struct PreviewSamples: Sendable, Hashable {
  /// Colours across and down; 0 where there is no room for a picture.
  public let columns: Int
  public let rows: Int
  /// How a character is chosen for each of them by its shape; `nil`: not at all.
  package let shapes: GlyphShapes.Wish?

  package init(columns: Int, rows: Int, shapes: GlyphShapes.Wish? = nil) {
    self.columns = columns
    self.rows = rows
    self.shapes = shapes
  }

  /// What that takes of a frame.
  public var detail: FrameDetail {
    shapes == nil
      ? .samples(columns: columns, rows: rows)
      : .samples(columns: columns * GlyphShapes.across, rows: rows * GlyphShapes.down)
  }
}
