import Foundation
import TestSupport
import Testing

/// What the screen and a terminal say to each other, on a real pseudo-terminal.
@Suite(.serialized) struct TerminalExchangeTests {
  private let asks = "\u{1B}[?2026$p"
  private let begins = "\u{1B}[?2026h"
  private let ends = "\u{1B}[?2026l"

  private func text(_ terminal: PseudoTerminal, since mark: Int) -> Substring {
    String(decoding: terminal.output[mark...], as: UTF8.self)[...]
  }

  @Test func `updates are held until they are complete where the terminal says so`() throws {
    let terminal = try PseudoTerminal(run: [probe, ""])
    #expect(terminal.wait(for: asks))
    #expect(terminal.wait(for: "quit") && !terminal.contains(begins), "not before it has answered")
    let mark = terminal.output.count
    terminal.type("\u{1B}[?2026;2$y")
    for _ in 0..<50 where text(terminal, since: mark).components(separatedBy: begins).count < 8 {
      terminal.type("?")
      terminal.drain(milliseconds: 120)
    }
    let drawn = text(terminal, since: mark)
    let pieces = drawn.components(separatedBy: begins)
    #expect(pieces.count > 4)
    #expect(pieces[0].contains(/\d+;\d+H/) == false || pieces[0].utf8.count < 400, "at most what was on its way")
    // The last one may still be on its way.
    for piece in pieces.dropFirst().dropLast() {
      let halves = piece.components(separatedBy: ends)
      #expect(halves.count == 2, "each begin has its end")
      #expect(halves.last == "", "and nothing is drawn between two updates")
    }
    terminal.type("q")
    #expect(terminal.status() == 0)
    #expect(terminal.hasModesOfBefore)
  }

  @Test(arguments: ["\u{1B}[?2026;0$y", "\u{1B}[?2026;4$y", ""])
  func `nothing is held where it says no or nothing`(answer: String) throws {
    let terminal = try PseudoTerminal(run: [probe, ""])
    #expect(terminal.wait(for: "quit"))
    terminal.type(answer + "?")
    #expect(terminal.wait(for: "close what is open"))
    #expect(!terminal.contains(begins))
    terminal.type("q")
    #expect(terminal.status() == 0)
  }

  @Test(arguments: ["linux", "vt100"]) func `other terminals are not asked`(term: String) throws {
    let terminal = try PseudoTerminal(run: [probe, ""], environment: ["TERM": term])
    #expect(terminal.wait(for: "quit"))
    #expect(!terminal.contains("\u{1B}[?2026") && !terminal.contains("\u{1B}[?2004"))
    terminal.type("q")
    #expect(terminal.status() == 0)
  }

  /// An answer that comes when the program is about to end is not typed into the shell.
  @Test func `a late answer is taken`() throws {
    // On a busy machine it may come after the program's patience: that once in a few it is in time is enough, since
    // without patience it never would be.
    let isTaken = try (0..<8).contains { _ in
      let terminal = try PseudoTerminal(run: [probe, "exit-soon"])
      #expect(terminal.wait(for: asks))
      usleep(100_000)
      terminal.type("\u{1B}[?2026;2$y")
      #expect(terminal.status() == 0)
      // What nobody reads is echoed, as everything that is typed into a shell.
      terminal.drain(milliseconds: 100)
      return !terminal.contains("2026;2$y")
    }
    #expect(isTaken)
  }

  @Test func `a pasted text and other reports press no keys, escape closes what is open`() throws {
    let terminal = try PseudoTerminal(run: [probe, ""])
    #expect(terminal.wait(for: "\u{1B}[?2004h") && terminal.wait(for: "quit"))
    terminal.drain(milliseconds: 200)
    terminal.type("\u{1B}[200~q Q 1 ? t \t\u{1B}[201~\u{1B}[I\u{1B}[O\u{1B}[<35;20;10M\u{1B}[15;2~")
    var mark = terminal.output.count
    terminal.drain(milliseconds: 400)
    #expect(!terminal.contains("close what is open", since: mark), "the help did not open")
    terminal.type("?")
    #expect(terminal.wait(for: "close what is open", since: mark))
    // The help's last bytes first: what is waited for stands in the help too.
    terminal.drain(milliseconds: 500)
    mark = terminal.output.count
    terminal.type("\u{1B}")
    #expect(terminal.wait(for: "trade-off", since: mark), "the line of keys is that of the picture again")
    // A key right behind an escape is one with Alt.
    terminal.drain(milliseconds: 300)
    mark = terminal.output.count
    terminal.type("q")
    #expect(terminal.status() == 0)
    #expect(terminal.contains("\u{1B}[?2004l", since: mark))
  }

  // MARK: Colours

  /// A description of xterm with direct colours, as ncurses-term has it, for machines without that package.
  private func terminfo() throws -> TemporaryFolder {
    let folder = TemporaryFolder()
    let source = try folder.write(
      "xterm-direct.ti",
      """
      xterm-direct|test,
      \tRGB, colors#0x1000000, pairs#0x7FFF, ccc@, initc@,
      \tsetab=\\E[%?%p1%{8}%<%t4%p1%d%e48;2;%p1%{65536}%/%d;%p1%{256}%/%{255}%&%d;%p1%{255}%&%d%;m,
      \tsetaf=\\E[%?%p1%{8}%<%t3%p1%d%e38;2;%p1%{65536}%/%d;%p1%{256}%/%{255}%&%d;%p1%{255}%&%d%;m,
      \tuse=xterm-256color,

      """)
    let tic = Process()
    tic.executableURL = URL(filePath: "/usr/bin/tic")
    tic.arguments = ["-x", "-o", folder.path, source]
    try tic.run()
    tic.waitUntilExit()
    try #require(tic.terminationStatus == 0)
    return folder
  }

  @Test(arguments: [
    ("truecolor", "", true), ("24bit", "", true), ("", "", false), ("yes", "", false), ("truecolor", "1", false),
  ])
  func `direct colours where COLORTERM says so`(says: String, noColor: String, isDirect: Bool) throws {
    let folder = try terminfo()
    let terminal = try PseudoTerminal(
      run: [probe, ""], environment: ["TERMINFO": folder.path, "COLORTERM": says, "NO_COLOR": noColor])
    #expect(terminal.wait(for: "quit"))
    terminal.type("p")
    if noColor.isEmpty {
      #expect(terminal.wait(for: isDirect ? "\u{1B}[38;2;" : "38;5;"))
      #expect(!terminal.contains(isDirect ? "38;5;" : "\u{1B}[38;2;"))
    } else {
      terminal.drain(milliseconds: 500)
      #expect(!terminal.contains("\u{1B}[38;2;") && !terminal.contains("38;5;"))
    }
    // Down the ladder the colours stay what they are: 256 of them, as RGB.
    if isDirect {
      let levels = Set(((0..<24).map { 8 + 10 * $0 } + [0, 95, 135, 175, 215, 255]).map(String.init))
      terminal.type("c")
      let isOfPalette = (0..<20).contains { _ in
        let mark = terminal.output.count
        terminal.drain(milliseconds: 300)
        let found = text(terminal, since: mark).matches(of: /38;2;(\d+);(\d+);(\d+)/)
        return found.count > 3
          && found.allSatisfy { [$0.1, $0.2, $0.3].allSatisfy { levels.contains(String($0)) } }
      }
      #expect(isOfPalette)
    }
    terminal.type("q")
    #expect(terminal.status() == 0)
  }

  @Test func `without such a description it stays at what there is`() throws {
    let folder = TemporaryFolder()
    let terminal = try PseudoTerminal(
      run: [probe, ""],
      environment: ["TERM": "tmux-256color", "TERMINFO": folder.path, "COLORTERM": "truecolor"])
    #expect(terminal.wait(for: "quit"))
    terminal.type("q")
    #expect(terminal.status() == 0)
  }
}
