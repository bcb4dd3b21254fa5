import Foundation
import Terminal
import TestSupport
import Testing

/// Compares a screen with the text file that holds how it looked when somebody looked at it: its characters, then a letter for
/// the colours and style of each cell (`.` where both are the terminal's own), then what the letters mean.
///
/// `MOBILECAM_RECORD_SNAPSHOTS=1` writes the files anew, and fails, so that a recording is never taken for a pass.
func expectSnapshot(_ grid: CellGrid, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
  let file = Checkout.root.appending(path: "Tests/TerminalTests/Snapshots/\(name).txt")
  let found = "\(grid.text)\n\(looks(of: grid))"
  if ProcessInfo.processInfo.environment["MOBILECAM_RECORD_SNAPSHOTS"] == "1" {
    try found.write(to: file, atomically: true, encoding: .utf8)
    Issue.record(
      "recorded \(name): look at it, then run without MOBILECAM_RECORD_SNAPSHOTS", sourceLocation: sourceLocation)
    return
  }
  let expected = try String(contentsOf: file, encoding: .utf8)
  if found != expected {
    func lines(_ text: String) -> [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
    let difference = zip(lines(found), lines(expected)).first { $0 != $1 }
    Issue.record(
      "\(name) differs, first in\n\(difference?.0 ?? "")\nwhich was\n\(difference?.1 ?? "")\nnow:\n\(found)",
      sourceLocation: sourceLocation)
  }
}

/// Colours and styles: a line of letters for each row, without the dots at its end, then a line for each letter, in the order of
/// their appearance.
private func looks(of grid: CellGrid) -> String {
  // Far more than one screen has: letters and digits, then Latin, Greek and Cyrillic ones.
  let letters =
    (Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".unicodeScalars)
    + (0x100...0x17F).compactMap { UnicodeScalar($0) } + (0x391...0x52F).compactMap { UnicodeScalar($0) })
    .filter { $0.properties.isAlphabetic || $0.isASCII }
  var known: [String: UnicodeScalar] = ["": "."]
  var legend: [String] = []
  var rows = ""
  for y in 0..<grid.height {
    var row = String.UnicodeScalarView()
    for x in 0..<grid.width {
      let look = look(of: grid[x, y], on: grid.capabilities.colors)
      if known[look] == nil {
        known[look] = letters[legend.count]
        legend.append("\(known[look]!) \(look)\n")
      }
      row.append(known[look]!)
    }
    while row.last == "." { row.removeLast() }
    rows += String(row) + "\n"
  }
  return rows + "\n" + legend.joined()
}

/// What is not the terminal's own, in words: `3 on #102030, bold`.
private func look(of cell: Cell, on depth: ColorDepth) -> String {
  func name(_ color: Color) -> String? {
    guard depth != .none, color != .default else { return nil }
    let direct = color.terminalNumber(.direct)
    return direct < 8 ? "\(color.terminalNumber(.palette256))" : "#" + String(direct + 1 << 24, radix: 16).dropFirst()
  }
  // A blank has no foreground.
  let foreground = cell.glyph == " " ? nil : name(cell.foreground)
  let styles: [(Cell.Style, String)] = [(.bold, "bold"), (.dim, "dim"), (.reverse, "reverse")]
  let colors = (foreground ?? "") + (name(cell.background).map { " on \($0)" } ?? "")
  return ([colors].filter { !$0.isEmpty } + styles.filter { cell.style.contains($0.0) }.map(\.1)).joined(
    separator: ", ")
}
