import Foundation
import Testing

/// The terminal is given back, as tmux shows it. Every way out, by what is written to the terminal: SignalRestoreTests,
/// ProgramRestoreTests, FaultInjectionTests.
@Suite(.enabled(if: TmuxSession.isUsable, TmuxSession.comment), .serialized)
struct TerminalRestoreTests {
  @Test func controlC() throws {
    let terminal = try TmuxSession()
    terminal.start("live --source demo")
    try terminal.wait(for: "demo reel", "top 5", without: ["waiting for the first"])
    terminal.press("C-c")
    try terminal.expectEnd(status: 130)
  }

  @Test func anEndByItself() throws {
    let terminal = try TmuxSession()
    terminal.start("live --source demo --frames 10 --log run.csv")
    try terminal.expectEnd(status: 0)
    try terminal.wait(for: "mobilecam: logged 10 results to run.csv")
  }

  @Test func anErrorIsReadable() throws {
    let terminal = try TmuxSession()
    terminal.start("live --source /dev/null")
    try terminal.expectEnd(status: 1)
    try terminal.wait(for: "mobilecam: /dev/null: expected a camera, found a device that does not speak V4L2")
  }

  /// Without UTF-8 the screen is drawn in ASCII; without colours, and without a second screen, it is drawn all the same.
  @Test(arguments: [("tmux-256color", true), ("vt100", false)])
  func anAsciiTerminal(name: String, hasSecondScreen: Bool) throws {
    let terminal = try TmuxSession()
    terminal.type("export LC_ALL=C TERM=\(name)")
    terminal.start("live --source demo")
    let screen = try terminal.wait(
      for: "demo reel", "+ camera", "alpha 0.25", "layers, us", without: ["waiting for the first"])
    #expect(screen.utf8.allSatisfy { $0 < 0x80 }, "\(screen)")
    terminal.press("q")
    try terminal.expectEnd(status: 0, hasSecondScreen: hasSecondScreen)
  }
}
