import Platform
import Teaching
import Terminal

/// A shot that somebody wants.
package struct ShotOrder: Sendable, Hashable {
  /// Of the class; `ClassName.none` for what is none of them.
  package var name: String
  /// Shots of one number are one burst; numbers rise.
  package var burst: Int

  package init(name: String, burst: Int) {
    self.name = name
    self.burst = burst
  }
}

/// What keys mean while teaching is open, as a value: keys and the time go in, wishes and words come out.
///
/// A key that is held repeats: presses of it less than `burstGap` apart are one burst.
package struct TeachingKeys: Sendable {
  package enum Wish: Sendable, Hashable {
    case shoot(ShotOrder)
    /// The last burst.
    case takeBack
    case close
  }

  package struct Answer: Sendable, Hashable {
    package var wish: Wish?
    /// For the user.
    package var message: String?

    package init(_ wish: Wish? = nil, message: String? = nil) {
      self.wish = wish
      self.message = message
    }
  }

  package static let burstGap = Nanoseconds(milliseconds: 600)
  /// Classes that a digit shoots; the others are chosen, and shot with the space bar.
  private static let digits = 9

  /// In the order of their digits: new ones come behind, so that a digit keeps its class.
  package private(set) var names: [String]
  /// The chosen class; behind the last one, 'none of these'.
  package private(set) var row = 0
  /// What was typed so far of a name; `nil` while none is typed.
  package private(set) var typed: String?
  private var burst = 0
  private var last: (name: String, time: Nanoseconds)?

  /// - Parameter names: of the classes that there are.
  package init(names: [String]) { self.names = names }

  /// Classes that are there, whether they were named here or not.
  package mutating func learn(_ found: [String]) {
    let isNone = row == names.count
    for name in found where !names.contains(name) { names.append(name) }
    if isNone, !found.isEmpty { row = names.count }
  }

  /// Without any class the first thing is to name one.
  package mutating func open() {
    typed = names.isEmpty ? "" : nil
    last = nil
  }

  /// Which key shoots the class of a row.
  package func key(of row: Int) -> String { row == names.count ? "0" : row < Self.digits ? "\(row + 1)" : "space" }

  /// Whether a key means something here; all others are the screen's.
  package func owns(_ key: Key) -> Bool {
    switch key {
    case .escape, .enter, .up, .down, .left, .right, .shiftUp, .shiftDown, .shiftLeft, .shiftRight: true
    case .character(let scalar): typed != nil || "0123456789 nuT\n".unicodeScalars.contains(scalar)
    case .backspace, .home, .end, .pageUp, .pageDown: typed != nil
    default: false
    }
  }

  package mutating func press(_ key: Key, at now: Nanoseconds) -> Answer {
    guard typed == nil else { return type(key) }
    switch key {
    case .character("0"): return shoot(names.count, at: now)
    case .space: return shoot(row, at: now)
    case .character(let digit) where ("1"..."9").contains(digit):
      let row = Int(digit.value) - 49
      guard row < names.count else { return Answer(message: "no class has the key \(digit) yet: n names one") }
      return shoot(row, at: now)
    case .character("n"), .enter, .character("\n"): typed = ""
    case .character("u"):
      last = nil
      return Answer(.takeBack)
    case .escape, .character("T"): return Answer(.close)
    case .up, .shiftUp: row = max(row - 1, 0)
    case .down, .shiftDown: row = min(row + 1, names.count)
    default: break
    }
    return Answer()
  }

  private mutating func shoot(_ row: Int, at now: Nanoseconds) -> Answer {
    self.row = row
    let name = row == names.count ? ClassName.none : names[row]
    let goesOn = last.map { $0.name == name && now - $0.time < Self.burstGap } ?? false
    if !goesOn { burst += 1 }
    last = (name, now)
    return Answer(.shoot(ShotOrder(name: name, burst: burst)))
  }

  // MARK: A name

  private mutating func type(_ key: Key) -> Answer {
    switch key {
    case .escape: typed = nil
    case .enter, .character("\n"): return take(typed ?? "")
    case .backspace, .character("\u{7F}"), .character("\u{8}"): _ = typed?.popLast()
    case .character(let scalar) where !Printable.steers(scalar) && scalar != "\t": typed?.unicodeScalars.append(scalar)
    default: break
    }
    return Answer()
  }

  /// A name that is there chooses its class.
  private mutating func take(_ text: String) -> Answer {
    let name = text.split(separator: " ").joined(separator: " ")
    last = nil
    guard !name.isEmpty else {
      typed = nil
      return Answer()
    }
    if let known = (names + [ClassName.none]).firstIndex(where: { $0.utf8.elementsEqual(name.utf8) }) {
      row = known
    } else {
      do throws(UserError) { try ClassName.check(name) } catch { return Answer(message: error.message) }
      if let other = ClassName.double(of: name, among: names + [ClassName.none]) {
        return Answer(message: "'\(name)' differs from '\(other)' in case alone: choose a name that can be told apart")
      }
      guard names.count < ClassCollection.mostClasses else {
        return Answer(message: "a collection has at most \(ClassCollection.mostClasses) classes")
      }
      row = names.count
      names.append(name)
    }
    typed = nil
    return Answer(message: "hold \(key(of: row)) to shoot \(name)")
  }
}
