import Foundation
import MobileNet
import TestSupport
import Testing

/// The official quantized files, as a user names them.
@Suite(.enabled(if: Reference.isUsable, "skipped: no reference data beside the checkout"), .serialized)
struct OfficialWeightsTests {
  private static let file = Reference.path("reference/weights/mobilenet_v1_1.0_224_quant.tflite")

  /// α, resolution and precision are the file's unless they are given; float32 can be made of it, too.
  @Test(arguments: [nil, "fp32"])
  func aFileBringsItsConfigurationAlong(precision: String?) throws {
    let folder = TemporaryFolder()
    let options = ["--weights", Self.file] + (precision.map { ["--precision", $0] } ?? [])
    let run = try Program.run(["classify", "--json"] + options + [Checkout.asset("demo/coffee.jpg")], in: folder)
    #expect(run.status == 0 && run.error == "", "\(run)")
    let found = try JSON(run.output)[0]
    #expect(found["alpha"].double == 1 && found["resolution"].int == 224 && found["trained"].bool == true, "\(run)")
    #expect(found["precision"].string == precision ?? "int8", "\(run)")
    #expect(found["top"][0]["label"].string == "espresso", "\(run)")
  }

  @Test func anotherAlphaThanTheFiles() throws {
    let folder = TemporaryFolder()
    let run = try Program.run(
      ["classify", "--weights", Self.file, "--alpha", "0.5", Checkout.asset("demo/coffee.jpg")], in: folder)
    #expect(
      run.status == 1
        && run.error
          == "mobilecam: weights '\(Self.file)' are for α = 1.0: expected weights for α = 0.5. Give a file for that α, a "
          + "folder with several, or another --alpha.\n",
      "\(run)")
  }

  @Test(.enabled(if: TmuxSession.isUsable, TmuxSession.comment))
  func everyAlphaIsTrained() throws {
    let terminal = try TmuxSession(width: 100, height: 30)
    terminal.start(
      "live --source \(Checkout.asset("demo/coffee.jpg")) --weights \(Reference.path("reference/weights"))")
    for (key, alpha) in [("1", "α 0.25"), ("2", "α 0.50"), ("3", "α 0.75"), ("4", "α 1.00")] {
      terminal.press(key)
      try terminal.wait(for: alpha, "int8", "espresso", without: ["untrained", "building"])
      for precision in ShortFloats.names + ["fp32", "int8"] {
        terminal.press("i")
        try terminal.wait(for: alpha, precision, "espresso", without: ["untrained", "building"])
      }
    }
    terminal.press("q")
    try terminal.expectEnd(status: 0)
  }
}
