import Foundation
import TestSupport
import Testing

/// A terminal whose screen can be read: a window of tmux, on a socket of its own, with a shell in it.
final class TmuxSession {
  /// For `.enabled(if:)`: where tests must not be skipped, a missing tmux lets them run, and fail.
  static let isUsable: Bool = {
    let environment = ProcessInfo.processInfo.environment
    if environment["MOBILECAM_REQUIRE_CAMERA"] == "1" || Reference.isRequired {
      return true
    }
    return (environment["PATH"] ?? "").split(separator: ":").contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/tmux")
    }
  }()
  static let comment: Comment = "skipped: no tmux to read the screen with"

  let folder: TemporaryFolder
  private let socket: String

  /// The shell's prompt is `$ `; a line is on its screen before anything else is started.
  init(width: Int = 100, height: Int = 30) throws {
    folder = TemporaryFolder()
    socket = folder.path + "/tmux"
    // The options after the session: tmux 3.3 crashes where a session is made while sizes are manual.
    try tmux(
      "-f", "/dev/null", "new-session", "-d", "-x", "\(width)", "-y", "\(height)", "-c", folder.path, "env", "PS1=$ ",
      "M=\(Program.path)", "/bin/sh", "-i", ";", "set-option", "-g", "status", "off", ";", "set-option", "-g",
      "window-size", "manual")
    try tmux("resize-window", "-x", "\(width)", "-y", "\(height)")
    try wait(for: "$")
    type("echo before-$((40 + 2))")
    try wait(for: "before-42\n")
  }

  deinit { _ = try? tmux("kill-server") }

  @discardableResult
  private func tmux(_ arguments: String...) throws -> String {
    let run = try Program.execute("tmux", ["-u", "-S", socket] + arguments, in: folder)
    guard run.status == 0 else { throw Failure(description: "\(run)") }
    return run.output
  }

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  // MARK: What a user does

  /// Types a line and presses return.
  func type(_ line: String) {
    attempt { try tmux("send-keys", "-l", line) }
    press("Enter")
  }

  /// Presses keys by tmux's names: `4`, `Space`, `Tab`, `C-c`.
  func press(_ keys: String...) {
    for key in keys { attempt { try tmux("send-keys", key) } }
  }

  /// Presses a key three times at once, as one that is held repeats.
  func hold(_ key: String) { attempt { try tmux("send-keys", key, key, key) } }

  func resize(_ width: Int, _ height: Int) {
    attempt { try tmux("resize-window", "-x", "\(width)", "-y", "\(height)") }
  }

  // MARK: What a user sees

  /// The screen's lines, without the blanks at their ends.
  var screen: String { (try? tmux("capture-pane", "-p")) ?? "" }

  /// The same, with the sequences that turn colours and styles on and off.
  var coloredScreen: String { (try? tmux("capture-pane", "-e", "-p")) ?? "" }

  /// How long a condition may take: the machine may be busy with something else.
  private static let patience: TimeInterval = 40

  /// Waits until the screen is as it should be; where that does not come, records the screen as it is and gives up.
  @discardableResult
  func wait(
    until what: String, sourceLocation: SourceLocation = #_sourceLocation, isThere: (String) -> Bool
  ) throws -> String {
    let deadline = Date() + Self.patience
    var last = ""
    repeat {
      last = screen
      if isThere(last) { return last }
      usleep(20_000)
    } while Date() < deadline
    let shown = last.trimmingCharacters(in: .newlines)
    Issue.record("waited in vain for \(what); the screen shows\n\(shown)", sourceLocation: sourceLocation)
    throw Failure(description: "gave up")
  }

  /// Waits until every one of `texts` is on the screen, and none of `absent`.
  @discardableResult
  func wait(
    for texts: String..., without absent: [String] = [], sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> String {
    try wait(until: "\(texts) without \(absent)", sourceLocation: sourceLocation) { screen in
      texts.allSatisfy { screen.contains($0) } && !absent.contains { screen.contains($0) }
    }
  }

  /// A part of the screen once it rests: what is read in the middle of an update is half of two.
  func settled<Part: Equatable>(_ part: () -> Part) -> Part {
    var last: Part?
    var now = part()
    for _ in 0..<50 where last != now {
      last = now
      usleep(150_000)
      now = part()
    }
    return now
  }

  private func attempt(_ body: () throws -> Void) {
    do { try body() } catch { Issue.record(error) }
  }

  // MARK: The program in it

  /// Starts the program after a look at the terminal's modes; its process number goes to a file.
  func start(_ arguments: String) {
    type("stty -a >modes1; sh -c 'echo $$ >pid; exec $M \(arguments)'")
  }

  /// The program's process, once it runs.
  var process: pid_t? {
    (try? folder.text("pid")).flatMap { pid_t($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
  }

  /// Waits for the program's end: its status, the terminal's modes as they were, and the shell's screen as it was where
  /// the terminal has a second one for programs.
  func expectEnd(
    status: Int32, hasSecondScreen: Bool = true, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try wait(until: "the program's end", sourceLocation: sourceLocation) { _ in hasEnded }
    // On a line of its own: of a line whose command a signal ended, the shell drops the rest.
    type("s=$?; stty -a >modes2; echo status=$s")
    let screen = try wait(until: "the shell", sourceLocation: sourceLocation) { $0.contains(/status=\d+\n/) }
    #expect(screen.contains("status=\(status)\n"), "\(screen)", sourceLocation: sourceLocation)
    if hasSecondScreen {
      #expect(screen.contains("before-42\n"), "the shell's screen is lost:\n\(screen)", sourceLocation: sourceLocation)
      #expect(!screen.contains("┌"), "the program's screen is still there:\n\(screen)", sourceLocation: sourceLocation)
    }
    // The first line gives the size, which is not the program's to keep.
    let modes = try (1...2).map {
      try folder.text("modes\($0)").split(separator: "\n").dropFirst().joined(separator: "\n")
    }
    #expect(modes[0].contains("icanon") && modes[0] == modes[1], "stty -a", sourceLocation: sourceLocation)
  }

  /// Whether the program was started and runs no more. Its command line does not tell: it is empty for a moment while
  /// the shell becomes the program (execve), and on a busy machine that moment is long.
  private var hasEnded: Bool {
    guard let process else { return false }
    guard let state = FileManager.default.contents(atPath: "/proc/\(process)/stat") else { return true }
    // After the name, which may hold anything: Z for one that nobody has waited for.
    return String(decoding: state, as: UTF8.self).split(separator: ")").last?.hasPrefix(" Z") == true
  }
}
