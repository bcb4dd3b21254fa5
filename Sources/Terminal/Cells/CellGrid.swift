import Platform

/// One character cell of the screen.
public struct Cell: Sendable, Hashable {
  public struct Style: OptionSet, Sendable, Hashable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    public static let bold = Style(rawValue: 1)
    public static let dim = Style(rawValue: 2)
    public static let reverse = Style(rawValue: 4)
  }

  /// Always one column wide (see `Unicode.Scalar.isOneColumn`).
  public var glyph: Unicode.Scalar
  public var foreground: Color
  public var background: Color
  public var style: Style

  public init(
    _ glyph: Unicode.Scalar, foreground: Color = .default, background: Color = .default, style: Style = []
  ) {
    self.glyph = glyph
    self.foreground = foreground
    self.background = background
    self.style = style
  }

  public static let blank = Cell(" ")
}

/// A rectangle of cells.
public struct Rect: Sendable, Hashable {
  public var x, y, width, height: Int

  public init(x: Int, y: Int, width: Int, height: Int) {
    self.x = x
    self.y = y
    self.width = max(width, 0)
    self.height = max(height, 0)
  }

  public var maxX: Int { x + width }
  public var maxY: Int { y + height }
  /// Inside a border of one cell.
  public var inner: Rect { Rect(x: x + 1, y: y + 1, width: width - 2, height: height - 2) }
}

/// What views draw into: `[height, width]` cells, reused from frame to frame. Writing outside is harmless and does
/// nothing; without UTF-8 every text is transliterated to ASCII on its way in.
public struct CellGrid: Sendable, Equatable {
  public private(set) var width: Int
  public private(set) var height: Int
  public private(set) var capabilities: Capabilities
  /// Row by row.
  public private(set) var cells: [Cell]
  /// Writes that fell outside since the last `reset`: a view that keeps to its place makes none.
  package private(set) var missedWrites = 0

  public init(width: Int, height: Int, capabilities: Capabilities) {
    self.width = max(width, 0)
    self.height = max(height, 0)
    self.capabilities = capabilities
    cells = Array(repeating: .blank, count: self.width * self.height)
  }

  public var bounds: Rect { Rect(x: 0, y: 0, width: width, height: height) }

  /// Blanks every cell and takes a new size; allocates only when the grid grows.
  public mutating func reset(width: Int, height: Int, capabilities: Capabilities) {
    self.width = max(width, 0)
    self.height = max(height, 0)
    self.capabilities = capabilities
    missedWrites = 0
    cells.removeAll(keepingCapacity: true)
    cells.append(contentsOf: repeatElement(.blank, count: self.width * self.height))
  }

  public subscript(x: Int, y: Int) -> Cell {
    get { x >= 0 && x < width && y >= 0 && y < height ? cells[y * width + x] : .blank }
    set {
      guard x >= 0, x < width, y >= 0, y < height else {
        missedWrites += 1
        return
      }
      cells[y * width + x] = newValue
    }
  }

  public mutating func fill(_ rect: Rect, _ cell: Cell = .blank) {
    for y in max(rect.y, 0)..<max(min(rect.maxY, height), max(rect.y, 0)) {
      for x in max(rect.x, 0)..<max(min(rect.maxX, width), max(rect.x, 0)) { cells[y * width + x] = cell }
    }
  }

  /// Writes `text` on one line from (x, y), cut with `…` at `limit` columns. Returns the column after it.
  @discardableResult
  public mutating func put(
    _ text: String, x: Int, y: Int, limit: Int = .max, color: Color = .default, background: Color = .default,
    style: Cell.Style = []
  ) -> Int {
    guard limit > 0 else { return x }
    let shown = shown(text)
    let count = shown.unicodeScalars.count
    var column = x
    for (index, scalar) in shown.unicodeScalars.enumerated() {
      if index == limit - 1, count > limit {
        self[column, y] = Cell(
          capabilities.unicode ? "…" : ".", foreground: color, background: background, style: style)
        return column + 1
      }
      let glyph = scalar.isOneColumn && (capabilities.unicode || scalar.isASCII) ? scalar : "?"
      self[column, y] = Cell(glyph, foreground: color, background: background, style: style)
      column += 1
    }
    return column
  }

  /// Writes `text` so that it ends before column `end`.
  public mutating func put(
    _ text: String, endingAt end: Int, y: Int, limit: Int = .max, color: Color = .default, style: Cell.Style = []
  ) {
    put(text, x: end - min(columns(of: text), limit), y: y, limit: limit, color: color, style: style)
  }

  /// Columns that `text` takes here.
  public func columns(of text: String) -> Int {
    shown(text).unicodeScalars.count
  }

  /// What names of files and cameras bring along is spelled out, as everywhere; the rest as the locale has it.
  private func shown(_ text: String) -> String {
    let line = Printable.line(text)
    return capabilities.unicode ? line : asciiText(line)
  }

  /// The characters, one line per row, without blanks at the ends of lines.
  public var text: String {
    var lines = ""
    for y in 0..<height {
      var line = String.UnicodeScalarView()
      for x in 0..<width { line.append(cells[y * width + x].glyph) }
      while line.last == " " { line.removeLast() }
      lines += String(line) + "\n"
    }
    return lines
  }
}
