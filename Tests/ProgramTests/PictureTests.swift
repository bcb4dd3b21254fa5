import Foundation
import TestSupport
import Testing

/// The pictures that people bring, through the executable.
struct PictureTests {
  let folder = TemporaryFolder()
  private static let coffee = Checkout.asset("demo/coffee.jpg")

  private func json(_ arguments: String..., shell prefix: String = "") throws -> [JSON] {
    let line = "\(prefix)$M classify --json \(arguments.map { "'\($0)'" }.joined(separator: " "))"
    let run = try Program.shell(line, in: folder)
    #expect(run.status == 0 && run.error == "", "\(run)")
    return try JSON(run.output).array
  }

  /// A turned picture is what it was before; a flaw that loses nothing changes nothing.
  @Test(
    .enabled(if: Reference.isUsable),
    arguments: [
      "exif6.jpg", "mjpeg_lead.jpg", "mjpeg_noeoi.jpg", "mjpeg_trail1.jpg", "mjpeg_trailstale.jpg", "mjpeg_size640.jpg",
    ])
  func theCasesAreCats(name: String) throws {
    let upright = try json(Reference.path("cases/pictures/cat.jpg"))
    let other = try json(Reference.path("cases/pictures/\(name)"))
    #expect(other[0]["top"][0]["label"].string == "Egyptian cat", "\(other)")
    if name == "exif6.jpg" {
      for index in 0..<3 {
        let pair = [other, upright].map { $0[0]["top"][index]["probability"].double ?? .nan }
        #expect(other[0]["top"][index]["label"].string == upright[0]["top"][index]["label"].string)
        #expect(abs(pair[0] - pair[1]) < 0.02, "\(pair)")
      }
    }
    let live = try Program.run(
      ["--source", Reference.path("cases/pictures/\(name)"), "--headless", "--frames", "1"], in: folder)
    #expect(try JSON(live.output)["top"][0]["label"].string == "Egyptian cat", "\(live)")
  }

  @Test func onePictureOnStandardInput() throws {
    let file = try json(Self.coffee)
    for feed in ["cat '\(Self.coffee)' | ", "{ head -c 5; sleep 0.1; cat; } <'\(Self.coffee)' | "] {
      let piped = try json("-", shell: feed)
      #expect(piped.count == 1 && piped[0]["file"].string == "-")
      #expect(piped[0]["top"][0]["probability"].double == file[0]["top"][0]["probability"].double)
    }
    let text = try Program.shell("$M classify --top 1 - <'\(Self.coffee)'", in: folder)
    #expect(text.lines.first?.hasPrefix("-  α 0.25") == true && text.output.contains("espresso"), "\(text)")
  }

  @Test(arguments: [
    (
      "$M classify - </dev/null",
      "standard input: expected an image file, found an empty file; make or download it again"
    ),
    // Without an end, and refused at once.
    (
      "yes | $M classify -",
      "standard input: expected a JPEG or PNG image, found a file that begins with the bytes 79 0a 79 0a 79 0a 79 0a; "
        + "convert it to JPEG or PNG"
    ),
    (
      "printf 'GIF89a' | $M classify -",
      "standard input: expected a JPEG or PNG image, found a GIF image; convert it: ffmpeg -i FILE FILE.png"
    ),
  ])
  func noPictureOnStandardInput(line: String, words: String) throws {
    let run = try Program.shell(line, in: folder)
    #expect(run.status == 1 && run.output == "" && run.error == "mobilecam: \(words)\n", "\(run)")
  }

  @Test func aTerminalIsNoPicture() throws {
    let run = try Program.shell("script -qec '$M classify -' /dev/null", in: folder)
    #expect(run.status == 1, "\(run)")
    #expect(
      run.output
        == "mobilecam: standard input: expected a JPEG or PNG image, found a terminal; try: mobilecam classify - < picture.jpg\r\n"
    )
  }

  /// By name, as `live` shows them; hidden files and folders left out, what is no picture told.
  @Test func aFolderOfPictures() throws {
    let photographs = try ["coffee", "chelsea"].map { try Checkout.assetBytes("demo/\($0).jpg") }
    try FileManager.default.createDirectory(atPath: folder.file("pictures/b.jpg"), withIntermediateDirectories: true)
    try folder.write("pictures/2.jpg", photographs[1])
    try folder.write("pictures/10.jpg", photographs[0])
    try folder.write("pictures/.hidden.jpg", photographs[0])
    try folder.write("pictures/b.jpg/inside.jpg", photographs[0])
    for path in ["pictures", "pictures/"] {
      let found = try json(path)
      #expect(found.map { $0["file"].string } == ["pictures/10.jpg", "pictures/2.jpg"])
      #expect(found.map { $0["top"][0]["label"].string } == ["espresso", "Egyptian cat"], "\(found)")
    }
    try folder.write("pictures/notes.txt", "notes")
    let skipping = try Program.run(["classify", "--top", "1", "pictures"], in: folder)
    #expect(skipping.status == 0 && skipping.lines.count == 4, "\(skipping)")
    #expect(
      skipping.error.hasPrefix("mobilecam: skipped pictures/notes.txt: expected a JPEG or PNG image"), "\(skipping)")

    // A picture that cannot be read is a failure; whatever else is given is classified all the same.
    try folder.write("pictures/1.jpg", photographs[0].prefix(photographs[0].count / 2))
    try FileManager.default.createDirectory(atPath: folder.file("empty"), withIntermediateDirectories: true)
    try FileManager.default.createDirectory(atPath: folder.file("texts"), withIntermediateDirectories: true)
    try folder.write("texts/a.txt", "a")
    let mixed = try Program.run(
      ["classify", "--json", "empty", "texts", "pictures", "missing.jpg", "pictures/2.jpg"], in: folder)
    #expect(mixed.status == 1, "\(mixed)")
    #expect(
      try JSON(mixed.output).array.map { $0["file"].string } == ["pictures/10.jpg", "pictures/2.jpg", "pictures/2.jpg"])
    let words = mixed.error.split(separator: "\n").map { $0.dropFirst("mobilecam: ".count) }
    #expect(words.count == 5, "\(mixed)")
    for start in [
      "empty: expected JPEG or PNG images, found no files;",
      "texts: expected JPEG or PNG images, found none in 1 files;",
      "pictures/1.jpg: expected a whole JPEG image, found one that is cut off;", "skipped pictures/notes.txt: ",
      "missing.jpg: no such file; check the path",
    ] { #expect(words.contains { $0.hasPrefix(start) }, "\(start) in \(words)") }
  }

  /// What looks like a file's path and leads nowhere is a missing file, and no camera.
  @Test(arguments: ["none.jpg", "./none", "pictures/none.png", "/nonexistent/none.jpg", "/dev/none.y4m", "a b.mjpeg"])
  func aMissingFile(name: String) throws {
    let run = try Program.run(["--source", name, "--headless"], in: folder)
    #expect(run.status == 1 && run.output == "", "\(run)")
    #expect(run.error == "mobilecam: \(name): no such file; check the path\n", "\(run)")
  }

  /// A video says how it is played, whoever asks; one of JPEG pictures is played.
  @Test func aVideo() throws {
    try folder.write("clip.mp4", [0, 0, 0, 0x14] + Array("ftypisom\0\0\0\0isom".utf8))
    let coffee = try Checkout.assetBytes("demo/coffee.jpg")
    try folder.write("clip.mjpeg", coffee + coffee)
    let mp4 = "a video (MP4); play it: ffmpeg -i clip.mp4 -pix_fmt yuv420p -f yuv4mpegpipe - | mobilecam --source -"
    let mjpeg = "a video in JPEG pictures (MJPEG); play it: mobilecam --source clip.mjpeg"
    for (command, words) in [
      (["classify", "clip.mp4"], mp4), (["--source", "clip.mp4", "--headless"], mp4),
      (["classify", "clip.mjpeg"], mjpeg),
    ] {
      let run = try Program.run(command, in: folder)
      #expect(run.status == 1 && run.output == "", "\(run)")
      let name = command.first { $0.hasPrefix("clip") }!
      #expect(run.error == "mobilecam: \(name): expected a JPEG or PNG image, found \(words)\n", "\(run)")
    }
    let played = try Program.run(["--source", "clip.mjpeg", "--headless"], in: folder)
    #expect(played.status == 0 && played.lines.count == 2 && played.error == "", "\(played)")
    #expect(played.lines.allSatisfy { $0.contains("espresso") }, "\(played)")
  }
}
