import Foundation
import Glibc
import TestSupport
import Testing

/// The whole program on a terminal of its own, with the demo reel. In release only: without optimisation the network
/// takes seconds.
@Suite(.serialized, .enabled(if: Checkout.isOptimised, "the network is too slow in a debug build"))
struct ProgramTests {
  /// The program, once its first result is on the screen.
  private func start(_ arguments: [String]) throws -> PseudoTerminal {
    let terminal = try PseudoTerminal(run: [Program.path, "live", "--source", "demo"] + arguments)
    #expect(terminal.wait(for: "unaccounted"), "\(String(decoding: terminal.output.suffix(500), as: UTF8.self))")
    return terminal
  }

  /// Whether the whole screen shows a text, now or within some seconds. A change of size has all of it painted: of a
  /// frame only what changed is sent otherwise. Help leaves the panels' titles in sight.
  private func shows(_ text: String, _ terminal: PseudoTerminal) -> Bool {
    painted(on: terminal) { $0.contains(text) }
  }

  /// Whether the whole screen, down to the line of keys, comes to be without a text.
  private func hides(_ text: String, _ terminal: PseudoTerminal) -> Bool {
    painted(on: terminal) { $0.contains("quit") && !$0.contains(text) }
  }

  private func painted(on terminal: PseudoTerminal, isRight: (String) -> Bool) -> Bool {
    let end = Date().addingTimeInterval(PseudoTerminal.patience)
    var columns: UInt16 = 110
    repeat {
      let mark = terminal.output.count
      terminal.resize(columns: columns, rows: 34)
      columns = columns == 110 ? 111 : 110
      terminal.drain(milliseconds: 150)
      if isRight(String(decoding: terminal.output[mark...], as: UTF8.self)) { return true }
    } while Date() < end
    return false
  }

  private func press(_ keys: String, _ terminal: PseudoTerminal, shows text: String) {
    terminal.type(keys)
    let isShown = shows(text, terminal)
    #expect(isShown, "'\(text)' after '\(keys)'")
  }

  @Test func `the trade-off view switches to the pair under its cursor`() throws {
    let terminal = try start([])
    press("t", terminal, shows: "accuracy against latency")
    press("\u{1B}OC", terminal, shows: "at 192")
    press("\r", terminal, shows: "(192")
    press("t", terminal, shows: "camera")
    terminal.type("q")
    #expect(terminal.status() == 0)
  }

  @Test(arguments: ["", " "]) func `pairs are measured between frames, and while the picture is held`(key: String)
    throws
  {
    let terminal = try start([])
    press("t", terminal, shows: "~")
    terminal.type(key)
    // The small ones come first: of a measured one the sentence does not say 'about'.
    press("\u{1B}OC\u{1B}OC", terminal, shows: "at 160: top-1 45.5 %, 21.1 M mult-adds, ")
    let isMeasured = painted(on: terminal) { $0.contains(/21\.1 M mult-adds, \d/) }
    #expect(isMeasured)
    terminal.type("q")
    #expect(terminal.status() == 0)
  }

  @Test func `the budget pilot says what it does, and a choice by hand ends it`() throws {
    let terminal = try start(["--budget", "5000", "--resolution", "128"])
    #expect(shows("budget 5000 ms", terminal))
    #expect(shows("nothing trained is more", terminal), "everything fits into five seconds: it ends at 224")
    #expect(shows("(224)  fp32", terminal))
    press("i", terminal, shows: "keeps int8")
    #expect(shows("budget 5000 ms, int8 kept", terminal))
    press("[", terminal, shows: "budget pilot off")
    press("b", terminal, shows: "budget 5000 ms")
    terminal.type("q")
    #expect(terminal.status() == 0)
  }

  @Test func `where it looks, averaging and panels`() throws {
    let terminal = try start(["--preview", "half-blocks"])
    press("h", terminal, shows: "looks for")
    press("?", terminal, shows: "F2…F5")
    // Help away again, averaging off, the top 5 away.
    for (keys, text, isShown) in [
      ("?", "top 5, averaged", true), ("a", "averaged", false), ("\u{1B}OQ", "top 5", false),
    ] {
      #expect(shows(text, terminal))
      terminal.type(keys)
      #expect(isShown ? shows(text, terminal) : hides(text, terminal), "'\(text)' after '\(keys)'")
    }
    terminal.type("q")
    #expect(terminal.status() == 0)
  }

  @Test func `--max-kbps is kept`() throws {
    let terminal = try start(["--preview", "half-blocks", "--max-kbps", "80"])
    // What the start took is over by then.
    terminal.drain(milliseconds: 2000)
    let (mark, began) = (terminal.output.count, Date())
    terminal.drain(milliseconds: 4000)
    // On a busy machine it was longer.
    let rate = Int(Double(terminal.output.count - mark) / Date().timeIntervalSince(began))
    #expect(rate <= 10_000 + 6_000 && rate > 100, "\(rate) bytes a second; one frame may be over")
    terminal.type("q")
    #expect(terminal.status() == 0)
  }

  @Test(arguments: [
    (["--budget", "0"], "--budget 0: expected milliseconds from 0.01 to 100000."),
    (["--max-kbps", "7.5"], "--max-kbps 7.5: expected kilobits a second, 8 or more."),
    (["--budget", "2", "--headless"], "--budget needs the screen: leave --headless out."),
  ])
  func `wrong limits are refused`(arguments: [String], message: String) throws {
    let terminal = try PseudoTerminal(run: [Program.path, "live", "--source", "demo"] + arguments)
    #expect(terminal.status() == 2 << 8)
    #expect(terminal.wait(for: message), "\(String(decoding: terminal.output, as: UTF8.self))")
  }

  @Test func `the manual names every option and key`() throws {
    let terminal = try PseudoTerminal(run: [Program.path, "manual"])
    #expect(terminal.status() == 0)
    terminal.drain(milliseconds: 100)
    let page = String(decoding: terminal.output, as: UTF8.self).replacing("\\-", with: "-")
    for word in [
      ".TH MOBILECAM 1", "--budget", "--max-kbps", "--resolution", "input resolution (ρ × 224)", "F2…F5",
      "mobilecam bench",
    ] { #expect(page.contains(word), "\(word)") }
  }
}
