import Foundation
import Terminal
import TestSupport
import Testing

/// Compares a screen with the text file that holds how it looked when somebody looked at it.
///
/// `MOBILECAM_RECORD_SNAPSHOTS=1` writes the files anew, and fails, so that a recording is never taken for a pass.
func expectSnapshot(_ grid: CellGrid, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
  let file = Checkout.root.appending(path: "Tests/TerminalTests/Snapshots/\(name).txt")
  if ProcessInfo.processInfo.environment["MOBILECAM_RECORD_SNAPSHOTS"] == "1" {
    try grid.text.write(to: file, atomically: true, encoding: .utf8)
    Issue.record(
      "recorded \(name): look at it, then run without MOBILECAM_RECORD_SNAPSHOTS", sourceLocation: sourceLocation)
    return
  }
  let expected = try String(contentsOf: file, encoding: .utf8)
  if grid.text != expected {
    let difference = zip(grid.text.split(separator: "\n"), expected.split(separator: "\n")).first { $0 != $1 }
    Issue.record(
      "\(name) differs, first in\n\(difference?.0 ?? "")\nwhich was\n\(difference?.1 ?? "")\nnow:\n\(grid.text)",
      sourceLocation: sourceLocation)
  }
}
