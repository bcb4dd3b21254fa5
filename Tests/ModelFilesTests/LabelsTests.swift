import Frames
import MobileNet
import ModelFiles
import Testing

struct LabelsTests {
  private static let thousand = (0..<1000).map { "class \($0), é" }

  @Test func thousandLinesOrBackgroundFirst() throws {
    let plain = try Labels(text: Self.thousand.joined(separator: "\n") + "\n", path: "FILE")
    let withBackground = try Labels(text: (["background"] + Self.thousand).joined(separator: "\r\n"), path: "FILE")
    for labels in [plain, withBackground] {
      #expect(labels.label(0) == "class 0, é")
      #expect(labels.label(999) == "class 999, é")
    }
  }

  @Test(arguments: [0, 999, 1001, 1002])
  func otherCountsAreRefused(_ count: Int) {
    let text = (0..<count).map { "class \($0)" }.joined(separator: "\n")
    #expect(
      WeightFixtures.message { _ = try Labels(text: text, path: "FILE") }
        == "cannot use labels 'FILE': expected 1000 lines, or 1001 that begin with 'background', found \(count). "
        + "Use the labels.txt that comes with mobilecam")
  }

  @Test func filesAreRead() throws {
    try WeightFixtures.withFile(Array(Self.thousand.joined(separator: "\n").utf8)) { path in
      let labels = try Labels(path: path)
      #expect(labels.label(1) == "class 1, é")
    }
    #expect(
      WeightFixtures.message { _ = try Labels(path: "/nowhere/labels.txt") }
        == "cannot read labels '/nowhere/labels.txt': No such file or directory. "
        + "Expected the labels.txt that comes with mobilecam")
    #expect(
      WeightFixtures.message { _ = try Labels(path: "/tmp") }
        == "cannot read labels '/tmp': it is a folder. Expected the labels.txt that comes with mobilecam")
  }

  @Test func outputsOfBothNumberingsMeetTheSameClasses() {
    #expect(Labels.classIndex(ofOutput: 0, classCount: 1000) == 0)
    #expect(Labels.classIndex(ofOutput: 999, classCount: 1000) == 999)
    #expect(Labels.classIndex(ofOutput: 1000, classCount: 1000) == nil)
    #expect(Labels.classIndex(ofOutput: 0, classCount: 1001) == nil)
    #expect(Labels.classIndex(ofOutput: 1, classCount: 1001) == 0)
    #expect(Labels.classIndex(ofOutput: 1000, classCount: 1001) == 999)
  }
}
