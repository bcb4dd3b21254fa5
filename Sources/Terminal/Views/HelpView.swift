/// Every key, over whatever is on the screen.
enum HelpView {
  /// How the bindings are laid out.
  private struct Plan {
    let bindings: [KeyBinding]
    let keyColumns: Int
    let helpColumns: Int
    let across: Int
    let rows: Int

    init(_ options: ViewOptions, in grid: CellGrid) {
      bindings = Keys.bindings(of: options.commands)
      keyColumns = (bindings.map { grid.columns(of: $0.keys) }.max() ?? 0) + 2
      helpColumns = bindings.map { grid.columns(of: $0.help) }.max() ?? 0
      // One column of sentences, or two of words where it is too high; a list to scroll where they are too high too.
      let room = max(grid.height - 2, 1)
      let fitsTwo = bindings.count <= 2 * room && grid.width >= 56
      across = bindings.count > room && fitsTwo ? 2 : 1
      rows = min((bindings.count + across - 1) / across, room)
    }

    var isScrolled: Bool { rows * across < bindings.count }
  }

  /// Whether there are more keys than fit.
  static func isScrolled(_ options: ViewOptions, in grid: CellGrid) -> Bool { Plan(options, in: grid).isScrolled }

  static func draw(_ options: ViewOptions, into grid: inout CellGrid) {
    let plan = Plan(options, in: grid)
    let (bindings, keyColumns, helpColumns) = (plan.bindings, plan.keyColumns, plan.helpColumns)
    let (across, rows) = (plan.across, plan.rows)
    let first = across == 2 ? 0 : min(options.helpScroll, bindings.count - rows)
    let width = min(across * (keyColumns + helpColumns + 2) + 2, grid.width)
    let rect = Rect(
      x: (grid.width - width) / 2, y: max((grid.height - rows - 2) / 2, 0), width: width,
      height: min(rows + 2, grid.height))
    grid.fill(rect)
    grid.box(rect, title: "keys")
    let inner = rect.inner
    let columnWidth = (inner.width - 1) / across
    for (index, binding) in bindings.dropFirst(first).prefix(rows * across).enumerated() {
      let (column, row) = (index / rows, index % rows)
      let x = inner.x + 1 + column * columnWidth
      grid.put(binding.keys, x: x, y: inner.y + row, limit: columnWidth - 1, color: .yellow, style: .bold)
      let space = columnWidth - keyColumns - 1
      let text = space < helpColumns && across == 2 ? binding.word : binding.help
      grid.put(text, x: x + keyColumns, y: inner.y + row, limit: space)
    }
    if plan.isScrolled {
      grid.edgeText("\(first + 1)–\(first + rows) of \(bindings.count), ↑ ↓", in: rect, y: rect.maxY - 1)
    }
  }
}
