import Teaching
import Testing

/// The rules, on embeddings that a test makes up.
struct ReportTests {
  /// In the plane of the first two features, at an angle of so many degrees.
  static func at(_ degrees: Double) -> Embedding {
    var features = [Float](repeating: 0, count: 8)
    let (x, y) = (cosine(degrees), cosine(degrees - 90))
    (features[0], features[1]) = (Float(x), Float(y))
    return Embedding(features: features, mean: Array(repeating: 0, count: 8))
  }

  /// Of degrees, by its series: exact enough for a test, and of no library.
  private static func cosine(_ degrees: Double) -> Double {
    let x = degrees * Double.pi / 180
    var (sum, term) = (1.0, 1.0)
    for n in 1...40 {
      term *= -x * x / Double((2 * n - 1) * (2 * n))
      sum += term
    }
    return sum
  }

  static func group(_ name: String, _ bursts: [Double]...) -> SupportSet.Class {
    SupportSet.Class(name: name, bursts: bursts.map { $0.map(at) })
  }

  @Test func theNearestBurstDecides() {
    let classifier = TaughtClassifier(
      SupportSet(classes: [Self.group("a", [0, 2], [100]), Self.group("b", [50])]), threshold: 0.95)
    let answer = classifier.answer(Self.at(98))
    #expect(answer.top.map(\.label) == ["a", "b"] && !answer.isNone)
    #expect(abs(answer.top[0].cosine - Self.at(0).dot(Self.at(2))) < 1e-5)
    #expect(classifier.answer(Self.at(60), count: 1).top.map(\.label) == ["b"])
    #expect(classifier.answer(Self.at(75), count: 1).isNone, "25° are too far for 0.95")
  }

  @Test func aNearerShotOfNoneDecides() {
    let classifier = TaughtClassifier(
      SupportSet(classes: [Self.group("a", [0])], none: [[Self.at(20)]]), threshold: 0.5)
    #expect(!classifier.answer(Self.at(9)).isNone)
    #expect(classifier.answer(Self.at(11)).isNone)
    #expect(TaughtClassifier(threshold: 0.5).answer(Self.at(0)) == .init(top: [], isNone: true))
  }

  @Test func eachBurstIsAnsweredByTheOthers() throws {
    // b's second burst lies where a is: without it b is far, and its two shots are taken for a.
    let report = HeldOutReport(
      SupportSet(classes: [Self.group("a", [0, 1], [4]), Self.group("b", [90], [6, 7])]))
    #expect(report.count == 6 && report.right == 3)
    #expect(report.classes.map(\.right) == [2, 1] && report.classes.map(\.count) == [3, 3])
    let confusion = try #require(report.confusions.first)
    #expect(confusion.shown == "b" && confusion.answered == "a")
    #expect(report.confusions.reduce(0) { $0 + $1.count } == report.count - report.right)
    let interval = try #require(report.interval)
    #expect(interval.contains(0.5) && interval.lowerBound > 0.1 && interval.upperBound < 0.9)
    #expect(report.isEnough && report.isThresholdMeasured)
  }

  /// A shot's neighbours in its burst do not count: they would make this right.
  @Test func aBurstIsLeftOutWhole() {
    let report = HeldOutReport(SupportSet(classes: [Self.group("a", [0, 1, 2], [170]), Self.group("b", [40], [41])]))
    #expect(report.classes[0].right == 0 && report.classes[0].count == 4)
    #expect(report.classes[1].right == 2)
  }

  @Test func oneBurstIsNotEnough() {
    let report = HeldOutReport(SupportSet(classes: [Self.group("a", [0, 1]), Self.group("b", [90])]))
    #expect(report.count == 0 && report.interval == nil && report.accuracy == nil && !report.isEnough)
    #expect(!report.isThresholdMeasured && report.threshold == HeldOutReport.usualThreshold)
    #expect(!HeldOutReport(SupportSet()).isEnough)
  }

  @Test func strangersAreCounted() {
    // Of two bursts of strangers one lies in a's way, and the other does not know it.
    let report = HeldOutReport(
      SupportSet(
        classes: [Self.group("a", [0], [2]), Self.group("b", [90], [92])], none: [[Self.at(3)], [Self.at(180)]]))
    #expect(report.strangers == 2 && report.strangersTaken == 1)
  }

  @Test func manyBurstsShareDirections() {
    let many = SupportSet.Class(name: "a", bursts: (0..<40).map { [Self.at(Double($0) / 4)] })
    let support = SupportSet(classes: [many, Self.group("b", [90], [91])])
    let report = HeldOutReport(support)
    #expect(report.right == 42 && report.count == 42)
    #expect(TaughtClassifier(support, threshold: 0.5).answer(Self.at(5)).top[0].cosine > 0.99)
  }
}
