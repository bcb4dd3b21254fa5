extension Unicode.Scalar {
  /// Whether a terminal shows this in exactly one column: no control, combining or wide character.
  var isOneColumn: Bool {
    if isASCII { return value >= 0x20 && value != 0x7F }
    switch properties.generalCategory {
    case .control, .format, .nonspacingMark, .enclosingMark, .spacingMark, .surrogate, .unassigned, .lineSeparator,
      .paragraphSeparator, .privateUse:
      return false
    default: break
    }
    // East Asian wide and emoji (Unicode's EastAsianWidth.txt, in coarse blocks).
    switch value {
    case 0x1100...0x115F, 0x2E80...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7FF, 0xF900...0xFAFF, 0xFE30...0xFE6F,
      0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F000...0x1FAFF, 0x20000...0x3FFFF:
      return false
    default: return !properties.isEmojiPresentation
    }
  }
}

/// `text` in ASCII, for terminals without UTF-8; what has no spelling becomes `?`.
func asciiText(_ text: String) -> String {
  if text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
  var ascii = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "α": ascii += "alpha"
    case "ρ": ascii += "rho"
    case "×": ascii += "x"
    case "µ", "μ": ascii += "u"
    case "…": ascii += "..."
    case "–", "—", "−": ascii += "-"
    case "·": ascii += "."
    case "●", "▸", "▶", "◆": ascii += "*"
    case "←": ascii += "Left"
    case "↑": ascii += "Up"
    case "↓": ascii += "Down"
    case "→": ascii += "Right"
    default: ascii.unicodeScalars.append(scalar.isASCII ? scalar : "?")
    }
  }
  return ascii
}

extension CellGrid {
  /// A border around `rect` with a title in its top edge; what was inside stays.
  mutating func box(_ rect: Rect, title: String = "", color: Color = .default, style: Cell.Style = .dim) {
    guard rect.width >= 2, rect.height >= 2 else { return }
    let glyphs: [Unicode.Scalar] =
      capabilities.unicode ? ["─", "│", "┌", "┐", "└", "┘"] : ["-", "|", "+", "+", "+", "+"]
    for x in rect.x + 1..<rect.maxX - 1 {
      self[x, rect.y] = Cell(glyphs[0], foreground: color, style: style)
      self[x, rect.maxY - 1] = Cell(glyphs[0], foreground: color, style: style)
    }
    for y in rect.y + 1..<rect.maxY - 1 {
      self[rect.x, y] = Cell(glyphs[1], foreground: color, style: style)
      self[rect.maxX - 1, y] = Cell(glyphs[1], foreground: color, style: style)
    }
    for (x, y, glyph) in [
      (rect.x, rect.y, glyphs[2]), (rect.maxX - 1, rect.y, glyphs[3]), (rect.x, rect.maxY - 1, glyphs[4]),
      (rect.maxX - 1, rect.maxY - 1, glyphs[5]),
    ] {
      self[x, y] = Cell(glyph, foreground: color, style: style)
    }
    if !title.isEmpty { edgeText(title, in: rect, y: rect.y) }
  }

  /// A text set into the top or bottom edge of a box, `┌ text ───`.
  mutating func edgeText(_ text: String, in rect: Rect, y: Int, color: Color = .default, style: Cell.Style = .bold) {
    guard rect.width >= 6 else { return }
    put(" " + text + " ", x: rect.x + 1, y: y, limit: rect.width - 2, color: color, style: style)
  }

  /// A horizontal bar of `fraction` (0…1) of `width` columns, in eighths of a column where the terminal has them.
  package mutating func bar(_ fraction: Double, x: Int, y: Int, width: Int, color: Color, style: Cell.Style = []) {
    guard width > 0, fraction > 0 else { return }
    let eighths = Int((min(fraction, 1) * Double(width * 8)).rounded())
    for column in 0..<width {
      let part = min(max(eighths - column * 8, 0), 8)
      guard part > 0 || (column == 0 && fraction > 0) else { break }
      let glyph: Unicode.Scalar
      if capabilities.unicode {
        // ▏ is U+258F (one eighth) … █ is U+2588 (eight).
        glyph = Unicode.Scalar(0x2590 - UInt32(max(part, 1)))!
      } else {
        glyph = part >= 4 ? "#" : "-"
      }
      self[x + column, y] = Cell(glyph, foreground: color, style: style)
    }
  }

  /// The last values of `values` that fit into `rect`, as columns that grow from its bottom; the full height is `top`.
  mutating func sparkline(_ values: some RandomAccessCollection<Float>, top: Float, in rect: Rect, color: Color) {
    guard rect.width > 0, rect.height > 0, top > 0 else { return }
    var x = rect.maxX - 1
    for value in values.suffix(rect.width).reversed() {
      let steps = capabilities.unicode ? 8 : 2
      let filled = max(Int((min(value / top, 1) * Float(rect.height * steps)).rounded()), 1)
      for row in 0..<rect.height {
        let part = min(filled - row * steps, steps)
        guard part > 0 else { break }
        let glyph: Unicode.Scalar =
          capabilities.unicode ? Unicode.Scalar(0x2580 + UInt32(part))! : part == steps ? "|" : "."
        self[x, rect.maxY - 1 - row] = Cell(glyph, foreground: color)
      }
      x -= 1
    }
  }
}
