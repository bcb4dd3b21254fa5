import Model
import Platform

/// The paper's trade-off on this machine: four rows of α by four columns of resolution, each pair with its latency,
/// accuracy and size, as much of it as there is room for.
enum TradeOffView {
  static func draw(_ snapshot: Snapshot, in rect: Rect, into grid: inout CellGrid) {
    let titles = ["trade-off: accuracy against latency on this machine", "accuracy against latency"]
    grid.box(rect, title: titles.first { $0.count + 6 <= rect.width } ?? titles[1])
    let inner = rect.inner
    guard snapshot.tradeOff.count == 16 else {
      grid.put("waiting for the first result", x: inner.x + 1, y: inner.y, limit: inner.width - 2, style: .dim)
      return
    }
    let plan = Plan(inner)
    drawHeadings(snapshot, plan, inner, into: &grid)
    let slowest = snapshot.tradeOff.compactMap(\.latency).max()
    for (index, pair) in snapshot.tradeOff.enumerated() {
      let (row, column) = (index / 4, index % 4)
      let cell = Rect(
        x: inner.x + 1 + plan.labelWidth + column * plan.cellWidth, y: inner.y + 1 + row * plan.cellHeight,
        width: plan.cellWidth - (plan.cellWidth >= 10 ? 1 : 0), height: plan.cellHeight)
      let look = Look(
        isRunning: pair.configuration == snapshot.configuration,
        isUnderCursor: row == snapshot.options.tradeOffRow && column == snapshot.options.tradeOffColumn,
        share: pair.latency.map { Double($0.count) / Double(max(slowest?.count ?? 1, 1)) } ?? 0)
      drawPair(pair, look, plan, in: cell, into: &grid)
    }
    let selected = snapshot.tradeOff[snapshot.options.tradeOffRow * 4 + snapshot.options.tradeOffColumn]
    let infoRow = inner.y + 1 + 4 * plan.cellHeight
    if infoRow < inner.maxY {
      grid.put(sentence(selected, snapshot), x: inner.x + 1, y: infoRow, limit: inner.width - 2, color: .yellow)
    }
    let plot = Rect(x: inner.x + 1, y: infoRow + 2, width: inner.width - 2, height: inner.maxY - infoRow - 2)
    if plot.height >= 10, plot.width >= 60 { TradeOffPlot.draw(snapshot, in: plot, into: &grid) }
    let mark = grid.capabilities.unicode ? "◆" : "*"
    let legends = [
      "\(mark) nothing better is as fast   ~ estimated   ? doubtful   > running   Enter runs the one marked",
      "\(mark) nothing better is as fast   ~ estimated   ? doubtful   > running",
      "\(mark) best   ~ estimated   ? doubtful   > running",
      "\(mark) best   ~ estimated   > running",
    ]
    grid.edgeText(
      legends.first { $0.count + 4 <= rect.width } ?? legends[3], in: rect, y: rect.maxY - 1, style: .dim)
  }

  /// How large a cell is and so what it holds.
  private struct Plan {
    /// Lines of a cell's text; with a border where it is three or more.
    let cellHeight: Int
    let cellWidth: Int
    let labelWidth: Int
    let hasBorder: Bool

    init(_ inner: Rect) {
      labelWidth = inner.width >= 70 ? 11 : inner.width >= 50 ? 8 : 7
      cellWidth = max((inner.width - 1 - labelWidth) / 4, 1)
      // A heading above, a sentence below.
      let lines = (inner.height - 2) / 4
      hasBorder = lines >= 5 && cellWidth >= 16
      cellHeight = min(max(lines, 1), hasBorder ? 7 : 3)
    }
  }

  private struct Look {
    var isRunning: Bool
    var isUnderCursor: Bool
    /// Of the slowest pair's latency.
    var share: Double
  }

  private static func drawHeadings(_ snapshot: Snapshot, _ plan: Plan, _ inner: Rect, into grid: inout CellGrid) {
    for column in 0..<4 {
      let resolution = snapshot.tradeOff[column].configuration.resolution
      let rho = "ρ \(fixed(Double(resolution) / 224, 2))"
      let text =
        plan.cellWidth >= 16
        ? "\(rho)  \(resolution) px" : plan.cellWidth >= 12 ? "\(rho) \(resolution)" : "\(resolution)"
      grid.put(
        text, x: inner.x + 2 + plan.labelWidth + column * plan.cellWidth, y: inner.y, limit: plan.cellWidth - 1,
        color: .cyan, style: .bold)
    }
    for row in 0..<4 {
      let y = inner.y + 1 + row * plan.cellHeight + (plan.hasBorder ? 1 : 0)
      let pair = snapshot.tradeOff[row * 4]
      grid.put(
        "α \(fixed(pair.configuration.alpha.rawValue, 2))", x: inner.x + 1, y: y, limit: plan.labelWidth, color: .cyan,
        style: .bold)
      if plan.cellHeight >= 2 {
        grid.put(
          metric(pair.configuration.architecture.parameters), x: inner.x + 1, y: y + 1, limit: plan.labelWidth - 1)
      }
      if plan.cellHeight >= 3 {
        grid.put(
          plan.labelWidth > 10 ? "parameters" : "param.", x: inner.x + 1, y: y + 2, limit: plan.labelWidth - 1,
          style: .dim)
      }
    }
  }

  private static func drawPair(
    _ pair: Snapshot.TradeOffPair, _ look: Look, _ plan: Plan, in cell: Rect, into grid: inout CellGrid
  ) {
    var area = cell
    if plan.hasBorder {
      grid.box(
        cell, color: look.isUnderCursor ? .yellow : look.isRunning ? .green : .default,
        style: look.isUnderCursor || look.isRunning ? .bold : .dim)
      area = Rect(x: cell.x + 1, y: cell.y + 1, width: cell.width - 2, height: cell.height - 2)
    }
    let isReversed = look.isUnderCursor && !plan.hasBorder
    let style: Cell.Style = isReversed ? [.bold, .reverse] : look.isRunning || pair.isOnFront ? .bold : []
    let front = pair.isOnFront ? (grid.capabilities.unicode ? "◆" : "*") : " "
    let mark = look.isRunning ? ">" : " "
    let unit = area.width >= 11 ? " ms" : ""
    // Where seven columns have to do there is room for four digits.
    let value = pair.latency.map {
      $0.milliseconds >= 9.995 && area.width < 9 ? fixed($0.milliseconds, 0) : threeDigits($0.milliseconds)
    }
    let doubt = pair.latency == nil ? "" : !pair.isMeasured ? "~" : pair.isDoubtful ? "?" : ""
    let latency = mark + doubt + (value ?? "–") + unit
    grid.put(
      padRight(latency, area.width - 1) + front, x: area.x, y: area.y, limit: area.width,
      color: look.isRunning ? .green : pair.isOnFront ? .cyan : .default, style: style)
    // Widened weights are as good as before.
    let percent = pair.widenedFrom == nil ? pair.publishedTop1Percent : pair.expectedTop1Percent
    let top1 = percent.map { fixed($0, 1) + " %" } ?? "–"
    let multAdds = metric(pair.configuration.architecture.multAdds)
    let lines = [
      area.width >= 16 ? " top-1 \(top1)" : " " + top1,
      area.width >= 19 ? " \(multAdds) mult-adds" : " " + multAdds,
    ]
    for (line, text) in lines.enumerated() where line + 1 < area.height {
      grid.put(
        text, x: area.x, y: area.y + 1 + line, limit: area.width,
        style: line == 0 && (!pair.isTrained || pair.widenedFrom != nil) ? .dim : [])
    }
    if area.height >= 4 {
      grid.bar(
        look.share, x: area.x + 1, y: area.y + 3, width: area.width - 2, color: look.isRunning ? .green : .blue)
    }
  }

  /// The pair under the cursor in words.
  private static func sentence(_ pair: Snapshot.TradeOffPair, _ snapshot: Snapshot) -> String {
    var top1 = pair.publishedTop1Percent.map { "top-1 \(fixed($0, 1)) %" } ?? "no published accuracy"
    if let narrow = pair.widenedFrom, let expected = pair.expectedTop1Percent, let trained = pair.publishedTop1Percent {
      top1 =
        "top-1 \(fixed(expected, 1)) % (widened from \(fixed(narrow.rawValue, 2)); trained \(fixed(trained, 1)) %)"
    }
    let doubt = pair.isDoubtful ? " (disturbed: measured again)" : ""
    let time =
      pair.latency == nil ? "" : ", \(pair.isMeasured ? "" : "about ")\(ModelView.ms(pair.latency)) ms\(doubt)"
    let expected = pair.expectedTop1Percent.flatMap { expected in
      pair.publishedTop1Percent.map { $0 - expected > 0.05 ? ", here about \(fixed(expected, 1)) %" : "" }
    }
    let weights = pair.isTrained ? pair.widenedFrom == nil ? expected ?? "" : "" : ", untrained here"
    let configuration = pair.configuration
    return "α \(fixed(configuration.alpha.rawValue, 2)) at \(configuration.resolution): \(top1), "
      + "\(metric(configuration.architecture.multAdds)) mult-adds\(time)\(weights)"
  }
}
