import Foundation
import Frames
import Live
import Model
import Pixels
import Platform
import Telemetry
import TestSupport
import Testing

/// Uncertain frames on a disk.
@Suite struct PictureKeeperTests {
  private let folder = TemporaryFolder()

  private func options(_ path: String? = nil, limit: Int = 1_000_000) -> PictureKeeper.Options {
    PictureKeeper.Options(folder: path ?? folder.file("kept"), below: 0.5, limitBytes: limit, isLive: false)
  }

  /// A frame of noise that is unlike those of other seeds, of 400 × 320 pixels.
  private static func frame(_ seed: UInt64) -> [UInt8] {
    var random = SplitMix64(state: seed)
    let shade = Int(seed * 40 % 200)
    return (0..<400 * 320 * 3).map { _ in UInt8(shade + Int.random(in: 0..<50, using: &random)) }
  }

  private static func take(_ keeper: PictureKeeper, _ label: String, _ pixels: [UInt8], second: Int) {
    pixels.withUnsafeBytes {
      keeper.take(
        [Prediction(classIndex: second, label: label, probability: 0.3)],
        captured: Nanoseconds(seconds: Double(second)),
        wall: Nanoseconds(seconds: 1_795_000_000 + Double(second)), pixels: $0, width: 400,
        crop: CropChoice.central.crop(width: 400, height: 320))
    }
  }

  private func files() -> [String] {
    ((FileManager.default.enumerator(atPath: folder.path)?.allObjects as? [String]) ?? []).filter { $0.contains(".") }
      .sorted()
  }

  @Test func theSquareIsKeptUnderItsLabel() throws {
    let keeper = try PictureKeeper(options())
    Self.take(keeper, "coffee mug", Self.frame(1), second: 1)
    Self.take(keeper, "tench, Tinca tinca", Self.frame(2), second: 2)
    #expect(keeper.finish(isHurried: false) == "kept 2 pictures in \(folder.file("kept"))")
    #expect(
      files() == ["kept/coffee mug/20261118T110641000Z-01.jpg", "kept/tench, Tinca tinca/20261118T110642000Z-01.jpg"])
    let path = try #require(files().first.map { folder.file($0) })
    let picture = try ImageFile.load(path: path)
    #expect(picture.width == 256 && picture.height == 256)
  }

  @Test(arguments: [
    ("cup", "cup"), ("a/b", "a_b"), ("../x", "_._x"), ("..", "_"), (".hidden", "_hidden"), ("", "_"),
    ("a\u{1b}[0m\n", "a_[0m_"),
    ("AC:\\?\"<>|*", "AC________"), ("cup. ", "cup"), ("  cup", "cup"), ("naïve 日本", "naïve 日本"),
    (String(repeating: "é", count: 300), String(repeating: "é", count: 50)),
  ])
  func labelsAreNamesOfFolders(label: String, name: String) {
    #expect(PictureKeeper.folderName(of: label) == name)
  }

  @Test func nothingIsEverOverwritten() throws {
    for _ in 0..<2 {
      let keeper = try PictureKeeper(options())
      Self.take(keeper, "cup", Self.frame(1), second: 1)
      _ = keeper.finish(isHurried: false)
    }
    #expect(files() == ["kept/cup/20261118T110641000Z-01.jpg", "kept/cup/20261118T110641000Z-02.jpg"])
  }

  /// With what was there before.
  @Test func theFolderGrowsNoLargerThanItMay() throws {
    var kept = 0
    for run in 0..<2 {
      let keeper = try PictureKeeper(options(limit: 100_000))
      for second in 1...8 { Self.take(keeper, "cup", Self.frame(UInt64(second)), second: run * 100 + second) }
      let words = keeper.finish(isHurried: false)
      kept += try #require(words.firstMatch(of: /kept (\d+) picture/).flatMap { Int($0.1) })
      let news = keeper.takeNews().map(\.message)
      #expect(news == ["\(folder.file("kept")) has reached --keep-limit (100 kB): no more is kept"])
      #expect(!words.contains("could not be written"))
    }
    let bytes = files().reduce(0) { $0 + (File.facts(of: folder.file($1))?.bytes ?? 0) }
    #expect(files().count == kept && kept >= 1 && bytes <= 100_000 && bytes > 40_000, "\(files()) \(bytes)")
  }

  @Test(.enabled(if: SmallDisk.isUsable, "skipped: no right to mount a tmpfs"))
  func aFullDiskIsToldOnceAndNothingIsHalfWritten() throws {
    let disk = try SmallDisk(free: 150 << 10)
    let keeper = try PictureKeeper(options(disk.path + "/kept"))
    for second in 1...6 {
      Self.take(keeper, "cup", Self.frame(UInt64(second)), second: second)
    }
    let words = keeper.finish(isHurried: false)
    let news = keeper.takeNews()
    #expect(news.count == 1 && news[0].message.contains("No space left on device"), "\(news)")
    #expect(words.contains("could not be written"), "\(words)")
    let names = try FileManager.default.contentsOfDirectory(atPath: disk.path + "/kept/cup")
    #expect(!names.isEmpty && names.allSatisfy { $0.hasSuffix(".jpg") }, "\(names)")
    for name in names { _ = try ImageFile.load(path: "\(disk.path)/kept/cup/\(name)") }
  }

  @Test func whatIsNoFolderIsToldBeforeTheRun() throws {
    let file = try folder.write("file", "x")
    for path in [file, file + "/below", "/proc/nothing"] {
      let error = #expect(throws: UserError.self) { try PictureKeeper(options(path)) }
      #expect(error?.message.hasPrefix("--keep \(path): expected a folder that can be written to, found ") == true)
    }
  }
}
