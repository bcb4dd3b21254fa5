import Platform
import Terminal

/// What keys and news of teaching make of the screen.
extension ScreenState {
  /// Whether a key is teaching's: while that is open it has the digits, and all letters of a name. The help lies above it.
  package func wants(_ key: Key) -> Bool { snapshot.options.view == .teaching && teaching?.owns(key) == true }

  package mutating func press(_ key: Key, at now: Nanoseconds) -> [Wish] {
    guard let answer = teaching?.press(key, at: now) else { return [] }
    if let message = answer.message { say(message, at: now) }
    showTeaching()
    switch answer.wish {
    case .shoot(let order)?: return [.shoot(order)]
    case .takeBack?: return [.takeBack]
    case .close?:
      snapshot.options.showsTeaching = false
      return turnTeaching()
    case nil: return []
    }
  }

  /// It was opened or closed. No shots can be taken of a picture that is held.
  mutating func turnTeaching() -> [Wish] {
    let isOpen = snapshot.options.showsTeaching
    if isOpen { teaching?.open() }
    showTeaching()
    guard isOpen, snapshot.isHeld else { return [.teach(isOpen)] }
    snapshot.isHeld = false
    return [.hold(false), .teach(true)]
  }

  private mutating func showTeaching() {
    snapshot.teaching = snapshot.options.showsTeaching ? teaching.map { Snapshot.Teaching($0, teacher) } : nil
  }

  /// What was taught.
  package mutating func take(_ status: Teacher.Status, news: [String], at now: Nanoseconds) {
    teacher = status
    teaching?.learn(status.names)
    showTeaching()
    if let words = news.last { say(words, at: now) }
  }
}
