import Model
import Platform

/// The first line: the source on the left, the configuration on the right, as much of both as fits.
enum TitleView {
  static func draw(_ snapshot: Snapshot, into grid: inout CellGrid) {
    let source = snapshot.source
    let rate = snapshot.framesPerSecond.map { "  \(fixed($0, 1)) fps" } ?? ""
    let name = lastPart(of: source.name, limit: 28)
    let format = source.format.isEmpty ? "" : "  \(source.format)"
    let c = snapshot.configuration
    let alpha = "α \(fixed(c.alpha.rawValue, 2))"
    let isa = snapshot.isa.isEmpty ? "" : "  \(snapshot.isa)"
    let long =
      "\(alpha)  ρ \(fixed(c.architecture.rho, 2)) (\(c.resolution))  \(c.precision)  \(counted(c.threads, "thread", "threads"))"
    let short = "\(alpha) \(c.resolution) \(c.precision) \(c.threads)t"
    let variants = [
      ("mobilecam  \(name)\(format)\(rate)", long + isa),
      ("mobilecam  \(name)\(format)\(rate)", long),
      ("\(name)\(format)\(rate)", long),
      ("\(name)\(rate)", long),
      ("mobilecam  \(name)\(rate)", short),
      ("\(name)\(rate)", short),
      (name, short),
      (lastPart(of: source.name, limit: max(grid.width - grid.columns(of: short) - 4, 0)), short),
    ]
    let (left, right) =
      variants.first { grid.columns(of: $0.0) + grid.columns(of: $0.1) + 4 <= grid.width } ?? variants.last!
    grid.put(left, x: 1, y: 0, limit: grid.width - 2, style: .bold)
    grid.put(right, endingAt: grid.width - 1, y: 0, limit: grid.width - 2, color: .cyan, style: .bold)
  }
}

/// The end of `text` in `limit` columns: of a path, its last part says most.
func lastPart(of text: String, limit: Int) -> String {
  let scalars = Array(text.unicodeScalars)
  guard scalars.count > limit else { return text }
  guard limit > 1 else { return "" }
  var view = String.UnicodeScalarView()
  view.append("…")
  view.append(contentsOf: scalars.suffix(limit - 1))
  return String(view)
}

/// The last line: keys and what they do, as many as fit; help and quit always.
enum KeyLine {
  static func draw(_ commands: Set<Command>, into grid: inout CellGrid) {
    let all = Keys.bindings(of: commands).filter(\.isOnKeyLine)
    func columns(_ entry: Entry) -> Int { grid.columns(of: entry.keys) + 1 + grid.columns(of: entry.word) }
    var entries = all.map { Entry(keys: $0.keys, word: $0.word) }
    if entries.reduce(0, { $0 + columns($1) + 2 }) > grid.width {
      entries = all.map { Entry(keys: $0.brief.keys, word: $0.brief.word) }
    }
    // A column is free on either side: the last one of the last line is costly, as terminals would scroll there.
    var room = grid.width - 2
    var chosen: Set<String> = []
    // Help and quit first, then from the left.
    for entry in entries.suffix(2) + entries.dropLast(2) {
      guard room >= columns(entry) else { break }
      room -= columns(entry) + 2
      chosen.insert(entry.keys)
    }
    let shown = entries.filter { chosen.contains($0.keys) }
    let gap = shown.count > 1 && room >= shown.count ? 3 : 2
    var x = 1
    for entry in shown {
      x = grid.put(entry.keys, x: x, y: grid.height - 1, limit: grid.width - x, color: .yellow, style: .bold)
      x = grid.put(" " + entry.word, x: x, y: grid.height - 1, limit: grid.width - x) + gap
    }
  }

  private struct Entry {
    let keys: String
    let word: String
  }
}
