import Glibc
import Model
import Platform

/// Accuracy over latency, where the screen has room for a picture of the trade-off: each pair stands as the key that
/// sets its α.
enum TradeOffPlot {
  static func draw(_ snapshot: Snapshot, in rect: Rect, into grid: inout CellGrid) {
    let points = snapshot.tradeOff.compactMap { pair in
      pair.latency.flatMap { latency in
        pair.publishedTop1Percent.map { (pair, latency: latency.milliseconds, top1: $0) }
      }
    }
    guard let fastest = points.map(\.latency).min(), let slowest = points.map(\.latency).max(), fastest > 0,
      slowest > fastest, let least = points.map(\.top1).min(), let most = points.map(\.top1).max(), most > least
    else { return }
    let field = Rect(x: rect.x + 9, y: rect.y, width: rect.width - 12, height: rect.height - 1)
    for y in field.y..<field.maxY { grid[field.x - 1, y] = Cell(grid.capabilities.unicode ? "│" : "|", style: .dim) }
    grid.put("\(fixed(most, 1)) %", endingAt: field.x - 1, y: field.y, style: .dim)
    grid.put("\(fixed(least, 1)) %", endingAt: field.x - 1, y: field.maxY - 1, style: .dim)
    grid.put("\(threeDigits(fastest)) ms", x: field.x, y: rect.maxY - 1, style: .dim)
    grid.put("\(threeDigits(slowest)) ms", endingAt: rect.maxX, y: rect.maxY - 1, style: .dim)
    grid.put(
      "top-1 over latency, each step to the right as many times slower; 1 2 3 4 as the keys of α",
      x: field.x + 12, y: rect.maxY - 1, limit: field.width - 24, style: .dim)
    for (pair, latency, top1) in points {
      // Logarithmic: α and ρ multiply the work.
      let x = log(latency / fastest) / log(slowest / fastest)
      let y = (top1 - least) / (most - least)
      let isRunning = pair.configuration == snapshot.configuration
      let glyph = Unicode.Scalar(UInt8(48 + min(max(Int(pair.configuration.alpha.rawValue * 4), 1), 9)))
      grid[
        field.x + Int((x * Double(field.width - 1)).rounded()),
        field.maxY - 1 - Int((y * Double(field.height - 1)).rounded())] = Cell(
          glyph, foreground: isRunning ? .green : pair.isOnFront ? .cyan : .default,
          style: isRunning ? [.bold, .reverse] : pair.isOnFront ? .bold : [])
    }
  }
}
