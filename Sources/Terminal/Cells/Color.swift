/// A colour as a view means it; `Screen` turns it into what the terminal has.
public struct Color: Sendable, Hashable {
  /// Kind in the top byte (0 default, 1 palette, 2 RGB), value below.
  @usableFromInline let raw: UInt32

  @inlinable init(raw: UInt32) { self.raw = raw }

  /// The terminal's own foreground or background.
  public static let `default` = Color(raw: 0)
  /// An entry of the 256-colour palette; 0…7 exist on every terminal that has colours.
  @inlinable public static func palette(_ index: UInt8) -> Color { Color(raw: 1 << 24 | UInt32(index)) }
  @inlinable public static func rgb(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> Color {
    Color(raw: 2 << 24 | UInt32(red) << 16 | UInt32(green) << 8 | UInt32(blue))
  }

  public static let red = palette(1)
  public static let green = palette(2)
  public static let yellow = palette(3)
  public static let blue = palette(4)
  public static let magenta = palette(5)
  public static let cyan = palette(6)

  /// Red, green and blue where this is a direct colour.
  var components: (red: Int, green: Int, blue: Int)? {
    raw >> 24 == 2 ? (Int(raw >> 16 & 255), Int(raw >> 8 & 255), Int(raw & 255)) : nil
  }

  /// What a terminal of a colour depth shows for this: -1 for its own default, else the number that
  /// `init_extended_pair` takes (a palette index, or 0xRRGGBB where colours are direct).
  public func terminalNumber(_ depth: ColorDepth) -> Int32 {
    let kind = raw >> 24
    guard kind != 0, depth != .none else { return -1 }
    let value = raw & 0xFF_FFFF
    if kind == 1 {
      // Direct-colour terminals keep 0…7 as palette entries; nothing in the views uses more of them as a palette.
      return Int32(depth == .ansi8 || depth == .direct ? value & 7 : depth == .ansi16 ? value & 15 : value)
    }
    let (red, green, blue) = (Int(value >> 16), Int(value >> 8 & 255), Int(value & 255))
    switch depth {
    case .direct: return Int32(max(value, 8))
    case .palette256: return Int32(Self.nearest256(red, green, blue))
    case .ansi16: return Int32(Self.nearestANSI(red, green, blue, count: 16))
    default: return Int32(Self.nearestANSI(red, green, blue, count: 8))
    }
  }

  /// xterm's 6 × 6 × 6 cube (16…231) and 24 greys (232…255), whichever is nearer.
  static func nearest256(_ red: Int, _ green: Int, _ blue: Int) -> Int {
    func step(_ v: Int) -> Int { v < 48 ? 0 : v < 115 ? 1 : (v - 35) / 40 }
    func level(_ s: Int) -> Int { s == 0 ? 0 : 55 + 40 * s }
    func distance(_ r: Int, _ g: Int, _ b: Int) -> Int {
      (r - red) * (r - red) + (g - green) * (g - green) + (b - blue) * (b - blue)
    }
    let (r, g, b) = (step(red), step(green), step(blue))
    let grey = min(max(((red + green + blue) / 3 - 3) / 10, 0), 23)
    let greyLevel = 8 + 10 * grey
    return distance(level(r), level(g), level(b)) <= distance(greyLevel, greyLevel, greyLevel)
      ? 16 + 36 * r + 6 * g + b : 232 + grey
  }

  /// xterm's default values of the 16 ANSI colours.
  private static let ansi: [(Int, Int, Int)] = [
    (0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229),
    (127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255), (255, 0, 255), (0, 255, 255),
    (255, 255, 255),
  ]

  /// 0xRRGGBB of an entry of the 256-colour palette, as `init_extended_pair` takes it where colours are direct.
  static func rgb(ofPalette index: Int) -> Int32 {
    let (red, green, blue): (Int, Int, Int)
    switch index {
    case ..<16: (red, green, blue) = ansi[index]
    case 16..<232:
      func level(_ step: Int) -> Int { step == 0 ? 0 : 55 + 40 * step }
      let cube = index - 16
      (red, green, blue) = (level(cube / 36), level(cube / 6 % 6), level(cube % 6))
    default: (red, green, blue) = (8 + 10 * (index - 232), 8 + 10 * (index - 232), 8 + 10 * (index - 232))
    }
    return Int32(max(red << 16 | green << 8 | blue, 8))
  }

  static func nearestANSI(_ red: Int, _ green: Int, _ blue: Int, count: Int) -> Int {
    var best = 0
    var bestDistance = Int.max
    for index in 0..<count {
      let (r, g, b) = ansi[index]
      let distance = (r - red) * (r - red) + (g - green) * (g - green) + (b - blue) * (b - blue)
      if distance < bestDistance { (best, bestDistance) = (index, distance) }
    }
    return best
  }
}

/// How many colours a terminal has: the ladder that everything steps down.
public enum ColorDepth: Int, Sendable, Hashable, CaseIterable, Comparable {
  case none, ansi8, ansi16, palette256, direct

  /// As `--color` has it.
  public var name: String {
    switch self {
    case .none: "none"
    case .ansi8: "8"
    case .ansi16: "16"
    case .palette256: "256"
    case .direct: "true"
    }
  }

  public static func < (a: ColorDepth, b: ColorDepth) -> Bool { a.rawValue < b.rawValue }

  /// From terminfo's number of colours, whether colour values are direct RGB, and `NO_COLOR` (no-color.org: set and
  /// not empty).
  public init(colors: Int, isDirect: Bool, noColor: String?) {
    if let noColor, !noColor.isEmpty {
      self = .none
    } else if isDirect && colors >= 1 << 24 {
      self = .direct
    } else {
      self = colors >= 256 ? .palette256 : colors >= 16 ? .ansi16 : colors >= 8 ? .ansi8 : .none
    }
  }
}

/// What the terminal can show.
public struct Capabilities: Sendable, Hashable {
  /// Whether the locale's character set is UTF-8; without it every view keeps to ASCII.
  public var unicode: Bool
  public var colors: ColorDepth
  /// Whether the locale knows the block sextants of Unicode 13 (U+1FB00…).
  public var sextants: Bool

  public init(unicode: Bool, colors: ColorDepth, sextants: Bool = false) {
    self.unicode = unicode
    self.colors = colors
    self.sextants = sextants
  }
}
