import Foundation
import Pixels
import TestSupport
import Testing

/// The square that the network sees, through the executable.
struct CropTests {
  let folder = TemporaryFolder()

  /// A cat on the left, a cup of coffee on the right, 300 pixels high.
  private func twoThings() throws {
    let cat = try ImageFile.load(path: Checkout.asset("demo/chelsea.jpg"))
    let coffee = try ImageFile.load(path: Checkout.asset("demo/coffee.jpg"))
    var pixels: [UInt8] = []
    for y in 0..<300 {
      // Of each every other pixel.
      for image in [cat, coffee] {
        for x in 0..<image.width / 2 {
          let place = (2 * y * image.width + 2 * x) * 3
          pixels += image.pixels[place..<place + 3]
        }
      }
    }
    let both = RGBImage(width: (cat.width + coffee.width) / 2, height: 300, pixels: pixels)
    try folder.write("two.png", try PNG.encode(both))
  }

  /// Whole frames or divided ones, pixels or fractions: the label is that of what is in the square, which is in the log.
  @Test func theSquareDecides() throws {
    try twoThings()
    for (square, label) in [
      ("0.08,0,1", "Egyptian cat"), ("0.6,0,1", "espresso"), ("72,0,300", "Egyptian cat"), ("530,0,300", "espresso"),
    ] {
      let run = try Program.shell(
        """
        $M classify --json --crop \(square) two.png >classified && \
        $M live --headless --source two.png --frames 2 --crop \(square) --log run.csv >lines && cat classified lines; rm lines
        """, in: folder)
      #expect(run.status == 0, "\(run)")
      let parts = run.output.components(separatedBy: "{\"type\":\"frame\"")
      #expect(parts.count == 3 && parts.allSatisfy { $0.contains("\"\(label)\"") }, "\(square): \(run)")
    }
    let log = try folder.text("run-2.csv")
    #expect(log.contains("crop_x,crop_y,crop_side"), "\(log)")
    #expect(log.contains(",72,0,300,"), "\(log)")
  }

  @Test(arguments: [
    ("live --headless --source two.png --crop 1,2", Int32(2), "expected X,Y,SIDE"),
    ("live --headless --source two.png --crop 0,0,0.01", 2, "found 0,0,0.01"),
    ("classify --crop 700,100,300 two.png", 1, "expected a picture with the square of --crop in it, found 901×300"),
    (
      "live --headless --source two.png --frames 1 --crop 700,100,300", 0,
      "does not fit into 901×300 pixels: X,Y,SIDE are 601,0,300 now"
    ),
  ])
  func aSquareThatIsNone(line: String, status: Int32, words: String) throws {
    try twoThings()
    let run = try Program.shell("$M \(line)", in: folder)
    #expect(run.status == status && run.error.contains(words), "\(run)")
  }

  @Test(.enabled(if: TmuxSession.isUsable, TmuxSession.comment))
  func keysMoveIt() throws {
    try twoThings()
    let session = try TmuxSession(width: 120, height: 36)
    session.type("$M --source \(folder.path)/two.png")
    // Before the first frame there is no square to move.
    try session.wait(for: "top 5", without: ["waiting for the first"])
    session.press("Z", "Left", "Left")
    try session.wait(for: "the network sees 300×300 at 225,0")
    session.press("Left", "Left", "Left", "Left", "a")
    try session.wait(for: "the network sees 300×300 at 75,0")
    try session.wait(for: "Egyptian cat")
    // Over a switch, and with shift. What is said goes after four seconds, and on a busy machine the network is later.
    session.press("[")
    try session.wait(for: "(192)")
    session.press("S-Right")
    try session.wait(for: "the network sees 300×300 at 80,0")
    for _ in 0..<12 { session.press("Right") }
    try session.wait(for: "the network sees 300×300 at 530,0")
    try session.wait(for: "espresso")
    session.press("0")
    try session.wait(for: "the network sees 263×263 at 319,18")
    session.press("q")
  }

  /// What `s` saves is whole, although the program decodes frames smaller.
  @Test(.enabled(if: TmuxSession.isUsable, TmuxSession.comment))
  func aSavedFrameIsWhole() throws {
    let size = (width: 1280, height: 720)
    let frame =
      Data("FRAME\n".utf8) + Data((0..<size.width * size.height * 3 / 2).map { UInt8(truncatingIfNeeded: $0 &* 31) })
    try folder.write("one", Array(frame))
    try folder.write("head", Array("YUV4MPEG2 W1280 H720 F30:1 C420jpeg\n".utf8))
    let session = try TmuxSession()
    session.type(
      "(cat \(folder.path)/head; while cat \(folder.path)/one; do sleep 0.03; done) | $M --resolution 128 --source - "
        + "--log run.jsonl")
    try session.wait(for: "1280×720", "top 5", without: ["waiting for the first"])
    session.press("s")
    try session.wait(for: "saved mobilecam-0001.png")
    session.press("Space", "s")
    try session.wait(for: "saved mobilecam-0002.png")
    session.press("q")
    try session.wait(for: "logged")
    for name in ["mobilecam-0001.png", "mobilecam-0002.png"] {
      let image = try ImageFile.load(path: session.folder.path + "/" + name)
      #expect(image.width == size.width && image.height == size.height, "\(name): \(image.width)×\(image.height)")
    }
    let log = try session.folder.text("run.jsonl")
    #expect(log.contains("\"crop_x\":325,\"crop_y\":45,\"crop_side\":630"), "\(log.prefix(3000))")
  }
}
