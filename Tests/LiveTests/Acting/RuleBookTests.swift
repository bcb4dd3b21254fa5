import Live
import Platform
import Testing

/// When rules fire: results go in at the test's own time.
@Suite struct RuleBookTests {
  /// A book of one rule, and results a tenth of a second apart.
  private final class Script {
    var book: RuleBook
    var now = Nanoseconds(seconds: 5)

    init(_ condition: String, every: Double? = nil) throws {
      book = RuleBook([
        ActionRule(
          try ActionRule.Condition(condition), run: try CommandWords("true"),
          every: every.map { Nanoseconds(seconds: $0) })
      ])
      book.bind(to: ["cup", "mug, cup"])
    }

    /// `X`: the rule fired at that result; `.`: it did not. Each command ends before the next result, unless it hangs.
    func run(_ scores: [Float], hangs: Bool = false) -> String {
      var told = ""
      for score in scores {
        let firings = book.take(at: now) { $0 == 1 ? score : 0.01 }
        told += firings.isEmpty ? "." : "X"
        if !firings.isEmpty, !hangs { book.ended(0) }
        now += Nanoseconds(milliseconds: 100)
      }
      return told
    }
  }

  private static let up = Float(0.9)
  private static let down = Float(0.1)

  @Test func onceWhenItComesToHold() throws {
    let script = try Script("cup>0.5")
    #expect(script.run([Self.down, Self.up, Self.up, Self.up, Self.down, Self.up]) == ".X...X")
  }

  @Test func aThresholdIsNotAboveItself() throws {
    let script = try Script("cup>0.5")
    #expect(script.run([0.5, Float(0.5).nextUp, .nan, 0.6, .infinity]) == ".X.X.")
  }

  @Test func soManyResultsInARow() throws {
    let script = try Script("cup>0.5 for 3")
    let (u, d) = (Self.up, Self.down)
    #expect(script.run([u, u, d, u, u, u, u, u, d, u, u, u]) == ".....X.....X")
  }

  @Test func everyRepeatsWhileItHoldsAndNeverSooner() throws {
    let script = try Script("cup>0.5", every: 0.3)
    let (u, d) = (Self.up, Self.down)
    #expect(script.run([u, u, u, u, u, u, u]) == "X..X..X")
    // True again before the time is over: it fires when that is over, if it still holds.
    #expect(script.run([d, u, u, d, d, u, d, u]) == "..X..X..")
  }

  @Test func oneCommandAtATime() throws {
    let script = try Script("cup>0.5")
    let (u, d) = (Self.up, Self.down)
    #expect(script.run([u, d, u, d], hangs: true) == "X...")
    #expect(script.book.missed == 1, "the second time was over before the command ended")
    #expect(script.run([u, u]) == "..")
    script.book.ended(0)
    #expect(script.run([u, u]) == "X.", "it still holds, and was not acted upon")
    #expect(script.book.missed == 1)
  }

  @Test func ofSeveralClassesOfANameTheHighest() throws {
    let script = try Script("cup>0.5")
    let firings = script.book.take(at: script.now) { $0 == 0 ? 0.6 : 0.7 }
    #expect(firings == [RuleBook.Firing(rule: 0, label: "mug, cup", score: 0.7)])
  }

  @Test func aNetworkWithoutTheClassNeverFires() throws {
    let script = try Script("cup>0.5")
    script.book.bind(to: ["dog", "cat"])
    #expect(script.run([Self.up, Self.up]) == "..")
    script.book.bind(to: ["dog", "Cup"])
    #expect(script.run([Self.up, Self.up]) == "X.")
  }

  @Test func rulesDoNotMindEachOther() throws {
    func rule(_ text: String) throws -> ActionRule {
      ActionRule(try ActionRule.Condition(text), run: try CommandWords("true"))
    }
    var book = RuleBook([try rule("cup>0.5"), try rule("dog>0.5 for 2"), try rule("cup>0.2")])
    book.bind(to: ["cup", "dog"])
    let fired = (0..<3).map { _ in book.take(at: .zero) { $0 == 0 ? 0.3 : 0.6 }.map(\.rule) }
    #expect(fired == [[2], [1], []])
  }
}
