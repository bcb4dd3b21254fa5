import CNCurses
import Frames
import Glibc
import Platform

/// What must be true before ncurses may start: it would end the process itself where it fails.
package enum TerminalCheck {
  /// The value of TERM, once terminfo knows it and it can place the cursor.
  static func term() throws -> String {
    guard isatty(STDOUT_FILENO) == 1 else {
      throw UserError(
        "the screen needs a terminal, but standard output is none: run mobilecam in a terminal, or with --headless")
    }
    guard let value = getenv("TERM"), value.pointee != 0 else {
      throw UserError(
        "TERM should name the kind of terminal, but it is not set: try TERM=xterm-256color mobilecam, or --headless")
    }
    let term = String(cString: value)
    var found: Int32 = 0
    let status = cnc_setupterm(term, STDOUT_FILENO, &found)
    guard status == OK, found == 1 else {
      throw UserError(
        "TERM is '\(term)', but terminfo has no such terminal"
          + (found < 0 ? " (there is no terminfo database: install ncurses-base)" : "")
          + ": try TERM=xterm-256color mobilecam, or --headless")
    }
    guard capability("cup") != nil else {
      throw UserError(
        "TERM is '\(term)', a terminal that cannot place the cursor, which the screen needs: "
          + "try TERM=xterm-256color mobilecam, or --headless")
    }
    return term
  }

  /// A terminfo string; `nil` where the terminal has none.
  static func capability(_ name: String) -> String? {
    guard let value = cnc_string(name), Int(bitPattern: value) != -1 else { return nil }
    return String(cString: value)
  }

  /// Whether programs have a screen of their own, beside that of the shell.
  static var hasSecondScreen: Bool { capability("rmcup") != nil }

  /// What ends the screen, as one string of bytes: plain attributes and colours, cursor, keypad, alternate screen. Where
  /// there is none the picture stays, and what comes next gets the last line.
  static func leaveBytes(rows: Int) -> [CChar] {
    var parts = ["sgr0", "op", "cnorm", "rmkx", "rmcup"].map(capability)
    if !hasSecondScreen {
      parts += [tgoto(capability("cup"), 0, Int32(rows - 1)).map { String(cString: $0) }, capability("el")]
    }
    return (parts.map { withoutPadding($0 ?? "") }.joined() + "\r").utf8CString.dropLast()
  }

  /// Without terminfo's padding, `$<5/>`: tputs would turn it into time, write() would show it.
  package static func withoutPadding(_ text: String) -> String {
    var result = ""
    var rest = Substring(text)
    while let start = rest.firstRange(of: "$<"), let end = rest[start.upperBound...].firstIndex(of: ">") {
      result += rest[..<start.lowerBound]
      rest = rest[rest.index(after: end)...]
    }
    return result + rest
  }
}
