/// The views for small screens.
enum SmallViews {
  /// The picture above the best label and the latency.
  static func drawCompact(_ snapshot: Snapshot, _ layout: Layout, into grid: inout CellGrid) {
    CameraView.draw(snapshot, in: layout.camera, into: &grid)
    let y = layout.camera.maxY
    LabelsView.draw(snapshot, in: Rect(x: 0, y: y, width: grid.width, height: 1), into: &grid)
    line(ModelView.latency(snapshot.timing), y: y + 1, into: &grid)
    line(ModelView.label(snapshot), y: y + 2, into: &grid)
  }

  /// Labels and latency, no picture.
  static func drawLines(_ snapshot: Snapshot, into grid: inout CellGrid) {
    let labelRows = min(max(grid.height - 7, 1), 5)
    LabelsView.draw(snapshot, in: Rect(x: 0, y: 1, width: grid.width, height: labelRows), into: &grid)
    let t = snapshot.timing
    var y = 1 + labelRows
    line(
      ModelView.Line("network `\(ModelView.ms(t.network)) ms`  \(ModelView.rate(t))", color: .green), y: y, into: &grid)
    line(ModelView.Line("p50 `\(ModelView.ms(t.p50))`  p99 `\(ModelView.ms(t.p99))`"), y: y + 1, into: &grid)
    line(ModelView.Line("glass to label `\(ModelView.ms(t.glassToLabel)) ms`"), y: y + 2, into: &grid)
    line(ModelView.Line("drops \(ModelView.drops(snapshot.source))"), y: y + 3, into: &grid)
    y += 4
    guard y < grid.height - 1 else { return }
    if let trouble = snapshot.source.trouble {
      grid.put(trouble, x: 1, y: y, limit: grid.width - 2, color: .red, style: [.bold, .reverse])
    } else if let mark = Marks.of(snapshot).first {
      grid.put(mark.text, x: 1, y: y, limit: grid.width - 2, color: mark.color, style: mark.style)
    } else if let note = Marks.note(of: snapshot) {
      grid.put(note, x: 1, y: y, limit: grid.width - 2, color: .yellow)
    }
  }

  private static func line(_ line: ModelView.Line, y: Int, into grid: inout CellGrid) {
    ModelView.draw(line, x: 1, y: y, limit: grid.width - 2, into: &grid)
  }
}

/// The latest network latencies as a wide sparkline.
enum HistoryView {
  static func draw(_ snapshot: Snapshot, in rect: Rect, into grid: inout CellGrid) {
    let values = snapshot.timing.historyMicroseconds.suffix(max(rect.width - 4, 0))
    grid.box(rect, title: "network latency")
    guard let top = values.max(), let least = values.min() else { return }
    grid.edgeText(
      "\(threeDigits(Double(least) / 1000)) … \(threeDigits(Double(top) / 1000)) ms, the last \(values.count)",
      in: rect,
      y: rect.maxY - 1, style: [])
    let inner = rect.inner
    grid.sparkline(
      values, top: top, in: Rect(x: inner.x + 1, y: inner.y, width: inner.width - 2, height: inner.height),
      color: .green)
  }
}

/// Every key, over whatever is on the screen.
enum HelpView {
  static func draw(_ commands: Set<Command>, into grid: inout CellGrid) {
    let bindings = Keys.bindings(of: commands)
    let keyColumns = (bindings.map { grid.columns(of: $0.keys) }.max() ?? 0) + 2
    let helpColumns = bindings.map { grid.columns(of: $0.help) }.max() ?? 0
    // Two columns where one is too high, or three: every key is somewhere.
    let across = min(max((bindings.count + grid.height - 3) / max(grid.height - 2, 1), 1), 3)
    let rows = (bindings.count + across - 1) / across
    let width = min(across * (keyColumns + helpColumns + 2) + 2, grid.width)
    let rect = Rect(
      x: (grid.width - width) / 2, y: max((grid.height - rows - 2) / 2, 0), width: width,
      height: min(rows + 2, grid.height))
    grid.fill(rect)
    grid.box(rect, title: "keys")
    let inner = rect.inner
    let columnWidth = (inner.width - 1) / across
    // In three columns each has its own width of keys.
    func keyWidth(_ column: Int) -> Int {
      guard across == 3 else { return keyColumns }
      return (bindings.dropFirst(column * rows).prefix(rows).map { grid.columns(of: $0.keys) }.max() ?? 0) + 1
    }
    for (index, binding) in bindings.enumerated() {
      let (column, row) = (index / rows, index % rows)
      guard row < inner.height else { continue }
      let x = inner.x + 1 + column * columnWidth
      grid.put(binding.keys, x: x, y: inner.y + row, limit: columnWidth - 1, color: .yellow, style: .bold)
      let room = columnWidth - keyWidth(column) - 1
      let text = room < 24 ? binding.word : binding.help
      grid.put(text, x: x + keyWidth(column), y: inner.y + row, limit: room)
    }
  }
}
