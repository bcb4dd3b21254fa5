import Foundation
import Frames
import MobileNet
import ModelFiles
import TestSupport
import Testing

/// Messages about files that are no weights at all.
struct WeightErrorTests {
  static let remedy =
    "Install the official file again (mobilecam weights install) or name another: --weights PATH"
  private let whatToGive = "Give a .safetensors or .tflite file, or a directory that holds some: --weights PATH"

  @Test func missing() {
    #expect(
      WeightFixtures.message { _ = try WeightFile.load(path: "/nowhere/weights.tflite") }
        == "cannot read weights '/nowhere/weights.tflite': No such file or directory. \(whatToGive)")
  }

  @Test(.enabled(if: getuid() != 0, "root may read every file"))
  func unreadable() throws {
    try WeightFixtures.withFile([1]) { path in
      chmod(path, 0)
      #expect(
        WeightFixtures.message(path) { _ = try WeightFile.load(path: path) }
          == "cannot read weights 'FILE': Permission denied. Make it readable: chmod a+r 'FILE'")
    }
  }

  @Test func directory() {
    #expect(
      WeightFixtures.message { _ = try WeightFile.load(path: "/tmp") }
        == "cannot read weights '/tmp': it is a directory. Name one of the weight files in it: --weights PATH")
  }

  @Test func device() {
    #expect(
      WeightFixtures.message { _ = try WeightFile.load(path: "/dev/null") }
        == "cannot read weights '/dev/null': expected a regular file. \(whatToGive)")
  }

  @Test func empty() throws {
    try WeightFixtures.withFile([]) { path in
      #expect(
        WeightFixtures.message(path) { _ = try WeightFile.load(path: path) }
          == "cannot use weights 'FILE': the file is empty. Install it again: mobilecam weights install")
    }
  }

  @Test(arguments: [
    (Array("<!DOCTYPE html>".utf8), "it starts 3c 21 44 4f 43 54 59 50"),
    ([0x1f, 0x8b], "it starts 1f 8b"),
  ])
  func neitherFormat(_ bytes: [UInt8], _ found: String) {
    #expect(
      WeightFixtures.message { _ = try WeightFixtures.load(bytes) }
        == "cannot use weights 'FILE': it is neither TFLite (bytes 4 to 7 'TFL3') nor safetensors (byte 8 '{'): \(found). "
        + Self.remedy)
  }

  @Test func truncatedSafetensors() {
    let whole = SafetensorsFixture().bytes
    let messages = [9, 4000, whole.count - 1].map { count in
      WeightFixtures.message { _ = try WeightFixtures.load(Array(whole[..<count])) }
    }
    let header = whole[..<8].enumerated().reduce(0) { $0 + Int($1.element) << (8 * $1.offset) }
    #expect(
      messages
        == [
          "it is truncated: expected a safetensors header, found only 9 bytes",
          "it is truncated: its header claims \(header) bytes, only 3992 follow",
          "it is truncated or malformed: tensor 'fc.bias' lies at 1865344..<1869344 of 1869343 bytes of data",
        ].map { "cannot use weights 'FILE': \($0). \(Self.remedy)" })
  }

  @Test func truncatedTFLite() {
    let whole = TFLiteFixture(.float).bytes
    #expect(
      WeightFixtures.message { _ = try WeightFixtures.load(Array(whole[..<10])) }
        == "cannot use weights 'FILE': it is truncated or malformed: it refers to 4 bytes at 24, it has 10. \(Self.remedy)"
    )
    let cut = WeightFixtures.message { _ = try WeightFixtures.load(Array(whole[..<(whole.count - 5000)])) }
    #expect(cut.hasPrefix("cannot use weights 'FILE': it is truncated or malformed: it refers to "))
  }
}
