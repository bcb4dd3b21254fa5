/// How the preview is drawn, in the order in which `p` goes through them.
public enum PreviewStyle: String, Sendable, Hashable, CaseIterable {
  /// Characters by their shape, in the terminal's own colour, and in the picture's.
  case ascii, color
  /// Characters by their brightness, for fonts whose shapes are unlike those of `GlyphCoverage`.
  case ramp
  case halfBlocks = "half-blocks", quadrants, sextants, braille
  /// Cells of one colour.
  case solid

  /// Samples of the picture's colours in one cell, across and down.
  var samplesPerCell: (across: Int, down: Int) {
    switch self {
    case .ascii, .color, .ramp, .solid: (1, 1)
    case .halfBlocks: (1, 2)
    case .quadrants: (2, 2)
    case .sextants: (2, 3)
    case .braille: (2, 4)
    }
  }

  /// Whether characters are chosen by their shape.
  var usesShapes: Bool { self == .ascii || self == .color }

  public func works(on terminal: Capabilities) -> Bool {
    switch self {
    case .ascii, .ramp: true
    case .color, .solid: terminal.colors != .none
    case .halfBlocks, .quadrants: terminal.unicode && terminal.colors != .none
    case .sextants: terminal.sextants && terminal.colors != .none
    case .braille: terminal.unicode
    }
  }

  /// This style, or what comes nearest to it on a terminal that cannot show it.
  public func effective(on terminal: Capabilities) -> PreviewStyle {
    works(on: terminal) ? self : PreviewStyle.color.works(on: terminal) ? .color : .ascii
  }

  /// The next style that the terminal can show.
  public func next(on terminal: Capabilities) -> PreviewStyle {
    let all = Self.allCases
    var index = all.firstIndex(of: self) ?? 0
    repeat { index = (index + 1) % all.count } while !all[index].works(on: terminal)
    return all[index]
  }
}

/// ASCII characters from dark to bright for a bright-on-dark terminal.
package enum Ramp {
  /// With the share of the cell that each covers, measured in DejaVu Sans Mono at 64 pixels.
  package static let coverage: [(Unicode.Scalar, Double)] = [
    (" ", 0), (".", 0.027), (",", 0.042), (":", 0.053), (";", 0.068), ("!", 0.083), ("*", 0.093), ("+", 0.105),
    ("<", 0.113), ("c", 0.127), ("z", 0.140), ("s", 0.148), ("u", 0.159), ("o", 0.175), ("e", 0.187), ("X", 0.195),
    ("m", 0.210), ("K", 0.225), ("D", 0.236), ("8", 0.245), ("@", 0.260),
  ]

  /// The character whose coverage comes nearest to each brightness 0…255; there are some.
  package static let glyphs: [Unicode.Scalar] = (0...255).map { brightness in
    let wanted = Double(brightness) / 255 * coverage.last!.1
    return coverage.min { abs($0.1 - wanted) < abs($1.1 - wanted) }!.0
  }
}
