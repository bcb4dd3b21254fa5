import Live
import Platform
import Teaching
import Terminal
import Testing

/// What keys mean while teaching is open; the clock is the test's.
@Suite struct TeachingKeysTests {
  private static let start = Nanoseconds(seconds: 10)

  private static func type(_ text: String, _ keys: inout TeachingKeys) -> String? {
    var words: String?
    for scalar in text.unicodeScalars {
      words = keys.press(scalar == "\n" ? .enter : .character(scalar), at: start).message
    }
    return words
  }

  /// The bursts of presses so many milliseconds after the start.
  private static func bursts(_ presses: [(key: Key, at: Double)]) -> [ShotOrder] {
    var keys = TeachingKeys(names: ["cup", "mug"])
    keys.open()
    return presses.compactMap { press in
      guard case .shoot(let order) = keys.press(press.key, at: start + Nanoseconds(milliseconds: press.at)).wish else {
        return nil
      }
      return order
    }
  }

  @Test func aKeyThatIsHeldIsOneBurst() {
    // A repeat after half a second, then 25 a second.
    let held = [0, 500, 540, 580].map { (key: Key.character("1"), at: Double($0)) }
    #expect(Self.bursts(held) == Array(repeating: ShotOrder(name: "cup", burst: 1), count: 4))
    let gaps = [0, 599.9, 1199.8, 1799.8, 1800].map { (key: Key.character("1"), at: $0) }
    #expect(Self.bursts(gaps).map(\.burst) == [1, 1, 1, 2, 2], "0.6 s are no burst any more")
  }

  @Test func anotherKeyIsAnotherBurst() {
    let one = Key.character("1")
    let presses: [(key: Key, at: Double)] = [
      (one, 0), (.character("2"), 10), (one, 20), (.character("0"), 30), (.character("u"), 35), (.character("0"), 40),
      (.down, 50), (.up, 60), (.space, 70),
    ]
    let orders = Self.bursts(presses)
    #expect(orders.map(\.name) == ["cup", "mug", "cup", ClassName.none, ClassName.none, "mug"])
    #expect(orders.map(\.burst) == [1, 2, 3, 4, 5, 6], "what follows a burst that was taken back is none of it")
  }

  @Test func aNameIsTyped() {
    var keys = TeachingKeys(names: [])
    keys.open()
    #expect(keys.typed == "", "without a class the first thing is a name")
    #expect(Self.type("my cuq", &keys) == nil && keys.typed == "my cuq")
    #expect(keys.press(.backspace, at: Self.start) == .init() && keys.typed == "my cu")
    _ = keys.press(.character("\u{1}"), at: Self.start)
    #expect(Self.type("p\n", &keys) == "hold 1 to shoot my cup")
    #expect(keys.names == ["my cup"] && keys.typed == nil && keys.row == 0)
    #expect(keys.press(.character("1"), at: Self.start).wish == .shoot(ShotOrder(name: "my cup", burst: 1)))
    // A digit is text while a name is typed, and so is q.
    #expect(Self.type("n1q0\n", &keys) == "hold 2 to shoot 1q0")
    #expect(Self.type("nmy cup\n", &keys) == "hold 1 to shoot my cup" && keys.names.count == 2, "it is there")
    #expect(Self.type("nnone\n", &keys) == "hold 0 to shoot none" && keys.row == 2)
    #expect(Self.type("n  \n", &keys) == nil && keys.typed == nil && keys.names.count == 2)
    _ = Self.type("nbowl", &keys)
    #expect(keys.press(.escape, at: Self.start).wish == nil && keys.typed == nil && keys.names.count == 2)
    #expect(keys.press(.escape, at: Self.start).wish == .close)
  }

  @Test(arguments: [
    ("CUP", "differs from 'cup' in case alone"), ("None", "differs from 'none' in case alone"), ("a/b", "holds a '/'"),
    (".x", "begins with a dot"), (String(repeating: "x", count: 201), "has 201 bytes"),
  ])
  func aNameThatCannotBeIsToldAndCanBeMended(name: String, words: String) {
    var keys = TeachingKeys(names: ["cup"])
    keys.open()
    #expect(Self.type("n\(name)\n", &keys)?.contains(words) == true)
    #expect(keys.typed == name && keys.names == ["cup"])
  }

  @Test func aDigitWithoutAClassIsTold() {
    var keys = TeachingKeys(names: ["cup"])
    keys.open()
    let answer = keys.press(.character("2"), at: Self.start)
    #expect(answer == .init(message: "no class has the key 2 yet: n names one"))
  }

  @Test func digitsKeepTheirClassesAndBehindNineTheSpaceBarShoots() {
    var keys = TeachingKeys(names: (1...12).map { "c\($0 + 10)" })
    keys.open()
    #expect((0...12).map { keys.key(of: $0) } == (1...9).map { "\($0)" } + ["space", "space", "space", "0"])
    keys.learn(["a new one", "c11"])
    #expect(keys.names.last == "a new one" && keys.names.count == 13)
    for _ in 0..<20 { _ = keys.press(.down, at: Self.start) }
    #expect(keys.row == 13, "none of these is the last")
    _ = keys.press(.up, at: Self.start)
    #expect(keys.press(.space, at: Self.start).wish == .shoot(ShotOrder(name: "a new one", burst: 1)))
  }

  @Test func otherKeysAreTheScreens() {
    var keys = TeachingKeys(names: ["cup"])
    keys.open()
    let own: [Key] = [.character("1"), .character("0"), .character("u"), .space, .up, .escape, .enter]
    let others: [Key] = [.character("q"), .character("["), .character("z"), .tab, .function(2), .backspace]
    #expect(own.allSatisfy { keys.owns($0) } && !others.contains { keys.owns($0) })
    _ = keys.press(.character("n"), at: Self.start)
    #expect((own + others).filter { !keys.owns($0) } == [.function(2)])
  }
}
