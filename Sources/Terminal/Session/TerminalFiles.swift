import CNCurses
import Frames
import Glibc
import Platform

/// The two ends of the terminal that ncurses is given.
enum TerminalFiles {
  /// Keys come from standard input, or from the terminal where that carries pictures.
  static func input() throws -> UnsafeMutablePointer<FILE> {
    if isatty(STDIN_FILENO) == 1 { return cnc_stdin() }
    guard let terminal = fopen("/dev/tty", "r") else {
      throw UserError(
        "keys should come from the terminal, but standard input is none and /dev/tty does not open "
          + "(\(SystemError.last)): run mobilecam in a terminal, or with --headless")
    }
    return terminal
  }

  /// The terminal on a descriptor of its own: in a crash it is taken away from drawing, while others still print.
  static func output() throws -> UnsafeMutablePointer<FILE> {
    let copy = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
    guard copy >= 0, let file = fdopen(copy, "w") else {
      throw UserError(
        "the terminal could not be opened again: \(SystemError.last); close other programs")
    }
    return file
  }
}
