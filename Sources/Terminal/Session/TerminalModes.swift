import CNCurses
import Frames
import Glibc
import Platform

/// Private modes of the terminal that terminfo says nothing of, and the answer to whether there is one.
struct TerminalModes {
  /// Whether an update may be held until it is complete (mode 2026, https://gist.github.com/christianparpart/d8a62cc1ab659194337d73e399004036).
  private(set) var synchronizesOutput = false

  /// Whether the terminal takes private modes at all: others may print what they do not know.
  private let isPossible: Bool
  private let asks: Bool
  /// When it was asked; `nil` once it has answered.
  private var asked: Nanoseconds?

  /// An answer that has not come after so long does not come any more.
  static let patience = Nanoseconds(milliseconds: 250)

  static let beginUpdate = "\u{1B}[?2026h"
  static let endUpdate = "\u{1B}[?2026l"

  /// - Parameter asks: whether to ask for mode 2026.
  init(asks: Bool) {
    isPossible = TerminalCheck.capability("rmcup")?.contains("?1049l") ?? false
    self.asks = asks && isPossible
  }

  /// What follows the screen's own start. A paste comes as one block, which presses no keys; mice are let go that another program
  /// left on. The question is asked again after a stop, unless the answer was yes.
  mutating func enter(at now: Nanoseconds) -> String {
    guard isPossible else { return "" }
    let isFirst = asks && asked == nil && !synchronizesOutput
    if isFirst { asked = now }
    return "\u{1B}[?1000l\u{1B}[?1002l\u{1B}[?1003l\u{1B}[?2004h" + (isFirst ? "\u{1B}[?2026$p" : "")
  }

  mutating func answer(_ synchronizesOutput: Bool) {
    self.synchronizesOutput = asks && synchronizesOutput
    asked = nil
  }

  /// How long an answer may still come, which must not reach the shell.
  func wait(at now: Nanoseconds) -> Nanoseconds? {
    guard let asked, now - asked < Self.patience else { return nil }
    return asked + Self.patience - now
  }

  /// What leaves the screen begins with.
  var leave: String { isPossible ? Self.endUpdate + "\u{1B}[?2004l" : "" }
}
