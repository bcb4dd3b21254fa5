import Platform

/// The box of the camera's picture, with what there is to say of it in its edges.
enum CameraView {
  static func draw(_ snapshot: Snapshot, in rect: Rect, into grid: inout CellGrid) {
    grid.box(rect, title: "camera")
    PictureView.draw(snapshot, in: rect.inner, into: &grid)
    if snapshot.preview.isEmpty, snapshot.source.trouble == nil {
      let text = "waiting for the first frame"
      grid.put(
        text, x: rect.x + max((rect.width - text.count) / 2, 1), y: rect.y + rect.height / 2, limit: rect.width - 2,
        style: .dim)
    }
    drawMarks(snapshot, in: rect, into: &grid)
    let note = Marks.note(of: snapshot, columns: rect.width - 4)
    let room = drawLink(snapshot, beside: note, in: rect, into: &grid)
    if let note {
      grid.edgeText(
        note, in: Rect(x: rect.x, y: rect.y, width: room, height: rect.height), y: rect.maxY - 1, color: .yellow)
    }
    if let trouble = snapshot.source.trouble { drawTrouble(trouble, in: rect.inner, into: &grid) }
  }

  /// What is going on, set into the upper edge from the right.
  private static func drawMarks(_ snapshot: Snapshot, in rect: Rect, into grid: inout CellGrid) {
    var end = rect.maxX - 1
    for mark in Marks.of(snapshot) {
      let text = " \(mark.text) "
      guard end - grid.columns(of: text) > rect.x + 10 else { continue }
      grid.put(text, endingAt: end, y: rect.y, color: mark.color, style: mark.style)
      end -= grid.columns(of: text) + 1
    }
  }

  /// What the terminal is sent, set into the lower edge from the right, where it leaves room for a note. Returns the
  /// columns that it leaves.
  private static func drawLink(
    _ snapshot: Snapshot, beside note: String?, in rect: Rect, into grid: inout CellGrid
  ) -> Int {
    guard let link = snapshot.link else { return rect.width }
    let text = " \(link.text) "
    let columns = grid.columns(of: text)
    let noteColumns = note.map { grid.columns(of: $0) + 4 } ?? 0
    guard columns + noteColumns + 4 <= rect.width else { return rect.width }
    grid.put(text, endingAt: rect.maxX - 1, y: rect.maxY - 1, style: .dim)
    return rect.width - columns - 1
  }

  /// Over the picture, in the middle, wrapped: it may be long and must be read.
  private static func drawTrouble(_ trouble: String, in area: Rect, into grid: inout CellGrid) {
    let lines = wrap(trouble, columns: area.width - 4)
    let shown = lines.prefix(area.height)
    let width = (shown.map { grid.columns(of: $0) }.max() ?? 0) + 2
    let x = area.x + max((area.width - width) / 2, 0)
    let y = area.y + (area.height - shown.count) / 2
    for (row, line) in shown.enumerated() {
      let padded = " " + padRight(line, width - 1)
      grid.put(padded, x: x, y: y + row, limit: min(width, area.maxX - x), color: .red, style: [.bold, .reverse])
    }
  }
}

/// Short marks of what is going on: building, held, logging.
struct Marks {
  let text: String
  let color: Color
  let style: Cell.Style

  static func of(_ snapshot: Snapshot) -> [Marks] {
    var marks: [Marks] = []
    if let switching = snapshot.switching {
      marks.append(Marks(text: switching, color: .yellow, style: [.bold, .reverse]))
    }
    if snapshot.isHeld { marks.append(Marks(text: "held", color: .cyan, style: [.bold, .reverse])) }
    if let pilot = snapshot.pilot {
      let limits = pilot.limits.isEmpty ? "" : ", \(pilot.limits)"
      marks.append(
        Marks(text: "budget \(threeDigits(pilot.budget.milliseconds)) ms\(limits)", color: .green, style: .bold))
    }
    if snapshot.options.showsActivation, let activation = snapshot.activation {
      marks.append(Marks(text: "looks for \(activation.label)", color: .magenta, style: .bold))
    }
    if let actions = snapshot.actions {
      marks.append(Marks(text: actions.text, color: actions.hasFailed ? .red : .green, style: .bold))
    }
    if let file = snapshot.log.file {
      marks.append(Marks(text: "● log \(lastPart(of: file, limit: 24))", color: .red, style: .bold))
    }
    return marks
  }

  /// The one line of text that is worth most now: a word of the program, trouble, what the pilot does, the source; as
  /// much of it as fits into `columns`.
  static func note(of snapshot: Snapshot, columns: Int) -> String? {
    snapshot.message ?? snapshot.log.trouble.map { "log: " + $0 }
      ?? snapshot.pilot.map { note(of: $0, columns: columns) } ?? snapshot.source.notice
  }

  /// The network that runs stands in the title too, the reason nowhere else. By the room, not by the length of the
  /// reason: the line would jump.
  private static func note(of pilot: Snapshot.Pilot, columns: Int) -> String {
    columns >= 80
      ? "budget: \(pilot.choice), \(pilot.reason)" : columns >= 48 ? "budget: \(pilot.reason)" : pilot.reason
  }
}

/// Breaks `text` between words into lines of at most `columns`; longer words are broken where they must be.
func wrap(_ text: String, columns: Int) -> [String] {
  guard columns > 0 else { return [] }
  var lines: [String] = []
  var line = ""
  for word in text.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
    var word = Substring(word)
    if !line.isEmpty, line.count + 1 + word.count > columns {
      lines.append(line)
      line = ""
    }
    while word.count > columns {
      lines.append(String(word.prefix(columns)))
      word = word.dropFirst(columns)
    }
    line += (line.isEmpty ? "" : " ") + word
  }
  if !line.isEmpty { lines.append(line) }
  return lines
}
