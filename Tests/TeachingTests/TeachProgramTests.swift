import Foundation
import Pixels
import Platform
import Teaching
import TestSupport
import Testing

/// `mobilecam teach` and `mobilecam classify --classes`, as a user runs them.
struct TeachProgramTests {
  private let folder = TemporaryFolder()

  /// Shots of two photographs, two bursts each: the middle, and a little beside it.
  private func makeCollection() throws {
    for (name, photograph) in [("cup", "coffee"), ("cat", "chelsea")] {
      let picture = try ImageFile.load(path: Checkout.asset("demo/\(photograph).jpg"))
      for (burst, left) in [("a", 0.1), ("b", 0.2)] {
        for number in 1...2 {
          let side = 500 - 20 * number
          let x = Int(left * 800) + 7 * number
          let pixels = (0..<side * side * 3).map { index -> UInt8 in
            let (place, channel) = index.quotientAndRemainder(dividingBy: 3)
            return picture.pixels[((place / side + 20) * picture.width + place % side + x) * 3 + channel]
          }
          try FileManager.default.createDirectory(
            atPath: folder.file("things/\(name)"), withIntermediateDirectories: true)
          try folder.write(
            "things/\(name)/\(burst)-0\(number).jpg",
            JPEGEncoder.encode(RGBImage(width: side, height: side, pixels: pixels)))
        }
      }
    }
  }

  private func json(_ run: Run) throws -> Any { try JSONSerialization.jsonObject(with: Data(run.output.utf8)) }

  @Test func itIsReportedAndUsed() throws {
    try makeCollection()
    let report = try Program.run(["teach", "things", "--report", "--json"], in: folder)
    #expect(report.status == 0 && report.error.isEmpty, "\(report)")
    let object = try #require(try json(report) as? [String: Any])
    let classes = try #require(object["classes"] as? [[String: Any]])
    #expect(classes.map { $0["name"] as? String } == ["cat", "cup"])
    #expect(classes.allSatisfy { $0["bursts"] as? Int == 2 && $0["shots"] as? Int == 4 })
    let heldOut = try #require(object["held_out"] as? [String: Any])
    #expect(heldOut["right"] as? Int == 8 && heldOut["count"] as? Int == 8)
    let (low, high) = (heldOut["low"] as? Double ?? -1, heldOut["high"] as? Double ?? -1)
    #expect(low > 0.3 && low < 0.9 && high == 1)
    let threshold = try #require(object["threshold"] as? Double)
    #expect(threshold > 0.3 && threshold < 0.8)
    #expect((object["confusions"] as? [Any])?.isEmpty == true)

    let text = try Program.run(["teach", "things", "--report"], in: folder)
    #expect(text.output.contains("held out: 8 of 8 right") && text.output.contains("enough to go on"), "\(text)")
    #expect(try Program.run(["teach", "things"], in: folder).output.contains("cup"))

    let classify = try Program.run(
      [
        "classify", "--classes", "things", "--json", Checkout.asset("demo/coffee.jpg"),
        Checkout.asset("demo/rocket.jpg"),
      ],
      in: folder)
    let answers = try #require(try json(classify) as? [[String: Any]])
    let top = try #require(answers[0]["top"] as? [[String: Any]])
    #expect(top.map { $0["label"] as? String } == ["cup", "cat"] && answers[0]["none_of_these"] as? Bool == false)
    #expect(top[0]["cosine"] as? Double ?? 0 > threshold)
    #expect(answers[1]["none_of_these"] as? Bool == true, "\(classify)")
    let words = try Program.run(["classify", "--classes", "things", Checkout.asset("demo/rocket.jpg")], in: folder)
    #expect(words.output.contains("none of these"), "\(words)")
  }

  @Test func shotsAreAddedAndNearOnesSkipped() throws {
    try makeCollection()
    let add = try Program.run(
      ["teach", "new", "--name", "my cup", "--shots", "things/cup", "things/cup/a-01.jpg"], in: folder)
    #expect(
      add.status == 0
        && add.output.contains("my cup: 4 shots added; 1 near-duplicate skipped; now 4 shots in 2 bursts"), "\(add)")
    #expect(try Folder.names(in: folder.file("new/my cup")) == ["a-01.jpg", "a-02.jpg", "b-01.jpg", "b-02.jpg"])
    let shot = try ImageFile.load(path: folder.file("new/my cup/a-01.jpg"))
    #expect(shot.width == 256 && shot.height == 256)
    let report = try Program.run(["teach", "new", "--report"], in: folder)
    #expect(report.status == 0 && report.output.contains("held out: 4 of 4"), "\(report)")
  }

  @Test func exportsAreReadBack() throws {
    try makeCollection()
    for name in ["my.safetensors", "my.tflite"] {
      let export = try Program.run(["teach", "things", "--export", name], in: folder)
      #expect(export.status == 0 && export.output.contains("wrote \(name): 3 classes"), "\(export)")
      let run = try Program.run(["classify", "--weights", name, Checkout.asset("demo/chelsea.jpg")], in: folder)
      #expect(run.status == 0 && run.lines.count == 4 && run.lines[1].hasSuffix("  cat"), "\(run)")
    }
  }

  /// Words, status 1, and nothing half done.
  @Test func badInput() throws {
    try makeCollection()
    try folder.write("text.jpg", "no picture")
    try FileManager.default.createDirectory(atPath: folder.file("empty"), withIntermediateDirectories: true)
    for (arguments, words) in [
      (["teach", "gone", "--report"], "found nothing of that name"), (["teach", "text.jpg"], "found a file"),
      (["teach", "empty", "--report"], "found an empty folder"),
      (["teach", "things", "--name", "CUP", "--shots", "text.jpg"], "differs from 'cup' in case alone"),
      (["teach", "things", "--name", "a/b", "--shots", "text.jpg"], "holds a '/'"),
      (["teach", "things", "--name", "a\u{1B}b", "--shots", "text.jpg"], "holds a control character"),
      (
        ["teach", "things", "--name", "new", "--shots", "things/cup/a-01.jpg", "text.jpg"],
        "expected a JPEG or PNG image"
      ),
      (["teach", "things", "--name", "new", "--shots", "gone.jpg"], "no such file"),
      (["teach", "things", "--name", "new", "--shots", "empty"], "found no files"),
      (["teach", "things", "--report", "--weights", "random"], "no trained weights"),
      (["teach", "things", "--export", "/proc/x.tflite"], "cannot be written"),
      (["classify", "--classes", "gone", "text.jpg"], "found nothing of that name"),
    ] {
      let run = try Program.run(arguments, in: folder)
      #expect(run.status == 1 && run.error.contains(words) && run.output.isEmpty, "\(words): \(run)")
    }
    #expect(try Folder.names(in: folder.file("things")) == ["cat", "cup"])
    for arguments in [
      ["teach", "things", "--name", "x"], ["teach", "things", "--json"], ["teach", "things", "--export", "x"],
    ] {
      #expect(try Program.run(arguments, in: folder).status == 2)
    }
  }

  @Test func whatIsNoPictureIsLeftOutAndTold() throws {
    try makeCollection()
    try folder.write("things/cup/c-01.jpg", "no picture")
    try FileManager.default.createDirectory(atPath: folder.file("things/bowl"), withIntermediateDirectories: true)
    let run = try Program.run(["teach", "things", "--report"], in: folder)
    #expect(run.status == 0 && run.output.contains("held out: 8 of 8"), "\(run)")
    #expect(
      run.error.contains("left out things/cup/c-01.jpg") && run.error.contains("things/bowl: an empty folder"), "\(run)"
    )
  }
}
