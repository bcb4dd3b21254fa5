import Platform

/// Tells keys from what else a terminal sends: escape sequences that ncurses does not know (a mouse, focus, keys with modifiers),
/// answers to questions, and pasted text. Pure: it is told what was read and when.
package struct InputParser {
  /// A unit of what ncurses reads.
  package enum Unit: Sendable, Hashable {
    case character(Unicode.Scalar)
    /// One that ncurses knows.
    case key(Key)
  }

  package enum Input: Sendable, Hashable {
    case key(Key)
    /// The answer of DECRQM for mode 2026: whether the terminal can hold an update until it is complete.
    case synchronizedOutput(Bool)
  }

  /// A sequence that breaks off is given up after so long; a paste too, since its end may get lost.
  package static let sequencePatience = Nanoseconds(milliseconds: 100)
  package static let pastePatience = Nanoseconds(seconds: 1)
  private static let longestSequence = 64

  private enum State: Equatable {
    case plain
    case escape
    /// After `ESC [` or `ESC O`, with what came since.
    case sequence(String)
    /// The three characters of a click in the oldest protocol, which are any.
    case click(left: Int)
    /// After `ESC ]`, `ESC P` and the like, until BEL or `ESC \`.
    case string(afterEscape: Bool)
  }

  private var state = State.plain
  private var isPasting = false
  private var last = Nanoseconds.zero

  package init() {}

  /// Takes what was read; returns what it means once that is complete.
  package mutating func take(_ unit: Unit, at now: Nanoseconds) -> Input? {
    if now - last > Self.sequencePatience { state = .plain }
    if now - last > Self.pastePatience { isPasting = false }
    last = now
    guard case .character(let scalar) = unit else {
      state = .plain
      guard case .key(let key) = unit, !isPasting else { return nil }
      return .key(key)
    }
    switch state {
    case .plain:
      if scalar == "\u{1B}" {
        state = .escape
      } else if !isPasting {
        return .key(.character(scalar))
      }
    case .escape:
      switch scalar {
      case "[", "O": state = .sequence(String(scalar))
      case "]", "P", "X", "^", "_": state = .string(afterEscape: false)
      case "\u{1B}": break
      // A key with Alt.
      default: state = .plain
      }
    case .sequence(let text):
      let isEnd = (0x40...0x7E).contains(scalar.value)
      state = isEnd || text.unicodeScalars.count >= Self.longestSequence ? .plain : .sequence(text + String(scalar))
      if isEnd { return meaning(of: text + String(scalar)) }
    case .click(let left): state = left > 1 ? .click(left: left - 1) : .plain
    case .string(let afterEscape):
      state = scalar == "\u{7}" || afterEscape && scalar == "\\" ? .plain : .string(afterEscape: scalar == "\u{1B}")
    }
    return nil
  }

  /// Nothing more is there for now: an escape was the key of that name.
  package mutating func pause() -> Input? {
    guard state == .escape else { return nil }
    state = .plain
    return isPasting ? nil : .key(.escape)
  }

  private mutating func meaning(of sequence: String) -> Input? {
    switch sequence {
    case "[200~": isPasting = true
    case "[201~": isPasting = false
    case "[M": state = .click(left: 3)
    case "[1;2A": return .key(.shiftUp)
    case "[1;2B": return .key(.shiftDown)
    case "[1;2C": return .key(.shiftRight)
    case "[1;2D": return .key(.shiftLeft)
    case "[?2026;1$y", "[?2026;2$y": return .synchronizedOutput(true)
    case "[?2026;0$y", "[?2026;3$y", "[?2026;4$y": return .synchronizedOutput(false)
    default: break
    }
    return nil
  }
}
