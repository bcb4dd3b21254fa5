import Model
import Platform

/// The best labels with their probabilities as bars.
enum LabelsView {
  static func draw(_ snapshot: Snapshot, in rect: Rect, into grid: inout CellGrid) {
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

  static let untrained = "untrained: latency only"

  /// One line: label, bar, percent.
  static func drawGuess(_ guess: Prediction, in line: Rect, _ isBest: Bool, _ grid: inout CellGrid) {
    let percentColumns = 8
    let labelColumns = min(max((line.width - percentColumns) / 2, 12), 30)
    grid.put(guess.label, x: line.x, y: line.y, limit: labelColumns, style: isBest ? .bold : [])
    let barX = line.x + labelColumns + 1
    grid.bar(
      Double(guess.probability), x: barX, y: line.y, width: line.maxX - percentColumns - barX,
      color: isBest ? .green : .blue)
    grid.put(
      fixed(Double(guess.probability) * 100, 1) + " %", endingAt: line.maxX, y: line.y, style: isBest ? .bold : [])
  }
}
