import Frames
import MobileNet
import ModelFiles
import Testing

struct LabelsTests {
  private static let thousand = (0..<1000).map { "class \($0), é" }

  private static func list(_ text: String) throws -> LabelList { try LabelList(Array(text.utf8), path: "FILE") }

  @Test func thousandLinesOrBackgroundFirst() throws {
    let plain = try Self.list(Self.thousand.joined(separator: "\n") + "\n")
    let withBackground = try Self.list((["background"] + Self.thousand).joined(separator: "\r\n"))
    for list in [plain, withBackground] {
      for outputs in [1000, 1001] {
        let labels = try Labels(list, outputs: outputs)
        #expect(labels.label(0) == "class 0, é")
        #expect(labels.label(999) == "class 999, é")
        #expect(labels.background == outputs - 1000)
      }
    }
  }

  /// Three names, however they are written down.
  @Test(arguments: [
    "a\nb c\nd\n", "a\r\nb c\r\nd\r\n\r\n", "\u{feff}a\nb c\nd", "a\rb c\rd", "  a \n\n\tb c\nd  \n \n",
    "0 a\n1 b c\n2 d", "0: a\n1: b c\n2: d", "1,a\n2,b c\n3,d", "2\td\n0\ta\n1\tb c",
    "n01440764 a\nn01443537 b c\nn01484850 d", "n01440764: a\nn01443537: b c\nn01484850: d",
    "0 n01440764 a\n1 n01443537 b c\n2 n01484850 d", "background\na\nb c\nd", "__Background__\r\na\r\nb c\r\nd",
    "0: BACKGROUND\n1: a\n2: b c\n3: d", "???\na\nb c\nd", #"["a", "b c", "d"]"#, #"{"0": "a", "1": "b c", "2": "d"}"#,
    #"{"d": 2, "a": 0, "b c": 1}"#, #"{"2": ["n01484850", "d"], "0": ["n01440764", "a"], "1": ["n01443537", "b c"]}"#,
    "{\n\"model_type\": \"mobilenet_v1\", \"id2label\": {\"0\": \"a\", \"1\": \"b c\", \"2\": \"d\"},\n\"depth\": [1, {}]}\n",
    #"{"label2id": {"a": 0, "b c": 1, "d": 2}}"#, #"["background", "a", "b c", "d"]"#,
  ])
  func formsOfLabelFiles(_ text: String) throws {
    let labels = try Labels(try Self.list(text), outputs: 3)
    #expect((0..<3).map(labels.label) == ["a", "b c", "d"])
  }

  /// What looks like a number and is none stays in the name.
  @Test(arguments: [
    "0\n1\n2", "3 dogs\n5 cats\n9 birds", "n01440764\nn01443537\nn01484850", "7up\n8ball\n9pin", "1 a\n3 b\n4 c",
    "nail\nnose\nn", "2020 a\n2021 b\n2022 c",
  ])
  func namesThatBeginWithNumbers(_ text: String) throws {
    let labels = try Labels(try Self.list(text), outputs: 3)
    #expect((0..<3).map(labels.label) == text.split(separator: "\n").map(String.init))
  }

  @Test func sixteenBitText() throws {
    let units = Array("é\r\nb".utf16)
    var (little, big): ([UInt8], [UInt8]) = ([0xff, 0xfe], [0xfe, 0xff])
    for unit in units {
      little += [UInt8(unit & 0xff), UInt8(unit >> 8)]
      big += [UInt8(unit >> 8), UInt8(unit & 0xff)]
    }
    for bytes in [little, big] { #expect(try LabelList(bytes, path: "FILE").names == ["é", "b"]) }
  }

  /// A network's own background is a class among others.
  @Test func ownBackgroundIsShown() throws {
    let labels = try Labels(try Self.list("background\na\nb"), outputs: 3)
    #expect(labels.label(0) == "background" && labels.background == 0)
  }

  @Test func numbersWithoutNames() {
    let five = Labels.numbered(outputs: 5)
    #expect(five.label(3) == "class 3" && five.background == 0)
    #expect(Labels.numbered(outputs: 1001).background == 1)
  }

  /// Nothing in a name steers the terminal or fills the screen.
  @Test func namesArePrintable() throws {
    let names = try Self.list("a\u{1b}[2Jb\n" + String(repeating: "x", count: 100_000)).names
    #expect(!names[0].unicodeScalars.contains("\u{1b}") && names[1].count == 200)
  }

  @Test(arguments: [4, 999, 1001, 1002])
  func otherCountsAreRefused(_ count: Int) throws {
    let list = try Self.list((0..<count).map { "class \($0)" }.joined(separator: "\n"))
    #expect(
      WeightFixtures.message { _ = try Labels(list, outputs: 1000) }
        == "cannot use labels 'FILE': expected 1000 names, one for each class of the network, or one more that begin with "
        + "'background', found \(count)")
  }

  @Test(arguments: [
    ("", "expected one name on each line, found none"), (" \n\n", "expected one name on each line, found none"),
    ("[\"a\",", "its JSON is malformed: expected "),
    ("{\"0\": \"a\", \"2\": \"b\"}", "its JSON is malformed: expected numbers"),
    ("{\"x\": \"a\"}", "its JSON is malformed: expected a class's number"), ("[]", "expected one name on each line"),
  ])
  func whatIsNoListIsRefused(_ text: String, _ why: String) {
    let message = WeightFixtures.message { _ = try Self.list(text) }
    #expect(message.hasPrefix("cannot use labels 'FILE': \(why)"), "\(message)")
  }

  @Test func filesAreRead() throws {
    try WeightFixtures.withFile(Array(Self.thousand.joined(separator: "\n").utf8)) { path in
      let labels = try Labels(path: path, outputs: 1000)
      #expect(labels.label(1) == "class 1, é")
    }
    let what = "Expected a file with one name on each line: --labels FILE"
    #expect(
      WeightFixtures.message { _ = try LabelList(path: "/nowhere/labels.txt") }
        == "cannot read labels '/nowhere/labels.txt': No such file or directory. \(what)")
    #expect(
      WeightFixtures.message { _ = try LabelList(path: "/tmp") }
        == "cannot read labels '/tmp': it is a folder. \(what)")
    try WeightFixtures.withFile(Array(repeating: 0x61, count: 2 << 20)) { path in
      #expect(
        WeightFixtures.message(path) { _ = try LabelList(path: path) }
          == "cannot read labels 'FILE': it has more than 1 MiB. \(what)")
    }
  }
}
