import Foundation
import Glibc
import TestSupport
import Testing

/// Every signal that ends a process, at any moment and whether the terminal takes what is written or not: the terminal is as
/// it was, and the program ends soon, by that signal.
@Suite(.serialized, .enabled(if: Checkout.isOptimised, "the network is too slow in a debug build"))
struct SignalRestoreTests {
  /// They end the program in order.
  private static let ending = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]
  private static let crashes = [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT]
  /// Others that end a process by default, real-time ones among them.
  private static let others =
    [SIGUSR1, SIGUSR2, SIGALRM, SIGXCPU, SIGVTALRM, SIGPROF, SIGIO, SIGPWR, SIGSYS, 16] + [34, 35, 50, 63, 64]

  /// As the program calls those of every day.
  private static let names = [
    SIGINT: "INT", SIGTERM: "TERM", SIGHUP: "HUP", SIGQUIT: "QUIT", SIGSEGV: "SEGV", SIGBUS: "BUS", SIGILL: "ILL",
    SIGFPE: "FPE", SIGTRAP: "TRAP", SIGABRT: "ABRT",
  ]

  /// A line of the stack has it: the signal came to the C library.
  private static let frame = "libc.so.6(+0x"

  private static let live = [Program.path, "live", "--source", "demo"]

  private enum Moment {
    /// So many microseconds after the first byte.
    case start(UInt32)
    /// In the first write, since the terminal's output is stopped.
    case stoppedStart
    case drawn
    /// Output is stopped while the program waits for the next frame.
    case stopped
    /// In the middle of a frame, since nobody reads.
    case unread
  }

  /// Each kind of signal at each moment; every signal once the screen is drawn and where it is hardest, in a write.
  private static let table: [(signals: [Int32], moment: Moment)] = {
    let atStart = crashes + [SIGTERM, SIGUSR1]
    let moments: [UInt32] = [0, 0, 30, 60, 100, 300, 1000, 3000]
    var table: [(signals: [Int32], moment: Moment)] = moments.map { (atStart, .start($0)) }
    table.append((ending + crashes + others, .drawn))
    table.append((ending + crashes + others, .stoppedStart))
    table.append(([SIGTERM, SIGSEGV, SIGABRT, SIGUSR1], .stopped))
    table.append(([SIGTERM, SIGSEGV, SIGUSR1], .unread))
    return table
  }()

  @Test func `every signal, at every moment`() throws {
    for (signals, moment) in Self.table {
      for signal in signals { try Self.end(by: signal, moment) }
    }
  }

  private static func end(by signal: Int32, _ moment: Moment) throws {
    let what: Comment = "signal \(signal), \(moment)"
    var (arguments, isStopped, isRead) = (live, false, true)
    if case .stoppedStart = moment { isStopped = true }
    if case .unread = moment {
      // A frame of more than a pseudo-terminal holds.
      arguments += ["--preview", "half-blocks", "--color", "true"]
      isRead = false
    }
    let terminal = try PseudoTerminal(run: arguments, isStopped: isStopped)
    switch moment {
    case .start(let delay):
      terminal.waitForOutput()
      usleep(delay)
    case .stoppedStart: #expect(terminal.waitUntilStuck(), what)
    case .drawn: #expect(terminal.wait(for: "unaccounted"), what)
    case .stopped:
      #expect(terminal.wait(for: "unaccounted"), what)
      terminal.type(PseudoTerminal.controlS)
      terminal.drain(milliseconds: 100)
    case .unread:
      terminal.resize(columns: 200, rows: 60)
      #expect(terminal.waitUntilStuck(), what)
    }
    let began = Date()
    kill(terminal.process, signal)
    guard let status = terminal.status(isRead: isRead) else {
      Issue.record("\(what): goes on")
      return
    }
    #expect(status & 0x7F == signal, "\(what): wait status \(status) after \(Date().timeIntervalSince(began)) s")
    let verb = crashes.contains(signal) ? "crashed" : "ended"
    #expect(terminal.faults(said: "mobilecam: \(verb) by signal \(names[signal] ?? "")") == [], what)
    if crashes.contains(signal) { #expect(terminal.contains(Self.frame), what) }
  }

  /// What the parent ignores (nohup, a background job) goes on being ignored.
  @Test func `ignored signals stay ignored`() throws {
    let signals = Self.ending + Self.crashes + Self.others + [SIGPIPE, SIGTSTP]
    let terminal = try PseudoTerminal(run: Self.live, ignored: signals)
    #expect(terminal.wait(for: "unaccounted"))
    for signal in signals {
      kill(terminal.process, signal)
      terminal.drain(milliseconds: 20)
      try #require(kill(terminal.process, 0) == 0 && !terminal.contains("by signal"), "signal \(signal)")
    }
    terminal.type("q")
    #expect(terminal.status() == 0)
    #expect(terminal.faults(said: "latencies of this run") == [])
  }

  /// The prompt is back soon, with the stack's frames and without a question, whatever the program was doing.
  @Test(arguments: [["live", "--source", "demo", "--headless"], ["bench", "--alpha", "1"]])
  func `a crash without a screen`(arguments: [String]) throws {
    let terminal = try PseudoTerminal(run: [Program.path] + arguments)
    #expect(terminal.waitUntilCaught(SIGSEGV))
    usleep(500_000)
    kill(terminal.process, SIGSEGV)
    let status = try #require(terminal.status())
    #expect(status & 0x7F == SIGSEGV, "wait status \(status)")
    #expect(terminal.contains("mobilecam: crashed by signal SEGV") && terminal.contains(Self.frame))
    #expect(!terminal.contains("Press space"))
  }

  /// TSTP gives the terminal back even where its output is stopped.
  @Test func `stops while output is stopped`() throws {
    let script = "set -m; \(Self.live.joined(separator: " ")); echo STOPPED; read line; fg"
    let terminal = try PseudoTerminal(run: ["/bin/sh", "-c", script])
    #expect(terminal.wait(for: "unaccounted"))
    let program = try #require(ProgramRestoreTests.child(of: terminal.process))
    terminal.type(PseudoTerminal.controlS)
    terminal.drain(milliseconds: 100)
    kill(program, SIGTSTP)
    #expect(terminal.wait(for: "STOPPED"))
    #expect(terminal.faults(said: "STOPPED") == [])
    let mark = terminal.output.count
    terminal.type("\n")
    #expect(terminal.wait(for: "unaccounted", since: mark))
    terminal.type("q")
    #expect(terminal.status() == 0)
  }

  /// A shell kills a stopped job by TERM and CONT: that ends it, and it does not stop again for want of the terminal.
  @Test(arguments: [
    "$M & sleep 0.5; kill %1; kill -CONT %1; sleep 1; wait %1; echo ENDED $?",
    "$M; kill %1; kill -CONT %1; sleep 1; wait %1; echo ENDED $?",
    "$M; bg; sleep 0.5; kill %1; kill -CONT %1; sleep 1; wait %1; echo ENDED $?",
  ])
  func `a stopped job is killed`(script: String) throws {
    let command = "set -m; " + script.replacing("$M", with: Self.live.joined(separator: " "))
    let terminal = try PseudoTerminal(run: ["/bin/sh", "-c", command])
    if !script.hasPrefix("$M &") {
      #expect(terminal.wait(for: "unaccounted"))
      terminal.type("\u{1A}")
    }
    #expect(terminal.wait(for: "ENDED 143"), "\(String(decoding: terminal.output.suffix(300), as: UTF8.self))")
    #expect(terminal.hasModesOfBefore)
  }
}
