import Platform

/// Teaching: which key shoots which class and what there is of it, and below how well the classes are told apart.
enum TeachingView {
  private struct Line {
    let text: String
    var color = Color.default
    var style: Cell.Style = []
  }

  static func draw(_ snapshot: Snapshot, in rect: Rect, into grid: inout CellGrid) {
    let teaching = snapshot.teaching ?? Snapshot.Teaching()
    grid.fill(rect)
    grid.box(rect, title: "teach")
    grid.edgeText(
      teaching.typed == nil
        ? "hold a key to shoot" + (rect.width >= 50 ? "  ↑↓ space: the chosen one" : "") : "Enter takes the name  Esc",
      in: rect, y: rect.maxY - 1, style: .dim)
    var inner = Rect(x: rect.x + 2, y: rect.y + 1, width: rect.width - 4, height: rect.height - 2)
    guard inner.width > 0, inner.height > 0 else { return }
    if let typed = teaching.typed {
      drawName(typed, in: inner, into: &grid)
      inner = Rect(x: inner.x, y: inner.y + 1, width: inner.width, height: inner.height - 1)
    }
    // The classes have half of the room at least.
    let lines = summary(of: teaching).flatMap { line in
      wrap(line.text, columns: inner.width).map { Line(text: $0, color: line.color, style: line.style) }
    }.prefix(inner.height / 2)
    for (row, line) in lines.enumerated() {
      grid.put(
        line.text, x: inner.x, y: inner.maxY - lines.count + row, limit: inner.width, color: line.color,
        style: line.style)
    }
    drawClasses(
      teaching, in: Rect(x: inner.x, y: inner.y, width: inner.width, height: inner.height - lines.count), rect, &grid)
  }

  /// The end of the name is what is typed at.
  private static func drawName(_ typed: String, in inner: Rect, into grid: inout CellGrid) {
    let label = "name: "
    let room = inner.width - label.count - 1
    guard room > 0 else { return }
    let x = grid.put(label, x: inner.x, y: inner.y, limit: inner.width, color: .yellow, style: .bold)
    let end = grid.put(lastPart(of: Printable.line(typed), limit: room), x: x, y: inner.y, limit: room, style: .bold)
    grid[end, inner.y] = Cell(" ", style: .reverse)
  }

  /// What is worth most first: a low screen shows only that.
  private static func summary(of teaching: Snapshot.Teaching) -> [Line] {
    var lines = [Line(text: teaching.verdict, color: teaching.isEnough ? .green : .yellow, style: .bold)]
    if let heldOut = teaching.heldOut {
      let (low, high) = (heldOut.interval.lowerBound, heldOut.interval.upperBound)
      lines.append(
        Line(
          text:
            "held out: \(heldOut.right) of \(heldOut.count) right, \(percent(Double(heldOut.right) / Double(heldOut.count))) % "
            + "(\(percent(low)) to \(percent(high)))"))
    } else {
      lines.append(Line(text: "held out: nothing to test yet", style: .dim))
    }
    if !teaching.confused.isEmpty { lines.append(Line(text: "confused: \(teaching.confused)", color: .yellow)) }
    if !teaching.done.isEmpty {
      lines.append(
        Line(
          text: teaching.done, color: teaching.hasFailed ? .red : .default, style: teaching.hasFailed ? .bold : .dim))
    }
    return lines.filter { !$0.text.isEmpty }
  }

  private static func percent(_ share: Double) -> String { fixed(100 * share, 0) }

  private static func drawClasses(
    _ teaching: Snapshot.Teaching, in area: Rect, _ box: Rect, _ grid: inout CellGrid
  ) {
    guard area.height > 0, !teaching.classes.isEmpty else { return }
    let chosen = min(max(teaching.row, 0), teaching.classes.count - 1)
    let first = max(min(chosen - area.height / 2, teaching.classes.count - area.height), 0)
    for (row, group) in teaching.classes.dropFirst(first).prefix(area.height).enumerated() {
      let isChosen = first + row == chosen
      let y = area.y + row
      let counts = group.shots == 0 ? "–" : "\(group.shots) in \(counted(group.bursts, "burst", "bursts"))"
      let nameColumns = area.width - 6 - grid.columns(of: counts) - 1
      grid.put(
        isChosen ? (grid.capabilities.unicode ? "›" : ">") : " ", x: area.x, y: y, limit: area.width, color: .yellow,
        style: .bold)
      grid.put(group.key, x: area.x + 1, y: y, limit: area.width - 1, color: .yellow, style: .bold)
      grid.put(
        group.name, x: area.x + 6, y: y, limit: nameColumns, style: isChosen ? [.bold, .reverse] : [])
      if nameColumns > 0 { grid.put(counts, endingAt: area.maxX, y: y, style: group.shots == 0 ? .dim : []) }
    }
    if teaching.classes.count > area.height {
      grid.put(" \(chosen + 1) of \(teaching.classes.count) ", endingAt: box.maxX - 1, y: box.y, style: .dim)
    }
  }
}
