import Platform

/// The camera's controls, one a line: what it is, where it stands, its value; those that cannot be changed now are dim.
enum ControlsView {
  static func draw(_ snapshot: Snapshot, in rect: Rect, into grid: inout CellGrid) {
    let controls = snapshot.controls
    grid.fill(rect)
    grid.box(rect, title: "the camera's controls")
    grid.edgeText(
      "←→ change  r reset  R all" + (rect.width >= 40 ? "  v close" : ""), in: rect, y: rect.maxY - 1, style: .dim)
    let inner = Rect(x: rect.x + 2, y: rect.y + 1, width: rect.width - 4, height: rect.height - 2)
    let lines = wrap(message(of: controls), columns: inner.width).prefix(max(inner.height - 1, 1))
    for (row, line) in lines.enumerated() {
      grid.put(
        line, x: inner.x, y: inner.maxY - lines.count + row, limit: inner.width,
        color: controls.isAway ? .red : .yellow, style: controls.isAway ? [.bold, .reverse] : [])
    }
    let rows = inner.height - lines.count
    guard !controls.each.isEmpty, rows > 0 else { return }
    let chosen = min(max(snapshot.options.controlRow, 0), controls.each.count - 1)
    // The chosen one in the middle, as far as there are lines before and after it.
    let first = max(min(chosen - rows / 2, controls.each.count - rows), 0)
    let plan = Plan(controls.each, inner)
    for (row, control) in controls.each.dropFirst(first).prefix(rows).enumerated() {
      let line = Rect(x: inner.x, y: inner.y + row, width: inner.width, height: 1)
      draw(control, isChosen: first + row == chosen, plan, in: line, into: &grid)
    }
    if controls.each.count > rows {
      grid.put(" \(chosen + 1) of \(controls.each.count) ", endingAt: rect.maxX - 1, y: rect.y, style: .dim)
    }
  }

  /// Widths that all lines share.
  private struct Plan {
    let title: Int
    let value: Int
    /// 0 where there is no room for one.
    let bar: Int

    init(_ controls: [Snapshot.Control], _ inner: Rect) {
      let longestValue = controls.map { $0.value.count + ($0.lock == nil ? 0 : 1) }.max() ?? 0
      value = min(longestValue, max(inner.width * 3 / 10, 6)) + 1
      let rest = inner.width - 2 - value
      let longestTitle = controls.map(\.title.count).max() ?? 0
      title = max(min(longestTitle, rest >= 30 ? rest - 10 : rest - 1), 0)
      let left = rest - title - 2
      bar = left >= 6 ? min(left, 24) : 0
    }
  }

  private static func draw(
    _ control: Snapshot.Control, isChosen: Bool, _ plan: Plan, in line: Rect, into grid: inout CellGrid
  ) {
    let style: Cell.Style = isChosen ? [.bold, .reverse] : control.lock != nil ? .dim : []
    let mark = isChosen ? (grid.capabilities.unicode ? "›" : ">") : " "
    grid.put(mark, x: line.x, y: line.y, color: .yellow, style: .bold)
    grid.put(padRight(control.title, plan.title), x: line.x + 1, y: line.y, limit: plan.title, style: style)
    let barX = line.x + plan.title + 2
    if plan.bar > 0 {
      if let lock = control.lock {
        grid.put(lock, x: barX, y: line.y, limit: plan.bar, style: .dim)
      } else if let share = control.share {
        grid.bar(share, x: barX, y: line.y, width: plan.bar, color: isChosen ? .green : .blue)
      }
    }
    let value =
      control.lock != nil ? "(\(control.value))" : control.isChanged ? "*" + control.value : control.value
    grid.put(
      value, endingAt: line.maxX, y: line.y, limit: plan.value + 1,
      color: control.isChanged && control.lock == nil ? .cyan : .default,
      style: control.lock != nil ? .dim : isChosen ? .bold : [])
  }

  private static func message(of controls: Snapshot.Controls) -> String {
    if controls.isAway {
      return controls.message
        ?? (controls.each.isEmpty
          ? "The camera is away." : "The camera is away: what is changed here is set when it is back.")
    }
    if let message = controls.message { return message }
    if !controls.isKnown { return "asking the camera …" }
    return controls.each.isEmpty ? "The camera has no controls." : ""
  }
}
