import Foundation
import Pixels
import Platform
import Teaching
import TestSupport
import Testing

struct CollectionTests {
  private let folder = TemporaryFolder()

  private func make(_ files: [String]) throws {
    for file in files {
      let path = folder.path + "/" + file
      try FileManager.default.createDirectory(
        atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      guard !file.hasSuffix("/") else {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        continue
      }
      try Data().write(to: URL(filePath: path))
    }
  }

  @Test func itIsReadByName() throws {
    try make([
      "cup/b-02.jpg", "cup/b-01.jpg", "cup/a-01.jpg", "cup/photo.png", "cup/.hidden.jpg", "none/x.jpg", "bowl/1.jpg",
      "empty/",
      "notes.txt", ".git/x.jpg",
    ])
    let collection = try ClassCollection(folder: folder.path)
    #expect(collection.classes.map(\.name) == ["bowl", "cup"] && collection.empty == ["empty"])
    let cup = try #require(collection.classes.last)
    #expect(cup.bursts.map(\.name) == ["a", "b", "photo.png"] && cup.shotCount == 4)
    #expect(cup.bursts[1].shots.map { ($0 as NSString).lastPathComponent } == ["b-01.jpg", "b-02.jpg"])
    #expect(collection.none.shotCount == 1 && collection.all.count == 3 && collection.shotCount == 6)
  }

  @Test(arguments: [
    ([], "found an empty folder"), (["a.jpg", "b.jpg"], "found 2 files and no subfolder"),
    (["Cup/a.jpg", "cup/a.jpg"], "differ in case alone"), (["NONE/a.jpg", "cup/a.jpg"], "differ in case alone"),
    (["a\u{7}b/x.jpg"], "control character"), (["a\nb/x.jpg"], "control character"),
  ])
  func whatIsNoCollectionIsTold(files: [String], words: String) throws {
    try make(files)
    let message = try #require(thrownMessage { _ = try ClassCollection(folder: folder.path) })
    #expect(message.contains(words) && message.contains("expected"), "\(message)")
    #expect(!message.unicodeScalars.contains { Printable.steers($0) }, "\(message)")
  }

  @Test func aFileOrNothingIsNoCollection() throws {
    try make(["file"])
    #expect(thrownMessage { _ = try ClassCollection(folder: folder.path + "/file") }?.contains("found a file") == true)
    #expect(thrownMessage { _ = try ClassCollection(folder: folder.path + "/gone") }?.contains("found nothing") == true)
  }

  @Test func tenThousandShotsAreListedAtOnce() throws {
    try FileManager.default.createDirectory(atPath: folder.path + "/c", withIntermediateDirectories: true)
    for number in 0..<10_000 { try Data().write(to: URL(filePath: "\(folder.path)/c/p\(number).jpg")) }
    #expect(try ClassCollection(folder: folder.path).classes[0].bursts.count == 10_000)
  }

  // MARK: Writing

  private static let names = (1...3).map { ShotName(burst: "b", number: $0) }

  @Test func shotsAreAdded() throws {
    let path = folder.path + "/new"
    let writer = try CollectionWriter(folder: path)
    let placed = try writer.add(Self.names, to: "cup") { [UInt8($0)] }
    #expect(placed.map { ($0 as NSString).lastPathComponent } == ["b-01.jpg", "b-02.jpg", "b-03.jpg"])
    // Again: a burst of its own, and nothing is overwritten.
    try writer.add(Self.names, to: "cup") { _ in [9] }
    try writer.add([ShotName(picture: "photo.png"), ShotName(picture: "photo.jpg")], to: "cup") { _ in [7] }
    #expect(
      try Folder.names(in: path + "/cup") == [
        "b-01.jpg", "b-02.jpg", "b-03.jpg", "b_2-01.jpg", "b_2-02.jpg", "b_2-03.jpg", "photo.jpg", "photo_2.jpg",
      ])
    #expect(try Data(contentsOf: URL(filePath: path + "/cup/b-02.jpg")) == Data([1]))
    // Two bursts of one name, of two folders.
    try writer.add(Self.names + Self.names, to: "two") { [UInt8($0)] }
    #expect(
      try Folder.names(in: path + "/two") == [
        "b-01.jpg", "b-02.jpg", "b-03.jpg", "b_2-01.jpg", "b_2-02.jpg", "b_2-03.jpg",
      ])
  }

  @Test func whatFailsLeavesNothing() throws {
    let path = folder.path + "/new"
    let writer = try CollectionWriter(folder: path)
    let failure = thrownMessage {
      try writer.add(Self.names, to: "cup") { (index) throws(UserError) in
        if index == 2 { throw UserError("no picture") }
        return [0]
      }
    }
    #expect(failure == "no picture" && !File.exists(path))
    try writer.add(Self.names, to: "cup") { _ in [0] }
    _ = thrownMessage {
      try writer.add(Self.names, to: "cup") { (index) throws(UserError) in
        if index == 1 { throw UserError("no picture") }
        return [1]
      }
    }
    #expect(try Folder.names(in: path + "/cup").count == 3)
    try writer.add(Self.names, to: "mug") { _ in nil }
    #expect(!File.exists(path + "/mug"), "all near-duplicates: no empty class")
  }

  @Test func namesThatCannotBe() throws {
    let writer = try CollectionWriter(folder: folder.path + "/new")
    try writer.add(Self.names, to: "cup") { _ in [0] }
    for name in ["CUP", "None", "a/b", "", "a\u{1B}b", ".."] {
      #expect(
        thrownMessage { try writer.add(Self.names, to: name) { _ in [0] } }?.contains("expected") == true, "\(name)")
    }
    #expect(try Folder.names(in: folder.path + "/new") == ["cup"])
  }

  @Test(.enabled(if: SmallDisk.isUsable, "skipped: no right to mount a tmpfs")) func aFullDisk() throws {
    let disk = try SmallDisk(free: 20 << 10)
    let writer = try CollectionWriter(folder: disk.path + "/things")
    let message = thrownMessage { try writer.add(Self.names, to: "cup") { _ in [UInt8](repeating: 1, count: 8 << 10) } }
    #expect(
      message?.contains("No space left") == true && message?.contains("nothing was added") == true, "\(message ?? "")")
    #expect(!File.exists(disk.path + "/things"))
  }

  @Test(.enabled(if: SmallDisk.isUsable, "skipped: no right to mount a tmpfs")) func aReadOnlyFolder() throws {
    let disk = try SmallDisk()
    let writer = try CollectionWriter(folder: disk.path + "/things")
    try writer.add(Self.names, to: "cup") { [UInt8($0)] }
    try disk.makeReadOnly()
    for name in ["cup", "mug"] {
      let message = thrownMessage { try writer.add(Self.names, to: name) { _ in [9] } }
      #expect(
        message?.contains("Read-only file system; nothing was added; give a folder that you may write to") == true,
        "\(message ?? "")")
    }
    #expect(try Folder.names(in: disk.path + "/things") == ["cup"])
    #expect(try ClassCollection(folder: disk.path + "/things").shotCount == 3, "what is there can be used")
  }

  @Test func anEmptyFolderCanBeABeginning() throws {
    #expect(try ClassCollection(folder: folder.path, mayBeEmpty: true).all.isEmpty)
    try make(["a.jpg"])
    #expect(
      thrownMessage { _ = try ClassCollection(folder: folder.path, mayBeEmpty: true) }?.contains("1 file") == true)
  }

  @Test func nearDuplicates() {
    func thumbnail(_ value: UInt8, noise: Int = 0) -> Shot.Thumbnail {
      let pixels = (0..<64 * 64 * 3).map { UInt8(clamping: Int(value) + ($0 * 7919) % (noise + 1) - noise / 2) }
      return Shot.Thumbnail(RGBImage(width: 64, height: 64, pixels: pixels))
    }
    #expect(thumbnail(100).isNear(thumbnail(100, noise: 8)))
    #expect(!thumbnail(100).isNear(thumbnail(104)))
  }
}
