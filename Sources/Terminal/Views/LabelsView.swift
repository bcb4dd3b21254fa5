import Model
import Platform

/// The best labels with their probabilities as bars.
enum LabelsView {
  static func draw(_ snapshot: Snapshot, in rect: Rect, into grid: inout CellGrid) {
    if let taught = snapshot.taught {
      draw(taught, snapshot.top, in: rect, into: &grid)
      return
    }
    guard snapshot.model.isTrained else {
      grid.put(untrained, x: rect.x + 1, y: rect.y, limit: rect.width - 2, color: .yellow, style: .bold)
      if rect.height > 2 {
        grid.put(
          "no trained weights for α \(fixed(snapshot.configuration.alpha.rawValue, 2))", x: rect.x + 1, y: rect.y + 1,
          limit: rect.width - 2, style: .dim)
      }
      return
    }
    guard !snapshot.top.isEmpty else {
      grid.put("waiting for the first result", x: rect.x + 1, y: rect.y, limit: rect.width - 2, style: .dim)
      return
    }
    for (row, guess) in snapshot.top.prefix(rect.height).enumerated() {
      drawGuess(guess, in: Rect(x: rect.x + 1, y: rect.y + row, width: rect.width - 2, height: 1), row == 0, &grid)
    }
  }

  /// Classes of one's own: the answer first, then the others by their cosines, and ImageNet's where they are mixed in.
  private static func draw(_ taught: Snapshot.Taught, _ others: [Prediction], in rect: Rect, into grid: inout CellGrid)
  {
    func line(_ row: Int) -> Rect { Rect(x: rect.x + 1, y: rect.y + row, width: rect.width - 2, height: 1) }
    guard let label = taught.label, !taught.matches.isEmpty else {
      let text =
        taught.learning.map { "looking at your classes: shot \($0.done) of \($0.total)" }
        ?? (taught.isEmpty ? "no classes yet: T teaches some" : "waiting for your classes")
      grid.put(text, x: rect.x + 1, y: rect.y, limit: rect.width - 2, color: .yellow)
      if let learning = taught.learning, rect.height > 1 {
        grid.bar(
          Double(learning.done) / Double(max(learning.total, 1)), x: rect.x + 1, y: rect.y + 1, width: rect.width - 2,
          color: .yellow)
      }
      return
    }
    let isNone = !taught.matches.contains { $0.label == label }
    let first = isNone ? taught.matches[0] : taught.matches.first { $0.label == label }!
    let ownRows = taught.isMixed ? max(1, rect.height * 2 / 5) : rect.height
    drawRow(
      label, Double(first.cosine), fixed(Double(first.cosine), 2), in: line(0), isBest: true,
      color: isNone ? .yellow : .green, &grid)
    let rest = taught.matches.filter { isNone || $0.label != label }.prefix(max(ownRows - 1, 0))
    for (row, match) in rest.enumerated() {
      drawRow(
        match.label, Double(match.cosine), fixed(Double(match.cosine), 2), in: line(row + 1), isBest: false,
        color: .blue,
        &grid)
    }
    guard taught.isMixed else { return }
    let used = 1 + rest.count
    for (row, guess) in others.prefix(max(rect.height - used, 0)).enumerated() {
      drawGuess(guess, in: line(used + row), false, &grid)
    }
  }

  static let untrained = "untrained: latency only"

  /// One line: label, bar, percent.
  static func drawGuess(_ guess: Prediction, in line: Rect, _ isBest: Bool, _ grid: inout CellGrid) {
    drawRow(
      guess.label, Double(guess.probability), fixed(Double(guess.probability) * 100, 1) + " %", in: line,
      isBest: isBest,
      color: isBest ? .green : .blue, &grid)
  }

  private static func drawRow(
    _ label: String, _ share: Double, _ value: String, in line: Rect, isBest: Bool, color: Color, _ grid: inout CellGrid
  ) {
    let valueColumns = 8
    let labelColumns = min(max((line.width - valueColumns) / 2, 12), 30)
    grid.put(label, x: line.x, y: line.y, limit: labelColumns, style: isBest ? .bold : [])
    let barX = line.x + labelColumns + 1
    grid.bar(min(max(share, 0), 1), x: barX, y: line.y, width: line.maxX - valueColumns - barX, color: color)
    grid.put(value, endingAt: line.maxX, y: line.y, style: isBest ? .bold : [])
  }
}
