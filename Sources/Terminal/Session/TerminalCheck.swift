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

  /// The description of the same terminal with direct colours, where COLORTERM says that it has them and there is one
  /// (`ncurses-term` brings it): `xterm-direct` for `xterm-256color`. Leaves terminfo on the description that is to be used.
  static func directTerm(of term: String) -> String? {
    let says = getenv("COLORTERM").map { String(cString: $0) }
    guard ["truecolor", "24bit"].contains(says), cnc_flag("RGB") != 1 else { return nil }
    let family = term.hasSuffix("color") ? term.split(separator: "-").dropLast().joined(separator: "-") : term
    let direct = family + "-direct"
    var found: Int32 = 0
    if cnc_setupterm(direct, STDOUT_FILENO, &found) == OK, found == 1, cnc_flag("RGB") == 1,
      cnc_number("colors") >= 1 << 24, capability("cup") != nil
    {
      return direct
    }
    _ = cnc_setupterm(term, STDOUT_FILENO, &found)
    return nil
  }

  /// A terminfo string; `nil` where the terminal has none.
  static func capability(_ name: String) -> String? {
    guard let value = cnc_string(name), Int(bitPattern: value) != -1 else { return nil }
    return String(cString: value)
  }

  /// Whether programs have a screen of their own, beside that of the shell.
  static var hasSecondScreen: Bool { capability("rmcup") != nil }

  /// What ends the screen, as one string of bytes: private modes, plain attributes and colours, cursor, keypad, alternate
  /// screen. Where there is none the picture stays, and what comes next gets the last line.
  static func leaveBytes(modes: String, rows: Int) -> [CChar] {
    var parts: [String?] = [modes]
    parts += ["sgr0", "op", "cnorm", "rmkx", "rmcup"].map(capability)
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
