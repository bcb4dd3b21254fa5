import Foundation
import Frames
import MobileNet
import ModelFiles
import TestSupport
import Testing

/// Messages about files that are no weights at all.
struct WeightErrorTests {
  static let remedy =
    "Give another file of MobileNet V1: --weights PATH, or install the official ones: mobilecam weights install"
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
          == "cannot use weights 'FILE': the file is empty. \(Self.remedy)")
    }
  }

  /// Only what was installed can be installed again.
  @Test func installedFilesAreInstalledAgain() {
    let path = MappedFile.installFolder + "/mobilenet_v1_0.25_128.tflite"
    let bytes: [UInt8] = [1, 2, 3, 0xff]
    let message = WeightFixtures.message(path) {
      _ = try bytes.withUnsafeBytes { try WeightFile.load(file: MappedFile(borrowing: $0, path: path)) }
    }
    #expect(message.hasSuffix("it starts 01 02 03 ff. Install it again: mobilecam weights install"), "\(message)")
  }

  static let foreign: [(bytes: [UInt8], found: String)] = [
    ([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a], "HDF5, as Keras saves"),
    (ZipFile.make([("config.json", [1]), ("model.weights.h5", [1])]), "a Keras model (.keras)"),
    (ZipFile.make([("archive/data.pkl", [1])]), "a PyTorch model"),
    (ZipFile.make([("arr_0.npy", [1])]), "NumPy's (.npz)"),
    (ZipFile.make([("a.tflite", [1])]), "a zip archive with 'a.tflite' in it"),
    (ZipFile.make([]), "a zip archive. Unpack"),
    ([0x1f, 0x8b, 8], "compressed with gzip, as the official archives are (.tgz)"),
    (Array(repeating: 0x61, count: 257) + Array("ustar".utf8), "a tar archive"),
    (Array("BZh91AY".utf8), "compressed. Unpack it"),
    ([0x80, 2, 0x8a, 0x0a], "a Python pickle, as PyTorch"),
    (Array("GGUF".utf8) + [3, 0], "GGUF, which holds language models"),
    ([0xff, 0xd8, 0xff, 0xe0], "a picture"),
    ([0x7f, 0x45, 0x4c, 0x46, 2], "a program"),
    ([8, 1, 0x12] + Array(repeating: 0xff, count: 20), "TensorFlow's SavedModel (saved_model.pb)"),
    ([8, 7, 0x12, 7] + Array("pytorch".utf8) + Array(repeating: 0xff, count: 20), "ONNX"),
    (
      [0x0a, 0x20, 0x0a, 5] + Array("input".utf8) + [0x12, 11] + Array("Placeholder".utf8), "a frozen TensorFlow graph"
    ),
    (Array("version https://git-lfs.github.com/spec/v1\n".utf8), "a pointer of Git LFS"),
    (Array("<!DOCTYPE html><html>".utf8), "a web page"),
    (Array("tench\ngoldfish\n".utf8), "text. Names of classes"),
  ]

  /// What people have at hand is named, with something to do that helps.
  @Test(arguments: foreign.indices)
  func foreignFilesAreNamed(_ index: Int) {
    let (bytes, found) = Self.foreign[index]
    let message = WeightFixtures.message { _ = try WeightFixtures.load(bytes) }
    #expect(message.hasPrefix("cannot use weights 'FILE': it is \(found)"), "\(message)")
    #expect(!message.contains("again"), "\(message)")
  }

  @Test func neitherFormat() {
    #expect(
      WeightFixtures.message { _ = try WeightFixtures.load([1, 2, 3, 4, 5, 6, 7, 8, 9]) }
        == "cannot use weights 'FILE': it is neither TFLite (bytes 4 to 7 'TFL3') nor safetensors (byte 8 '{'): it starts "
        + "01 02 03 04 05 06 07 08. " + Self.remedy)
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
