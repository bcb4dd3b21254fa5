/// The whole screen: a pure function from a snapshot, and the grid's size and capabilities, to cells.
public enum ScreenView {
  /// Draws into `grid`, which has been `reset` to the screen's size.
  public static func draw(_ snapshot: Snapshot, into grid: inout CellGrid) {
    let layout = Layout(width: grid.width, height: grid.height, hidden: snapshot.options.hiddenPanels)
    if layout.kind == .tooSmall {
      drawTooSmall(into: &grid)
      return
    }
    TitleView.draw(snapshot, into: &grid)
    if snapshot.options.showsTradeOff {
      TradeOffView.draw(snapshot, in: Rect(x: 0, y: 1, width: grid.width, height: grid.height - 2), into: &grid)
    } else if snapshot.options.showsLayers {
      LayerTable.drawWhole(snapshot, in: Rect(x: 0, y: 1, width: grid.width, height: grid.height - 2), into: &grid)
    } else {
      switch layout.kind {
      case .lines: SmallViews.drawLines(snapshot, into: &grid)
      case .compact: SmallViews.drawCompact(snapshot, layout, into: &grid)
      default: drawPanels(snapshot, layout, into: &grid)
      }
    }
    if snapshot.options.showsControls {
      ControlsView.draw(snapshot, in: layout.controls, into: &grid)
    }
    if snapshot.options.showsTeaching { TeachingView.draw(snapshot, in: layout.controls, into: &grid) }
    KeyLine.draw(snapshot, into: &grid)
    if snapshot.options.showsHelp { HelpView.draw(snapshot.options, into: &grid) }
  }

  /// What the preview needs on a screen of this size: what to pass to `PreviewImage.fill`.
  public static func previewSamples(
    screenWidth: Int, screenHeight: Int, imageWidth: Int, imageHeight: Int, options: ViewOptions,
    capabilities: Capabilities
  ) -> PreviewSamples {
    let place = previewPlace(
      screenWidth: screenWidth, screenHeight: screenHeight, imageWidth: imageWidth, imageHeight: imageHeight,
      options: options)
    let used = options.capabilities(of: capabilities)
    let style = options.style.effective(on: used)
    let (across, down) = style.samplesPerCell
    // With few colours the character gives the brightness, and the colour only the hue.
    let shapes = GlyphShapes.Wish(
      isMirrored: options.isMirrored, isFlipped: options.isFlipped,
      mayDim: style == .color && used.colors >= .palette256)
    return PreviewSamples(
      columns: place.width * across, rows: place.height * down, shapes: style.usesShapes ? shapes : nil)
  }

  /// Where the preview stands.
  package static func previewPlace(
    screenWidth: Int, screenHeight: Int, imageWidth: Int, imageHeight: Int, options: ViewOptions
  ) -> Rect {
    PictureView.place(
      imageWidth: imageWidth, imageHeight: imageHeight,
      in: Layout(width: screenWidth, height: screenHeight, hidden: options.hiddenPanels).camera.inner,
      cellAspect: options.cellAspect)
  }

  private static func drawPanels(_ snapshot: Snapshot, _ layout: Layout, into grid: inout CellGrid) {
    CameraView.draw(snapshot, in: layout.camera, into: &grid)
    let topTitle =
      snapshot.taught.map { $0.isMixed ? "your classes, ImageNet's" : "your classes" }
      ?? (snapshot.isSmoothed ? "top 5, averaged" : "top 5")
    grid.box(layout.model, title: "model")
    grid.box(layout.top, title: topTitle)
    if layout.top.height > 0, layout.model.y < layout.top.maxY, layout.model.height > 0 {
      // The boxes share this edge.
      let unicode = grid.capabilities.unicode
      for x in layout.model.x + 1..<layout.model.maxX - 1 {
        grid[x, layout.model.y] = Cell(unicode ? "─" : "-", style: .dim)
      }
      grid[layout.model.x, layout.model.y] = Cell(unicode ? "├" : "+", style: .dim)
      grid[layout.model.maxX - 1, layout.model.y] = Cell(unicode ? "┤" : "+", style: .dim)
      grid.edgeText("model", in: layout.model, y: layout.model.y)
    }
    if layout.top.height > 0 { LabelsView.draw(snapshot, in: layout.top.inner, into: &grid) }
    if layout.model.height > 0 { ModelView.draw(snapshot, in: layout.model.inner, into: &grid) }
    guard layout.layers.height > 0 else {
      if layout.history.height > 2 { HistoryView.draw(snapshot, in: layout.history, into: &grid) }
      return
    }
    if layout.layerColumns > 0 {
      LayerColumns.draw(snapshot, in: layout.layers, columns: layout.layerColumns, into: &grid)
    } else {
      LayerTable.draw(snapshot, in: layout.layers, into: &grid)
    }
    if layout.history.height > 2 { HistoryView.draw(snapshot, in: layout.history, into: &grid) }
  }

  private static func drawTooSmall(into grid: inout CellGrid) {
    let need = "needs \(Layout.leastWidth)×\(Layout.leastHeight)"
    let has = "has \(grid.width)×\(grid.height)"
    if grid.width >= 32 {
      grid.put("\(need), \(has); q quits", x: 0, y: 0, limit: grid.width)
    } else {
      for (y, line) in [need, has, "q quits"].prefix(grid.height).enumerated() {
        grid.put(line, x: 0, y: y, limit: grid.width)
      }
    }
  }
}
