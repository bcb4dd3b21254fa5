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
    // Fewer take part where others want the cores.
    let some = snapshot.workers.flatMap { $0 < c.threads ? $0 : nil }
    let threads = (some.map { "\($0) of " } ?? "") + counted(c.threads, "thread", "threads")
    let long = "\(alpha)  ρ \(fixed(c.architecture.rho, 2)) (\(c.resolution))  \(c.precision)  \(threads)"
    let short = "\(alpha) \(c.resolution) \(c.precision) \(some.map { "\($0)/" } ?? "")\(c.threads)t"
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
    // The last one where none fits.
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

/// The keys that do something in what is open, and the program's words where the view hides their place.
enum KeyLine {
  static func draw(_ snapshot: Snapshot, into grid: inout CellGrid) {
    if snapshot.options.hidesPicture, let message = snapshot.message {
      grid.put(message, x: 1, y: grid.height - 1, limit: grid.width - 2, color: .yellow, style: .bold)
      return
    }
    let entries = entries(snapshot, in: grid)
    // A column is free on either side: the last one of the last line is costly, as terminals would scroll there.
    var room = grid.width - 2
    var chosen: Set<String> = []
    // The last two first, help or back and quit; then from the left.
    for entry in entries.suffix(2) + entries.dropLast(2) {
      guard room >= columns(entry, in: grid) else { break }
      room -= columns(entry, in: grid) + 2
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
    /// What has to be carried out for it to be shown.
    let command: Command

    init(_ keys: String, _ word: String, _ command: Command) {
      (self.keys, self.word, self.command) = (keys, word, command)
    }
  }

  private static func entries(_ snapshot: Snapshot, in grid: CellGrid) -> [Entry] {
    let options = snapshot.options
    let own: [Entry]
    switch options.view {
    case .picture: return pictureEntries(options.commands, in: grid)
    case .layers:
      own = [
        Entry("↑ ↓", "scroll", .up), Entry("← →", "order", .layerOrder), Entry("1-4", "width", .alphaQuarter),
        Entry("[ ]", "size", .resolutionUp), Entry("i", "precision", .precision), Entry("- =", "threads", .threadsUp),
      ]
    case .tradeOff:
      own = [
        Entry("↑ ↓ ← →", "move", .up), Entry("Enter", "run", .choose), Entry("b", "budget", .pilot),
        Entry(", .", "less, more", .budgetUp), Entry("i", "precision", .precision),
        Entry("- =", "threads", .threadsUp),
      ]
    case .controls:
      own = [
        Entry("↑ ↓", "choose", .up), Entry("← →", "change", .left), Entry("Enter", "switch", .choose),
        Entry("r", "reset", .resetControl), Entry("R", "reset all", .resetControls),
      ]
    case .teaching where snapshot.teaching?.typed != nil:
      return teachingEntries([("Enter", "take the name"), ("Esc", "back")])
    case .teaching:
      return teachingEntries([
        ("1-9", "hold: shoot"), ("0", "none of these"), ("n", "name a class"), ("u", "take back"), ("Esc", "back"),
        ("q", "quit"),
      ])
    case .help: own = HelpView.isScrolled(options, in: grid) ? [Entry("↑ ↓", "scroll", .up)] : []
    }
    let end = [Entry("Esc", "back", .back), Entry("q", "quit", .quit)]
    return (own + end).filter { options.commands.contains($0.command) }
  }

  private static func teachingEntries(_ entries: [(keys: String, word: String)]) -> [Entry] {
    entries.map { Entry($0.keys, $0.word, .teaching) }
  }

  /// In words, or briefly where there is no room.
  private static func pictureEntries(_ commands: Set<Command>, in grid: CellGrid) -> [Entry] {
    let all = Keys.bindings(of: commands).filter(\.isOnKeyLine)
    let entries = all.map { Entry($0.keys, $0.word, $0.commands[0].command) }
    let isTooLong = entries.reduce(0) { $0 + columns($1, in: grid) + 2 } > grid.width
    return isTooLong ? all.map { Entry($0.brief.keys, $0.brief.word, $0.commands[0].command) } : entries
  }

  private static func columns(_ entry: Entry, in grid: CellGrid) -> Int {
    grid.columns(of: entry.keys) + 1 + grid.columns(of: entry.word)
  }
}
