import Foundation
import Testing

/// The terminal is given back whatever ends the program.
@Suite(.enabled(if: TmuxSession.isUsable, TmuxSession.comment), .serialized)
struct TerminalRestoreTests {
  @Test(arguments: [SIGTERM, SIGINT, SIGHUP, SIGQUIT])
  func signals(_ signal: Int32) throws {
    let terminal = try TmuxSession()
    terminal.start("live --source demo --log run.csv")
    try terminal.wait(for: "demo reel", "top 5", without: ["waiting for the first"])
    terminal.signal(signal)
    try terminal.expectEnd(status: 128 + signal)
    // The log was ended in order.
    #expect(try Table(csv: terminal.folder.text("run.csv")).rows.count > 0)
  }

  @Test func controlC() throws {
    let terminal = try TmuxSession()
    terminal.start("live --source demo")
    try terminal.wait(for: "demo reel", "top 5", without: ["waiting for the first"])
    terminal.press("C-c")
    try terminal.expectEnd(status: 130)
  }

  @Test func stopAndContinue() throws {
    let terminal = try TmuxSession()
    terminal.start("live --source demo")
    try terminal.wait(for: "demo reel", "top 5", without: ["waiting for the first"])
    terminal.press("C-z")
    try terminal.wait(for: "before-42\n", without: ["┌"])
    terminal.type("echo meanwhile; fg")
    try terminal.wait(for: "camera", "demo reel", "top 5")
    terminal.press("q")
    try terminal.expectEnd(status: 0)
    try terminal.wait(for: "meanwhile\n")
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

  /// A terminal that is closed takes the program with it, rather than leaving it to run for ever.
  @Test func theTerminalGoes() throws {
    let terminal = try TmuxSession()
    terminal.start("live --source demo")
    try terminal.wait(for: "demo reel", "top 5", without: ["waiting for the first"])
    try terminal.closeAndExpectEnd()
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
