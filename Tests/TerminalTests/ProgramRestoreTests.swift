import Foundation
import Glibc
import TestSupport
import Testing

/// Whatever ends the program itself, with its threads, its network and its log, the terminal is as it was, and what
/// happened is printed after the screen.
@Suite(.serialized, .enabled(if: Checkout.isOptimised, "the network is too slow in a debug build"))
struct ProgramRestoreTests {
  /// An end by the user's wish, and one by an error in the middle; signals are SignalRestoreTests'.
  @Test(arguments: [false, true]) func `leaves a sane terminal`(isError: Bool) throws {
    let folder = TemporaryFolder()
    let source = isError ? try folder.write("torn.y4m", Self.tornRecording) : "demo"
    let terminal = try PseudoTerminal(
      run: [Program.path, "live", "--source", source, "--log", folder.file("run.csv")])
    #expect(terminal.wait(for: "unaccounted"), "the screen is up")
    if !isError {
      #expect(!terminal.hasModesOfBefore, "the screen changes the modes, or this test shows nothing")
      terminal.type("q")
    }
    #expect(terminal.status() == (isError ? 1 : 0) << 8)
    #expect(terminal.faults(said: isError ? "mobilecam: " : "mobilecam: logged ") == [])
  }

  @Test func `a terminal that goes away ends the program`() throws {
    let terminal = try PseudoTerminal(run: [Program.path, "live", "--source", "demo"])
    #expect(terminal.wait(for: "unaccounted"))
    terminal.hangUp()
    let status = try #require(terminal.status(), "the program spins on a dead terminal")
    #expect(status & 0x7F == SIGHUP, "wait status \(status)")
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
