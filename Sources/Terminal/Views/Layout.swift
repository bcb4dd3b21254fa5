/// Which views stand where, for one size of the screen.
struct Layout: Equatable {
  enum Kind: Equatable {
    /// Nothing fits but the size that is needed.
    case tooSmall
    /// Label and latency as lines of text.
    case lines
    /// The picture above three lines.
    case compact
    /// Picture, top 5 and model side by side, all layers beneath.
    case panels
    /// Picture and history on the left; top 5, model and the table of layers on the right.
    case wide
  }

  static let leastWidth = 40
  static let leastHeight = 10
  /// Thirty layers, 'unaccounted' and their sum.
  static let layerEntries = 32
  /// The table of layers with its heading and border.
  static let tableHeight = layerEntries + 3

  let kind: Kind
  let width: Int
  let height: Int
  /// With border; empty where the kind has none.
  private(set) var camera = Rect(x: 0, y: 0, width: 0, height: 0)
  private(set) var top = Rect(x: 0, y: 0, width: 0, height: 0)
  private(set) var model = Rect(x: 0, y: 0, width: 0, height: 0)
  private(set) var layers = Rect(x: 0, y: 0, width: 0, height: 0)
  private(set) var history = Rect(x: 0, y: 0, width: 0, height: 0)
  /// Columns of layers in the panel, or 0 for the table.
  private(set) var layerColumns = 0

  private let hidden: Set<ViewOptions.Panel>

  /// - Parameter hidden: panels that are left out; the small kinds have none of them anyway.
  init(width: Int, height: Int, hidden: Set<ViewOptions.Panel> = []) {
    self.width = width
    self.height = height
    self.hidden = hidden
    if width < Self.leastWidth || height < Self.leastHeight {
      kind = .tooSmall
    } else if width >= 150 && height >= 50 {
      kind = .wide
      placeWide()
    } else if width >= 80 && height >= 22 {
      kind = .panels
      placePanels()
    } else if width >= 50 && height >= 14 {
      kind = .compact
      camera = Rect(x: 0, y: 1, width: width, height: height - 5)
    } else {
      kind = .lines
    }
  }

  /// Over what is right of the picture, which stays in sight; over everything where there is no picture.
  var controls: Rect {
    let columns =
      switch kind {
      case .tooSmall, .lines: width
      case .compact: 36
      case .panels: max(40, min(64, width * 42 / 100))
      case .wide: 76
      }
    let rows = kind == .lines || kind == .wide ? height - 2 : camera.height
    return Rect(x: width - columns, y: 1, width: columns, height: rows)
  }

  private var hidesRight: Bool { hidden.isSuperset(of: [.labels, .model]) }

  private mutating func placePanels() {
    var layersHeight = 0
    if !hidden.contains(.layers) {
      if height - 2 - Self.tableHeight >= 18 {
        layersHeight = Self.tableHeight
      } else {
        let rowsWanted = max(8, (height - 2) / 3)
        layerColumns = min(max((Self.layerEntries + rowsWanted - 1) / rowsWanted, 1), (width - 2) / 19)
        layersHeight = (Self.layerEntries + layerColumns - 1) / layerColumns + 2
      }
    }
    let upper = height - 2 - layersHeight
    let right = hidesRight ? 0 : max(40, min(64, width * 42 / 100))
    camera = Rect(x: 0, y: 1, width: width - right, height: upper)
    placeRight(x: width - right, width: right, height: upper)
    layers = Rect(x: 0, y: 1 + upper, width: layersHeight > 0 ? width : 0, height: layersHeight)
  }

  private mutating func placeWide() {
    let hidesTable = hidden.contains(.layers)
    let right = hidesRight && hidesTable ? 0 : 76
    let historyHeight = hidden.contains(.history) ? 0 : max(8, (height - 2) / 6)
    let tableHeight = hidesTable ? 0 : Self.tableHeight
    camera = Rect(x: 0, y: 1, width: width - right, height: height - 2 - historyHeight)
    history = Rect(x: 0, y: camera.maxY, width: historyHeight > 0 ? width - right : 0, height: historyHeight)
    placeRight(x: width - right, width: right, height: height - 2 - tableHeight)
    // Alone on its side, the table begins at the top.
    let tableY = hidesRight ? 1 : height - 1 - tableHeight
    layers = Rect(x: width - right, y: tableY, width: hidesTable ? 0 : right, height: tableHeight)
  }

  /// The top five above the model, whose boxes share an edge where room is scarce; one of them alone takes it all.
  private mutating func placeRight(x: Int, width: Int, height: Int) {
    switch (hidden.contains(.labels), hidden.contains(.model)) {
    case (true, true): break
    case (true, false): model = Rect(x: x, y: 1, width: width, height: height)
    case (false, true): top = Rect(x: x, y: 1, width: width, height: height)
    case (false, false):
      let shared = height < 20 ? 1 : 0
      top = Rect(x: x, y: 1, width: width, height: 7)
      model = Rect(x: x, y: 8 - shared, width: width, height: height - 7 + shared)
    }
  }
}
