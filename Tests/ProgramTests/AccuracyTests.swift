import Foundation
import TestSupport
import Testing

/// The whole path from file to label on a hundred photographs of known classes, against the counts that were measured
/// with PIL and TensorFlow.
@Suite(.enabled(if: Reference.isUsable, "skipped: no reference data beside the checkout"))
struct AccuracyTests {
  @Test func aHundredPhotographs() throws {
    let folder = TemporaryFolder()
    let names = try FileManager.default.contentsOfDirectory(atPath: Reference.path("reference/images")).filter {
      $0.hasSuffix(".JPEG")
    }
    .sorted()
    try #require(names.count == 100)
    let classes = try Self.classes(of: names)
    let files = names.map { Reference.path("reference/images/\($0)") }
    let run = try Program.run(
      ["classify", "--json", "--alpha", "0.25", "--resolution", "224", "--top", "5"] + files, in: folder)
    #expect(run.status == 0 && run.error == "", "\(run)")
    let answers = try JSON(run.output).array
    try #require(answers.count == 100)
    var top1 = 0
    var top5 = 0
    for (index, answer) in answers.enumerated() {
      #expect(answer["file"].string == files[index])
      let guesses = answer["top"].array.compactMap { $0["class_index"].int }
      #expect(guesses.count == 5)
      top1 += guesses.first == classes[index] ? 1 : 0
      top5 += guesses.contains(classes[index]) ? 1 : 0
    }
    #expect(abs(top1 - 60) <= 2, "top-1: \(top1) of 100, expected 60 ± 2")
    #expect(abs(top5 - 84) <= 2, "top-5: \(top5) of 100, expected 84 ± 2")
  }

  /// The class of `SYNSET_label.JPEG`: the place of its label among the thousand, which stand in the order of synsets.
  private static func classes(of names: [String]) throws -> [Int] {
    // The first line is 'background'.
    let labels = try String(contentsOfFile: Reference.path("reference/imagenet_labels.txt"), encoding: .utf8).split(
      separator: "\n"
    ).dropFirst().map {
      $0.prefix { $0 != "," }.replacing(" ", with: "_")
    }
    try #require(labels.count == 1000)
    let classes = try names.map { name in
      let label = try #require(name.firstMatch(of: /^n\d+_(.+)\.JPEG$/)).1
      return try #require(labels.firstIndex(of: label), "no class is called \(label)")
    }
    // Sorted by synset, the files are sorted by class.
    #expect(zip(classes, classes.dropFirst()).allSatisfy { $0 < $1 })
    return classes
  }
}
