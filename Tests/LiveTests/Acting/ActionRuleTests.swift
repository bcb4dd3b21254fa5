import Live
import Platform
import Testing

/// `--on`, and the amounts of the other options.
@Suite struct ActionRuleTests {
  @Test(arguments: [
    ("cup>0.8", "cup", Float(0.8), 1), ("cup>0.8 for 3", "cup", 0.8, 3),
    (" coffee  mug > .5 for 10 ", "coffee mug", 0.5, 10),
    ("tench, Tinca tinca>0", "tench, Tinca tinca", 0, 1), ("a>b>0.25", "a>b", 0.25, 1),
    ("for>1e-3 for 100000", "for", 0.001, 100_000),
  ])
  func conditionsAreRead(text: String, label: String, threshold: Float, results: Int) throws {
    let condition = try ActionRule.Condition(text)
    #expect(condition.label == label && condition.threshold == threshold && condition.results == results)
    #expect(condition.text == text)
  }

  @Test(arguments: [
    ("cup", "expected a label, > and a threshold, found no >"), ("", "found no >"),
    (">0.8", "expected a label before the >, found none"),
    ("cup>", "expected a threshold behind the >, found none"),
    ("cup>=0.8", "expected a threshold from 0 to below 1, found '=0.8'"),
    ("cup>80", "found '80'; 80 % is 0.8"), ("cup>80%", "found '80%'; 80 % is 0.8"), ("cup>1", "found '1'"),
    ("cup>-0.1", "found '-0.1'"),
    ("cup>nan", "found 'nan'"), ("cup>0.8 for", "expected a number of results behind 'for', found none"),
    ("cup>0.8 for 0", "expected a number of results from 1 to 100000, found '0'"), ("cup>0.8 for 3s", "found '3s'"),
    ("cup>0.8 for 99999999999999999999", "found '99999999999999999999'"),
    ("cup>0.8 in 3", "expected 'for' and a number of results, or the end, found 'in'"),
    ("cup>0.8 for 3 frames", "expected the end behind the number of results, found 'frames'"),
  ])
  func whatIsNoneIsToldSo(text: String, words: String) {
    let error = #expect(throws: UserError.self) { try ActionRule.Condition(text) }
    #expect(error?.message.hasPrefix("--on \(text): ") == true)
    #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
  }

  @Test func amountsHaveUnits() {
    #expect(Amounts.time("10s") == Nanoseconds(seconds: 10) && Amounts.time("500ms") == Nanoseconds(milliseconds: 500))
    #expect(Amounts.time("1.5m") == Nanoseconds(seconds: 90) && Amounts.time("1h") == Nanoseconds(seconds: 3600))
    for text in ["", "s", "10", "-1s", "0s", "1d", "1e3s", "9999999h", "1..2s", "nan s", "١s"] {
      #expect(Amounts.time(text) == nil, "\(text)")
    }
    #expect(Amounts.bytes("200M") == 200_000_000 && Amounts.bytes("1.5GB") == 1_500_000_000)
    #expect(Amounts.bytes("500k") == 500_000)
    for text in ["", "M", "200", "-1M", "0.5k", "2000T", "1MiB", "x", "200m"] {
      #expect(Amounts.bytes(text) == nil, "\(text)")
    }
  }
}

/// Which classes a name means.
@Suite struct LabelNamesTests {
  private static let names = LabelNames([
    "tench, Tinca tinca", "cup", "Coffee_mug", "measuring cup", "crane", "Crane", "espresso", "a, b,  c",
  ])

  @Test(arguments: [
    ("cup", [1]), ("CUP", [1]), ("coffee mug", [2]), ("coffee_mug", [2]), ("Coffee  Mug ", [2]), ("tinca tinca", [0]),
    ("tench", [0]),
    ("Tench, tinca tinca", [0]), ("crane", [4, 5]), ("b", [7]), ("a, b, c", [7]), ("mug", []), ("tench tinca", []),
    ("", []),
    ("b, c", []),
  ])
  func aWholeLabelOrOneOfItsNames(text: String, classes: [Int]) {
    #expect(Self.names.classes(named: text) == classes)
  }

  @Test(arguments: [
    ("mug", "coffee mug"), ("coffe mug", "coffee mug"), ("expresso", "espresso"), ("cups", "cup"), ("big cup", "cup"),
    ("tinca", "tinca tinca"),
  ])
  func nearNamesAreFound(text: String, near: String) {
    #expect(Self.names.near(text).first == near, "\(Self.names.near(text))")
  }

  @Test func anUnknownNameIsToldWithThoseNearIt() throws {
    func rule(_ text: String) throws -> ActionRule {
      ActionRule(try ActionRule.Condition(text), run: try CommandWords("true"))
    }
    try Self.names.require([rule("cup>0.5"), rule("tench>0.5")])
    var error = #expect(throws: UserError.self) { try Self.names.require([rule("cup>0.5"), rule("cupp>0.5 for 2")]) }
    #expect(
      error?.message
        == "--on cupp>0.5 for 2: expected the name of one of the network's 8 classes, found 'cupp'; near it: 'cup'")
    error = #expect(throws: UserError.self) { try Self.names.require([rule("zeppelin>0.5")]) }
    #expect(error?.message.hasSuffix("no name is near it: mobilecam classify PICTURE tells what one is called") == true)
  }
}
