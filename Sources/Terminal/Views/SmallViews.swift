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
    line(ModelView.Line("drops \(ModelView.drops(snapshot))"), y: y + 3, into: &grid)
    y += 4
    guard y < grid.height - 1 else { return }
    if let trouble = snapshot.source.trouble {
      grid.put(trouble, x: 1, y: y, limit: grid.width - 2, color: .red, style: [.bold, .reverse])
    } else if let mark = Marks.of(snapshot).first, snapshot.pilot == nil || snapshot.switching != nil || snapshot.isHeld
    {
      grid.put(mark.text, x: 1, y: y, limit: grid.width - 2, color: mark.color, style: mark.style)
    } else if let note = Marks.note(of: snapshot, columns: grid.width - 2) {
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
