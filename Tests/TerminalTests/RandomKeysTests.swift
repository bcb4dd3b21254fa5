import Foundation
import ModelFiles
import Terminal
import TestSupport
import Testing

import screen_probe

/// Keys as a cat on the keyboard would press them. `MOBILECAM_SEED` repeats a run, `MOBILECAM_KEYS` sets how many.
@Suite(.serialized) struct RandomKeysTests {
  private static let seed = testSeed("RandomKeysTests")
  private static let count = testCount("MOBILECAM_KEYS", 1_000)

  @Test func `ten thousand commands on every view`() {
    var random = SplitMix64(state: Self.seed)
    var snapshot = Sample.snapshot()
    snapshot.tradeOff = Sample.tradeOff()
    snapshot.activation = Sample.activation()
    Sample.fillPreview(&snapshot, width: 100, height: 30, capabilities: utf8)
    var grid = CellGrid(width: 0, height: 0, capabilities: utf8)
    let commands = Command.allCases.filter { $0 != .quit }
    for step in 0..<10_000 {
      _ = snapshot.options.apply(commands.randomElement(using: &random)!, on: utf8)
      guard step % 8 == 0 else { continue }
      let (width, height) = (Int.random(in: 1...220, using: &random), Int.random(in: 1...70, using: &random))
      grid.reset(width: width, height: height, capabilities: snapshot.options.capabilities(of: utf8))
      ScreenView.draw(snapshot, into: &grid)
      #expect(grid.missedWrites == 0, "seed \(Self.seed), step \(step), \(width)×\(height), \(snapshot.options)")
    }
  }

  @Test(arguments: ["xterm-256color", "vt100"])
  func `keys on a real terminal of changing size`(term: String) throws {
    var random = SplitMix64(state: Self.seed)
    let terminal = try PseudoTerminal(run: [probe, ""], environment: ["TERM": term])
    #expect(terminal.wait(for: "quit"))
    // Not F2: where it is not known, its last letter is a Q.
    let special = [
      "\t", "\r", "\u{1B}", "\u{1B}[A", "\u{1B}OB", "\u{1B}OC", "\u{1B}OD", "\u{1B}OR", "\u{1B}OS", "\u{1B}[15~", "α",
    ]
    let plain = (32..<127).map { String(UnicodeScalar($0)) }.filter { !"qQ".contains($0) }
    for step in 0..<Self.count {
      terminal.type((plain + special).randomElement(using: &random)!)
      guard step % 20 == 0 else { continue }
      let isTiny = Bool.random(using: &random)
      terminal.resize(
        columns: UInt16.random(in: 1...(isTiny ? 3 : 210), using: &random),
        rows: UInt16.random(in: 1...(isTiny ? 3 : 65), using: &random))
      terminal.drain(milliseconds: 10)
    }
    // An escape may still wait for the rest of its sequence.
    terminal.drain(milliseconds: 100)
    let mark = terminal.output.count
    terminal.resize(columns: 100, rows: 30)
    #expect(terminal.wait(for: "quit", since: mark), "seed \(Self.seed): nothing is drawn any more")
    terminal.type("q")
    #expect(terminal.status() == 0, "seed \(Self.seed)")
  }
}
