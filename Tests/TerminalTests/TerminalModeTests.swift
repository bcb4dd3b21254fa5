import Glibc
import TestSupport
import Testing

/// The screen alone, driven by its first argument: what the program does with it is not in the way.
let probe = Checkout.product("screen-probe")

/// Whatever ends the program, the terminal is as it was: its modes, and the screen left.
@Suite(.serialized) struct TerminalModeTests {
  /// What no signal from outside does: ends that come from within while the screen is up.
  enum Way: String, CaseIterable, Sendable {
    case `throw`, exit, trap, segv

    /// Whether this is what wait() reports.
    func isEnding(_ status: Int32) -> Bool {
      switch self {
      case .throw: status == 1 << 8
      case .exit: status == 3 << 8
      case .trap: [SIGILL, SIGTRAP].contains(status & 0x7F)
      case .segv: status & 0x7F == SIGSEGV
      }
    }
  }

  @Test(arguments: Way.allCases) func `leaves a sane terminal`(way: Way) throws {
    let terminal = try PseudoTerminal(run: [probe, way.rawValue])
    let status = try #require(terminal.status(), "the program should have ended")
    #expect(way.isEnding(status), "wait status \(status)")
    #expect(terminal.hasModesOfBefore)
    #expect(terminal.wait(for: PseudoTerminal.leavesScreen))
    #expect(terminal.contains(PseudoTerminal.showsCursor))
    if way == .throw || way == .trap {
      let said = way == .throw ? "thrown while the screen is up" : "trapped while the screen is up"
      let text = String(decoding: terminal.output, as: UTF8.self)
      let left = try #require(text.range(of: PseudoTerminal.leavesScreen))
      #expect(text[left.upperBound...].contains(said), "what happened is printed after the screen")
    }
  }

  @Test func `a program that takes no notice of a signal ends and restores the terminal`() throws {
    let terminal = try PseudoTerminal(run: [probe, "stuck"])
    let before = terminal.modesBefore
    #expect(terminal.wait(for: "quit"))
    terminal.drain(milliseconds: 300)
    kill(terminal.process, SIGTERM)
    let status = try #require(terminal.status())
    #expect(status & 0x7F == SIGTERM)
    #expect(isSame(terminal.modes, before))
    #expect(terminal.wait(for: PseudoTerminal.leavesScreen))
  }

  /// A write keeps all other threads off the terminal, and the main thread's lasts for ever where nobody reads.
  @Test func `a crash of another thread while the main thread waits in a write`() throws {
    let terminal = try PseudoTerminal(run: [probe, "thread"])
    terminal.resize(columns: 200, rows: 60)
    #expect(terminal.waitUntilStuck())
    let status = try #require(terminal.status(isRead: false))
    #expect(status & 0x7F == SIGSEGV, "wait status \(status)")
    #expect(terminal.faults(said: "screen-probe: crashed by signal SEGV") == [])
  }

  @Test func `the bytes that it says it sent are those that came`() throws {
    let terminal = try PseudoTerminal(run: [probe, "bytes"])
    #expect(terminal.wait(for: " bytes in frames"))
    let text = String(decoding: terminal.output, as: UTF8.self)
    let words = try #require(text.split(separator: "counted ").last?.split(separator: " ").first)
    let counted = try #require(Int(words))
    // Besides the frames there are only a few sequences that set up and leave the screen.
    #expect(counted > 3000 && counted < terminal.output.count && counted > terminal.output.count - 400)
    #expect(terminal.status() == 0)
  }

  @Test func `sizes down to one cell and back`() throws {
    let terminal = try PseudoTerminal(run: [probe, ""])
    #expect(terminal.wait(for: "quit"))
    for (columns, rows, word) in [(20, 5, "needs"), (1, 1, ""), (60, 20, "help"), (200, 60, "unaccounted")] {
      let mark = terminal.output.count
      terminal.resize(columns: UInt16(columns), rows: UInt16(rows))
      if !word.isEmpty {
        #expect(terminal.wait(for: word, since: mark), "at \(columns)×\(rows)")
      } else {
        usleep(200_000)
      }
    }
    terminal.type("q")
    #expect(terminal.status() == 0)
  }

  /// What a terminal claims to be is bounded: 65 535 cells each way would take gigabytes.
  @Test func `an endless terminal`() throws {
    let terminal = try PseudoTerminal(run: [probe, ""])
    terminal.resize(columns: .max, rows: 3)
    #expect(terminal.wait(for: "needs"))
    terminal.resize(columns: 3, rows: .max)
    terminal.drain(milliseconds: 300)
    terminal.resize(columns: 100, rows: 30)
    let mark = terminal.output.count
    #expect(terminal.wait(for: "quit", since: mark))
    terminal.type("q")
    #expect(terminal.status() == 0)
  }

  @Test(arguments: ["xterm", "linux", "vt100", "tmux-256color", "xterm-256color"], ["C", "C.UTF-8"])
  func `starts on every terminal`(term: String, locale: String) throws {
    let terminal = try PseudoTerminal(run: [probe, ""], environment: ["TERM": term, "LANG": locale])
    #expect(terminal.wait(for: "quit"), "\(String(decoding: terminal.output, as: UTF8.self))")
    if locale == "C" { #expect(terminal.output.allSatisfy { $0 < 0x80 }) }
    terminal.type("q")
    #expect(terminal.status() == 0)
  }

  @Test(arguments: [
    ("", "TERM should name the kind of terminal, but it is not set"),
    ("no-such-terminal", "TERM is 'no-such-terminal', but terminfo has no such terminal"),
    ("dumb", "TERM is 'dumb', a terminal that cannot place the cursor"),
  ])
  func `refuses a terminal that it cannot use`(term: String, message: String) throws {
    let terminal = try PseudoTerminal(run: [probe, ""], environment: ["TERM": term])
    #expect(terminal.status() == 1 << 8)
    #expect(terminal.wait(for: message))
    #expect(terminal.contains("--headless"))
  }
}
