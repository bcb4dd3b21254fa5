import Model
import Platform
import Telemetry

/// One line of a layer view: a layer, what no layer accounts for, or the sum.
struct LayerEntry {
  var name: String
  var kind = ""
  var microseconds: Double
  var multAdds = 0
  /// Of the network's time, 0…1.
  var share: Double
  var color: Color
  /// The last results.
  var window: LatencySummary?
  var isSum = false

  /// The layers in their order, then 'unaccounted'; the sum apart, since it has no place in an order.
  static func all(_ snapshot: Snapshot) -> (each: [LayerEntry], sum: LayerEntry)? {
    let layers = snapshot.layers
    guard !layers.each.isEmpty else { return nil }
    let sum = layers.sum
    func share(_ time: Nanoseconds) -> Double { sum > .zero ? time.microseconds / sum.microseconds : 0 }
    var entries = layers.each.map {
      LayerEntry(
        name: $0.layer.name, kind: $0.layer.kind.rawValue, microseconds: $0.time.microseconds,
        multAdds: $0.layer.multAdds, share: share($0.time), color: color(of: $0.layer.kind), window: $0.window)
    }
    switch snapshot.options.layerOrder {
    case .network: break
    case .time: entries.sort { $0.microseconds > $1.microseconds }
    case .rate: entries.sort { $0.rate > $1.rate }
    }
    entries.append(
      LayerEntry(
        name: "unaccounted", microseconds: layers.unaccounted.microseconds, share: share(layers.unaccounted),
        color: .default, window: layers.unaccountedWindow))
    return (
      entries,
      LayerEntry(
        name: "sum", microseconds: sum.microseconds, multAdds: snapshot.architecture.multAdds, share: 1,
        color: .default,
        window: snapshot.timing.window(.network), isSum: true)
    )
  }

  /// Billions of mult-adds per second.
  var rate: Double { microseconds > 0 ? Double(multAdds) / microseconds / 1000 : 0 }
  var rateText: String { multAdds > 0 ? threeDigits(rate) : "" }
  var timeText: String { Self.text(microseconds) }
  /// p50, p90, p99 and the maximum, in microseconds.
  var percentileTexts: [String] {
    guard let window else { return [] }
    return [window.p50, window.p90, window.p99, window.max].map { $0.map { Self.text(Double($0) / 1000) } ?? "–" }
  }

  private static func text(_ microseconds: Double) -> String { fixed(microseconds, microseconds >= 9999.5 ? 0 : 1) }

  private static func color(of kind: Architecture.Kind) -> Color {
    switch kind {
    case .depthwise: .cyan
    case .pointwise: .green
    case .convolution: .yellow
    default: .magenta
    }
  }
}

/// Every layer with a bar and its time, in columns.
enum LayerColumns {
  static func draw(_ snapshot: Snapshot, in rect: Rect, columns: Int, into grid: inout CellGrid) {
    grid.box(rect, title: "layers, µs")
    let inner = rect.inner
    var network = snapshot
    network.options.layerOrder = .network
    guard columns > 0, let (each, sum) = LayerEntry.all(network) else {
      grid.put("waiting for the first result", x: inner.x + 1, y: inner.y, limit: inner.width - 2, style: .dim)
      return
    }
    let entries = each + [sum]
    let longest = each.map(\.microseconds).max() ?? 0
    let rows = (entries.count + columns - 1) / columns
    let parts = stride(from: 0, to: entries.count, by: rows).map { entries[$0..<min($0 + rows, entries.count)] }
    // Names differ in length from column to column; the bars are all of one scale.
    let nameColumns = parts.map { part in part.map(\.name.count).max()! }
    let timeColumns = max(5, entries.map(\.timeText.count).max()!)
    let gap = 2
    let barColumns =
      (inner.width - 2 - nameColumns.reduce(0, +) - parts.count * (timeColumns + 2) - (parts.count - 1) * gap)
      / parts.count
    var x = inner.x + 1
    for (part, nameColumns) in zip(parts, nameColumns) {
      for (row, entry) in part.enumerated() {
        let y = inner.y + row
        let style: Cell.Style = entry.isSum ? .bold : []
        let timeEnd = x + nameColumns + barColumns + timeColumns + 2
        grid.put(entry.name, x: x, y: y, limit: inner.maxX - x, style: style)
        if !entry.isSum, longest > 0 {
          grid.bar(
            entry.microseconds / longest, x: x + nameColumns + 1, y: y, width: barColumns, color: entry.color)
        }
        grid.put(entry.timeText, endingAt: timeEnd, y: y, style: style)
      }
      x += nameColumns + barColumns + timeColumns + 2 + gap
    }
  }
}

/// Every layer on a line of its own: µs, share, GMAC/s and bar.
enum LayerTable {
  /// In a panel, in the network's order.
  static func draw(_ snapshot: Snapshot, in rect: Rect, into grid: inout CellGrid) {
    var network = snapshot
    network.options.layerOrder = .network
    network.options.layerScroll = 0
    draw(network, in: rect, title: "layers", isWhole: false, into: &grid)
  }

  /// The layer view: sorted, scrolled, coloured by heat.
  static func drawWhole(_ snapshot: Snapshot, in rect: Rect, into grid: inout CellGrid) {
    let title = "layers by \(snapshot.options.layerOrder.rawValue)"
    draw(snapshot, in: rect, title: title, isWhole: true, into: &grid)
    for mark in Marks.of(snapshot).prefix(1) {
      let text = " \(mark.text) "
      guard grid.columns(of: title) + grid.columns(of: text) + 6 <= rect.width else { continue }
      grid.put(text, endingAt: rect.maxX - 1, y: rect.y, color: mark.color, style: mark.style)
    }
  }

  private static func draw(
    _ snapshot: Snapshot, in rect: Rect, title: String, isWhole: Bool, into grid: inout CellGrid
  ) {
    grid.box(rect, title: title)
    let inner = rect.inner
    guard let (each, sum) = LayerEntry.all(snapshot) else {
      grid.put("waiting for the first result", x: inner.x + 1, y: inner.y, limit: inner.width - 2, style: .dim)
      return
    }
    let hasPercentiles = isWhole && inner.width >= Columns.widthOfPercentiles && each.contains { $0.window != nil }
    let columns = Columns(
      width: inner.width - 2, hasKind: isWhole && inner.width >= (hasPercentiles ? 116 : 76),
      hasPercentiles: hasPercentiles)
    columns.drawHeading(x: inner.x + 1, y: inner.y, into: &grid)
    // Heading above, sum below.
    let room = max(inner.height - 2, 0)
    let first = min(snapshot.options.layerScroll, max(each.count - room, 0))
    let shown = each[min(first, each.count)..<min(first + room, each.count)]
    let longest = each.map(\.microseconds).max() ?? 0
    for (row, entry) in shown.enumerated() {
      columns.draw(entry, longest, isHeat: isWhole, x: inner.x + 1, y: inner.y + 1 + row, into: &grid)
    }
    columns.draw(sum, longest, isHeat: false, x: inner.x + 1, y: inner.y + 1 + shown.count, into: &grid)
    if shown.count < each.count {
      grid.edgeText("\(first + 1)–\(first + shown.count) of \(each.count), ↑ ↓", in: rect, y: rect.maxY - 1)
    }
  }

  private struct Columns {
    /// From here on percentiles fit, the kind's column left out.
    static let widthOfPercentiles = 88

    let width: Int
    let hasKind: Bool
    let hasPercentiles: Bool
    private var kindEnd: Int { hasKind ? 29 : 12 }
    private static let percentiles = ["p50", "p90", "p99", "max"]

    private func percentileEnd(_ index: Int) -> Int { kindEnd + 42 + 8 * index }

    func drawHeading(x: Int, y: Int, into grid: inout CellGrid) {
      grid.put("layer", x: x, y: y, style: .dim)
      if hasKind { grid.put("kind", x: x + 13, y: y, style: .dim) }
      grid.put("µs", endingAt: x + kindEnd + 8, y: y, style: .dim)
      if width < 36 { return }
      grid.put("share", endingAt: x + kindEnd + 16, y: y, style: .dim)
      if width < 46 { return }
      grid.put("mult-adds", endingAt: x + kindEnd + 26, y: y, style: .dim)
      grid.put("GMAC/s", endingAt: x + kindEnd + 34, y: y, style: .dim)
      guard hasPercentiles else { return }
      for (index, name) in Self.percentiles.enumerated() {
        grid.put(name, endingAt: x + percentileEnd(index), y: y, style: .dim)
      }
    }

    func draw(_ e: LayerEntry, _ longest: Double, isHeat: Bool, x: Int, y: Int, into grid: inout CellGrid) {
      let style: Cell.Style = e.isSum ? .bold : []
      grid.put(e.name, x: x, y: y, limit: 12, style: style)
      if hasKind { grid.put(e.kind, x: x + 13, y: y, limit: 16, style: .dim) }
      grid.put(e.timeText, endingAt: x + kindEnd + 8, y: y, style: style)
      if width < 36 { return }
      grid.put(fixed(e.share * 100, 1) + " %", endingAt: x + kindEnd + 16, y: y, style: style)
      if width < 46 { return }
      if e.multAdds > 0 { grid.put(metric(e.multAdds), endingAt: x + kindEnd + 26, y: y, style: style) }
      grid.put(e.rateText, endingAt: x + kindEnd + 34, y: y, style: style)
      if hasPercentiles {
        for (index, text) in e.percentileTexts.enumerated() {
          grid.put(text, endingAt: x + percentileEnd(index), y: y, style: style)
        }
      }
      let barX = hasPercentiles ? percentileEnd(3) + 2 : kindEnd + 36
      guard !e.isSum, longest > 0 else { return }
      let part = e.microseconds / longest
      let heat: Color = part > 0.66 ? .red : part > 0.33 ? .yellow : .green
      grid.bar(part, x: x + barX, y: y, width: width - barX, color: isHeat ? heat : e.color)
    }
  }
}
