import Frames
import Pixels

/// Draws the camera's picture and the crop that the network sees.
package enum PictureView {
  /// The largest rectangle in `area` that shows an image of this size undistorted, centred.
  static func place(imageWidth: Int, imageHeight: Int, in area: Rect, cellAspect: Double) -> Rect {
    guard imageWidth > 0, imageHeight > 0, area.width > 0, area.height > 0 else {
      return Rect(x: area.x, y: area.y, width: 0, height: 0)
    }
    let columnsPerRow = Double(imageWidth) / Double(imageHeight) * cellAspect
    var width = area.width
    var height = Int((Double(width) / columnsPerRow).rounded())
    if height > area.height {
      height = area.height
      width = min(Int((Double(height) * columnsPerRow).rounded()), area.width)
    }
    // A row or two columns to spare are filled rather than left blank: nobody sees two per cent.
    if area.height - height == 1, height >= 20 { height = area.height }
    if area.width - width <= 2, width >= 40 { width = area.width }
    (width, height) = (max(width, 1), max(height, 1))
    return Rect(
      x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width: width, height: height)
  }

  static func draw(_ snapshot: Snapshot, in area: Rect, into grid: inout CellGrid) {
    let image = snapshot.preview
    guard !image.isEmpty else { return }
    let options = snapshot.options
    let place = place(
      imageWidth: image.sourceWidth, imageHeight: image.sourceHeight, in: area, cellAspect: options.cellAspect)
    let style = options.style.effective(on: grid.capabilities)
    let (across, down) = style.samplesPerCell
    let sampler = Sampler(
      image: image, columns: place.width * across, rows: place.height * down, isMirrored: options.isMirrored,
      isFlipped: options.isFlipped)
    let tint =
      options.showsActivation
      ? snapshot.activation.flatMap { Tint($0, snapshot, width: place.width, height: place.height) } : nil
    for y in 0..<place.height {
      for x in 0..<place.width {
        var cell = cell(style, sampler, x: x, y: y, grid.capabilities.colors)
        tint?.apply(to: &cell, x: x, y: y)
        grid[place.x + x, place.y + y] = cell
      }
    }
    if let crop = snapshot.crop { drawCorners(of: crop, of: image, options, in: place, into: &grid) }
  }

  /// Reads the picture at the resolution of the place where it is drawn, which differs for one frame after a resize.
  private struct Sampler {
    let image: PreviewImage
    let columns: Int
    let rows: Int
    let isMirrored: Bool
    let isFlipped: Bool

    /// The picture's sample for one of the place's.
    private func place(_ column: Int, _ row: Int) -> (column: Int, row: Int) {
      let column = isMirrored ? columns - 1 - column : column
      let row = isFlipped ? rows - 1 - row : row
      return (column * image.columns / columns, row * image.rows / rows)
    }

    func rgb(_ column: Int, _ row: Int) -> (red: Int, green: Int, blue: Int) {
      let place = place(column, row)
      let sample = image.sample(place.column, place.row)
      return (image.stretched(sample.red), image.stretched(sample.green), image.stretched(sample.blue))
    }

    func brightness(_ column: Int, _ row: Int) -> Int {
      let (r, g, b) = rgb(column, row)
      return luminance(r, g, b)
    }

    /// `nil` where the picture was taken for another style.
    func choice(_ column: Int, _ row: Int) -> GlyphShapes.Choice? {
      let place = place(column, row)
      return image.choice(place.column, place.row)
    }
  }

  private static func color(_ c: (red: Int, green: Int, blue: Int)) -> Color {
    .rgb(UInt8(c.red), UInt8(c.green), UInt8(c.blue))
  }

  /// The colour as bright as it gets, times `light`.
  private static func hue(_ c: (red: Int, green: Int, blue: Int), light: Float = 1) -> Color {
    let brightest = Float(max(c.red, c.green, c.blue, 1))
    func scaled(_ value: Int) -> Int { Int(Float(value) / brightest * light * 255) }
    return color((scaled(c.red), scaled(c.green), scaled(c.blue)))
  }

  private static func cell(
    _ style: PreviewStyle, _ sampler: Sampler, x: Int, y: Int, _ colors: ColorDepth
  ) -> Cell {
    switch style {
    case .ascii:
      guard let choice = sampler.choice(x, y) else { fallthrough }
      return Cell(choice.character)
    case .ramp: return Cell(Ramp.glyphs[sampler.brightness(x, y)])
    case .color:
      let rgb = sampler.rgb(x, y)
      guard let choice = sampler.choice(x, y) else {
        return Cell(Ramp.glyphs[luminance(rgb.red, rgb.green, rgb.blue)], foreground: hue(rgb))
      }
      let glyph = choice.character
      return Cell(glyph, foreground: glyph == " " ? .default : hue(rgb, light: choice.light))
    case .solid: return Cell(" ", background: color(sampler.rgb(x, y)))
    case .halfBlocks:
      return Cell(
        "▀", foreground: color(sampler.rgb(x, 2 * y)), background: color(sampler.rgb(x, 2 * y + 1)))
    case .quadrants: return blocks(sampler, x: x, y: y, across: 2, down: 2) { quadrantGlyphs[$0] }
    case .sextants: return blocks(sampler, x: x, y: y, across: 2, down: 3, glyph: sextant)
    case .braille: return braille(sampler, x: x, y: y)
    }
  }

  /// Bit 0 upper left, 1 upper right, 2 lower left, 3 lower right.
  private static let quadrantGlyphs: [Unicode.Scalar] = [
    " ", "▘", "▝", "▀", "▖", "▌", "▞", "▛", "▗", "▚", "▐", "▜", "▄", "▙", "▟", "█",
  ]

  /// U+1FB00… for six bits row by row, but for the four that Unicode had before.
  package static func sextant(_ mask: Int) -> Unicode.Scalar {
    switch mask {
    case 0: " "
    case 0b010101: "▌"
    case 0b101010: "▐"
    case 0b111111: "█"
    default: Unicode.Scalar(UInt32(0x1FB00 + mask - 1 - (mask > 0b010101 ? 1 : 0) - (mask > 0b101010 ? 1 : 0)))!
    }
  }

  /// Two colours for a cell's samples: the means of those above and below the middle brightness.
  private static func blocks(
    _ sampler: Sampler, x: Int, y: Int, across: Int, down: Int, glyph: (Int) -> Unicode.Scalar
  ) -> Cell {
    var darkest = 255
    var brightest = 0
    for index in 0..<across * down {
      let value = sampler.brightness(across * x + index % across, down * y + index / across)
      (darkest, brightest) = (min(darkest, value), max(brightest, value))
    }
    let middle = (darkest + brightest) / 2
    var mask = 0
    var bright = (red: 0, green: 0, blue: 0, count: 0)
    var dark = bright
    for index in 0..<across * down {
      let (r, g, b) = sampler.rgb(across * x + index % across, down * y + index / across)
      if luminance(r, g, b) > middle {
        mask |= 1 << index
        bright = (bright.red + r, bright.green + g, bright.blue + b, bright.count + 1)
      } else {
        dark = (dark.red + r, dark.green + g, dark.blue + b, dark.count + 1)
      }
    }
    func mean(_ s: (red: Int, green: Int, blue: Int, count: Int)) -> Color {
      let n = max(s.count, 1)
      return color((s.red / n, s.green / n, s.blue / n))
    }
    return Cell(glyph(mask), foreground: mask == 0 ? .default : mean(bright), background: mean(dark))
  }

  /// Ordered dithering (Bayer, 4 × 4): unlike error diffusion a dot depends on its own sample only, so a still picture
  /// stands still.
  private static let bayer: [Int] = [0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5]
  /// Bits of U+2800 for the dots, row by row.
  private static let brailleBits: [UInt32] = [0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80]

  private static func braille(_ sampler: Sampler, x: Int, y: Int) -> Cell {
    var bits: UInt32 = 0
    for row in 0..<4 {
      for column in 0..<2 {
        let (dotX, dotY) = (2 * x + column, 4 * y + row)
        let threshold = bayer[(dotY & 3) * 4 + dotX & 3] * 16 + 8
        if sampler.brightness(dotX, dotY) > threshold { bits |= brailleBits[row * 2 + column] }
      }
    }
    return Cell(bits == 0 ? " " : Unicode.Scalar(0x2800 + bits) ?? " ")
  }

  private static func drawCorners(
    of crop: Crop, of image: PreviewImage, _ options: ViewOptions, in place: Rect, into grid: inout CellGrid
  ) {
    let left = options.isMirrored ? image.sourceWidth - crop.x - crop.side : crop.x
    let top = options.isFlipped ? image.sourceHeight - crop.y - crop.side : crop.y
    func column(_ x: Int) -> Int { place.x + min(max(x * place.width / image.sourceWidth, 0), place.width) }
    func row(_ y: Int) -> Int { place.y + min(max(y * place.height / image.sourceHeight, 0), place.height) }
    let (x0, x1) = (column(left), column(left + crop.side) - 1)
    let (y0, y1) = (row(top), row(top + crop.side) - 1)
    guard x1 - x0 >= 5, y1 - y0 >= 2 else { return }
    let unicode = grid.capabilities.unicode
    let edge: Unicode.Scalar = unicode ? "━" : "-"
    for (x, y, glyph, arm) in [
      (x0, y0, "┏", 1), (x1, y0, "┓", -1), (x0, y1, "┗", 1), (x1, y1, "┛", -1),
    ] as [(Int, Int, Unicode.Scalar, Int)] {
      grid[x, y] = Cell(unicode ? glyph : "+", foreground: .yellow, style: .bold)
      for step in 1...2 { grid[x + step * arm, y] = Cell(edge, foreground: .yellow, style: .bold) }
    }
  }
}
