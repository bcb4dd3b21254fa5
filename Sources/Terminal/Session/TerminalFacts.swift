import CNCurses
import Frames
import Glibc

/// What the terminal is and can do, found out without starting the screen.
public struct TerminalFacts: Sendable, Hashable {
  /// Whether standard output is a terminal at all.
  public var isTerminal: Bool
  /// The value of TERM; `nil` if it is not set.
  public var term: String?
  /// Why the screen could not start here, in words.
  public var trouble: String?
  /// Colours that terminfo knows of.
  public var colors: Int
  /// The locale's character set: `UTF-8`, `ANSI_X3.4-1968`.
  public var codeset: String
  /// In cells; 0 where it is unknown.
  public var width: Int
  public var height: Int

  public init(
    isTerminal: Bool, term: String?, trouble: String? = nil, colors: Int, codeset: String, width: Int, height: Int
  ) {
    self.isTerminal = isTerminal
    self.term = term
    self.trouble = trouble
    self.colors = colors
    self.codeset = codeset
    self.width = width
    self.height = height
  }

  /// The least size that the screen draws at, in cells.
  public static var leastSize: (width: Int, height: Int) { (Layout.leastWidth, Layout.leastHeight) }

  public static func current() -> TerminalFacts {
    setlocale(LC_CTYPE, "")
    var size = winsize()
    let hasSize = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0
    var facts = TerminalFacts(
      isTerminal: isatty(STDOUT_FILENO) == 1, term: getenv("TERM").map { String(cString: $0) }, colors: 0,
      codeset: String(cString: cnc_codeset()), width: hasSize ? Int(size.ws_col) : 0,
      height: hasSize ? Int(size.ws_row) : 0)
    guard facts.isTerminal else { return facts }
    do {
      _ = try TerminalCheck.term()
      facts.colors = max(0, Int(cnc_number("colors")))
    } catch {
      facts.trouble = "\(error)"
    }
    return facts
  }
}
