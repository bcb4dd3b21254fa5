import Foundation
import Glibc
import TestSupport
import Testing

/// Whatever ends the program itself, with its threads, its network and its log, the terminal is as it was, and what
/// happened is printed after the screen.
@Suite(.serialized, .enabled(if: Checkout.isOptimised, "the network is too slow in a debug build"))
struct ProgramRestoreTests {
  enum Way: CaseIterable, Sendable {
    case quit, error, interrupt, terminate, hangUp, quitSignal, segmentation, illegal, trap, abort

    var signal: Int32? {
      switch self {
      case .quit, .error: nil
      case .interrupt: SIGINT
      case .terminate: SIGTERM
      case .hangUp: SIGHUP
      case .quitSignal: SIGQUIT
      case .segmentation: SIGSEGV
      // What a Swift trap is on x86-64 and on arm64.
      case .illegal: SIGILL
      case .trap: SIGTRAP
      case .abort: SIGABRT
      }
    }

    /// What is printed after the screen.
    var said: String {
      switch self {
      case .quit: "mobilecam: logged "
      case .error: "mobilecam: "
      case .interrupt: "mobilecam: ended by signal INT"
      case .terminate: "mobilecam: ended by signal TERM"
      case .hangUp: "mobilecam: ended by signal HUP"
      case .quitSignal: "mobilecam: ended by signal QUIT"
      case .segmentation: "mobilecam: crashed by signal SEGV"
      case .illegal: "mobilecam: crashed by signal ILL"
      case .trap: "mobilecam: crashed by signal TRAP"
      case .abort: "mobilecam: crashed by signal ABRT"
      }
    }
  }

  @Test(arguments: Way.allCases) func `leaves a sane terminal`(way: Way) throws {
    let folder = TemporaryFolder()
    var arguments = ["live", "--source", "demo", "--log", folder.file("run.csv")]
    if way == .error {
      arguments[2] = try folder.write("torn.y4m", Self.tornRecording)
    }
    let terminal = try PseudoTerminal(run: [Program.path] + arguments)
    #expect(terminal.wait(for: "unaccounted"), "the screen is up")
    if way != .error { #expect(!terminal.hasModesOfBefore, "the screen changes the modes, or this test shows nothing") }
    if way == .quit { terminal.type("q") }
    if let signal = way.signal { kill(terminal.process, signal) }
    let status = try #require(terminal.status(), "the program should have ended")
    if let signal = way.signal {
      #expect(status & 0x7F == signal, "wait status \(status)")
    } else {
      #expect(status == (way == .error ? 1 : 0) << 8)
    }
    #expect(terminal.faults(said: way.said) == [])
  }

  /// Who asks for Swift's own report of a crash gets it, after the screen: the program draws no more while it is made.
  /// (Not under the address sanitizer: the reporter's own stack offends it.)
  @Test(.enabled(if: !Checkout.isSanitized))
  func `a crash with Swift's report`() throws {
    let terminal = try PseudoTerminal(
      run: [Program.path, "live", "--source", "demo"],
      environment: ["SWIFT_BACKTRACE": "enable=yes,interactive=no,color=no,cache=no"])
    #expect(terminal.wait(for: "unaccounted"))
    kill(terminal.process, SIGSEGV)
    // Reading the program's symbols takes its time.
    let status = try #require(terminal.status(within: 120), "the program goes on after its report")
    #expect(status & 0x7F == SIGSEGV, "wait status \(status)")
    #expect(terminal.faults(said: "mobilecam: crashed by signal SEGV") == [])
  }

  @Test(arguments: [true, false]) func `stops and goes on`(isKey: Bool) throws {
    // Under a shell: nothing stops a program that no shell of its session could continue.
    let script = "set -m; \(Program.path) live --source demo; echo STOPPED; read line; fg; echo DONE AGAIN"
    let terminal = try PseudoTerminal(run: ["/bin/sh", "-c", script])
    #expect(terminal.wait(for: "unaccounted"))
    let during = terminal.modes
    if isKey {
      terminal.type("\u{1A}")
    } else {
      let program = try #require(Self.child(of: terminal.process))
      kill(program, SIGTSTP)
    }
    #expect(terminal.wait(for: "STOPPED"))
    #expect(terminal.contains(PseudoTerminal.leavesScreen) && terminal.contains(PseudoTerminal.showsCursor))
    #expect(terminal.hasModesOfBefore)
    let stopped = terminal.output.count
    terminal.drain(milliseconds: 300)
    #expect(terminal.output.count == stopped, "it draws while it is stopped")
    terminal.type("\n")
    #expect(terminal.wait(for: "unaccounted", since: stopped), "everything is painted again")
    #expect(isSame(terminal.modes, during))
    terminal.type("q")
    #expect(terminal.wait(for: "DONE AGAIN"))
    #expect(terminal.status() == 0)
    #expect(terminal.faults(said: "DONE AGAIN") == [])
  }

  /// Without a second screen the shell's line begins below the picture, on a line of its own.
  @Test func `vt100 keeps the picture and loses the key line`() throws {
    let terminal = try PseudoTerminal(
      run: [Program.path, "live", "--source", "demo"], environment: ["TERM": "vt100"])
    #expect(terminal.wait(for: "unaccounted"))
    let mark = terminal.output.count
    terminal.type("q")
    #expect(terminal.status() == 0)
    let end = String(decoding: terminal.output[mark...], as: UTF8.self)
    let last = try #require(end.range(of: "\u{1B}[30;1H", options: .backwards), "to the last line")
    #expect(end[last.upperBound...].hasPrefix("\u{1B}[K"), "clears it: \(end.debugDescription)")
    #expect(!end[last.upperBound...].contains("quit"))
    #expect(terminal.hasModesOfBefore)
  }

  /// Two seconds of grey, 64 × 48, then something else than a frame.
  private static let tornRecording: Data = {
    var data = Data("YUV4MPEG2 W64 H48 F10:1 Ip C420jpeg\n".utf8)
    for _ in 0..<20 { data += Data("FRAME\n".utf8) + Data(repeating: 128, count: 64 * 48 * 3 / 2) }
    return data + Data("GARBAGE where a frame should be\n".utf8)
  }()

  static func child(of process: pid_t) -> pid_t? {
    let path = "/proc/\(process)/task/\(process)/children"
    let text = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    return text?.split(separator: " ").first.flatMap { pid_t($0) }
  }
}
