import Foundation
import MobileNet
import Testing
import WeightInstaller

/// Archives from a folder, and archives that hold something else than they should although their hash is right.
@Suite(.enabled(if: Fixture.isUsable, "no reference data beside the checkout"))
struct ArchiveTests {
  let fixture: Fixture
  let source: URL

  init() throws {
    fixture = try Fixture()
    source = fixture.folder.appending(path: "source")
    try FileManager.default.createDirectory(at: source, withIntermediateDirectories: true)
  }

  /// Installs an archive of these bytes, whose hash is right, from a folder.
  private func install(_ archive: Data, limits: Limits = Limits()) throws {
    try archive.write(to: source.appending(path: "\(Fixture.name).tgz"))
    try fixture.installer(source.path, limits: limits).install(Fixture.entry(archive))
  }

  private func problem(_ archive: Data, limits: Limits = Limits()) -> String {
    let message = fixture.message { try install(archive, limits: limits) }
    #expect(fixture.installed == [])
    return message
  }

  private func broken(_ what: String) -> String {
    "cannot unpack 'FOLDER/source/\(Fixture.name).tgz': \(what). Nothing was installed. Get the archive again, or from "
      + "elsewhere: --from URL-or-FOLDER"
  }

  @Test func installsFromAFolder() throws {
    try install(fixture.archive())
    try fixture.expectInstalled()
  }

  @Test func installsFromAFolderLaidOutLikeTheServer() throws {
    let archive = try fixture.archive()
    let file = source.appending(path: Fixture.path)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try archive.write(to: file)
    try fixture.installer(source.path + "//").install(Fixture.entry(archive))
    try fixture.expectInstalled()
  }

  @Test func aFolderWithoutTheArchiveIsNamed() throws {
    #expect(
      fixture.message { try fixture.installer(source.path).install(Fixture.entry(Data())) }
        == "no such archive: expected \(Fixture.name).tgz in 'FOLDER/source', found none. Nothing was installed. "
        + "Download https://download.tensorflow.org/models/\(Fixture.path) and put it there.")
  }

  @Test func aWrongHashIsRefusedAndTheArchiveStays() throws {
    let archive = try fixture.archive()
    let file = source.appending(path: "\(Fixture.name).tgz")
    try (archive + [0]).write(to: file)
    let message = fixture.message { try fixture.installer(source.path).install(Fixture.entry(archive)) }
    #expect(message.hasPrefix("\(Fixture.name).tgz is damaged or not the right one: expected SHA-256 "))
    #expect(fixture.installed == [])
    #expect(FileManager.default.contents(atPath: file.path)?.count == archive.count + 1)
  }

  /// Members that are not `NAME.tflite` at the top are not unpacked, wherever they point.
  @Test(arguments: ["other.tflite", "sub/\(Fixture.name).tflite", "../\(Fixture.name).tflite"])
  func otherNamesAreNotUnpacked(_ member: String) throws {
    let archive = try fixture.archive(members: ["a/\(member)"], options: ["-cz", "--transform=s,^a/,,"]) { contents in
      let file = contents.appending(path: "a/\(member)")
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try FileManager.default.copyItem(at: Fixture.file, to: file)
    }
    #expect(problem(archive) == broken("expected the file \(Fixture.name).tflite in it, found \(member)"))
  }

  @Test func absolutePathsAreNotUnpacked() throws {
    let target = "\(fixture.folder.path)/\(Fixture.name).tflite"
    try FileManager.default.copyItem(at: Fixture.file, to: URL(filePath: target))
    let archive = try fixture.archive(members: [target]) { _ in }
    try FileManager.default.removeItem(atPath: target)
    #expect(
      problem(archive)
        == broken("expected the file \(Fixture.name).tflite in it, found FOLDER/\(Fixture.name).tflite"))
    #expect(!FileManager.default.fileExists(atPath: target))
  }

  @Test func aLinkIsNotUnpacked() throws {
    let archive = try fixture.archive(members: ["\(Fixture.name).tflite"]) { contents in
      try FileManager.default.createSymbolicLink(
        atPath: contents.appending(path: "\(Fixture.name).tflite").path, withDestinationPath: "/etc/passwd")
    }
    #expect(problem(archive) == broken("its member \(Fixture.name).tflite is no regular file"))
  }

  @Test func tooLargeWeightsAreNotUnpacked() throws {
    var limits = Limits()
    limits.weightBytes = 500_000
    #expect(
      problem(try fixture.archive(), limits: limits)
        == broken("its member ./\(Fixture.name).tflite takes 525598 bytes, expected at most 500000"))
  }

  @Test func anArchiveThatUnpacksToTooMuchIsEnded() throws {
    var limits = Limits()
    limits.unpackedBytes = 1_000_000
    let archive = try fixture.archive(members: ["zeros", "\(Fixture.name).tflite"]) { contents in
      try Data(count: 4 << 20).write(to: contents.appending(path: "zeros"))
      try FileManager.default.copyItem(at: Fixture.file, to: contents.appending(path: "\(Fixture.name).tflite"))
    }
    #expect(problem(archive, limits: limits) == broken("it unpacks to more than 1000000 bytes"))
  }

  @Test func whatIsNoGzipFileIsNamed() throws {
    let plain = try fixture.archive(members: ["\(Fixture.name).tflite"], options: ["-c"]) { contents in
      try FileManager.default.copyItem(at: Fixture.file, to: contents.appending(path: "\(Fixture.name).tflite"))
    }
    #expect(problem(plain) == broken("expected a gzip file, found something else"))
  }

  @Test func aShortArchiveIsNamed() throws {
    let archive = try fixture.archive()
    #expect(problem(archive.prefix(archive.count / 2)) == broken("it ends too early"))
  }

  @Test func damagedDataAreNamed() throws {
    var archive = try fixture.archive()
    for place in 1000..<1100 { archive[place] ^= 0xff }
    let message = problem(archive)
    #expect(message.hasPrefix("cannot unpack 'FOLDER/source/\(Fixture.name).tgz': "))
  }

  @Test func aDamagedHeaderIsNamed() throws {
    // A tar of one block of ones, and no checksum that fits.
    let file = fixture.folder.appending(path: "ones")
    try Data(repeating: 1, count: 1024).write(to: file)
    let run = try Command.run("/usr/bin/env", ["gzip", file.path])
    try #require(run.status == 0)
    let archive = try Data(contentsOf: fixture.folder.appending(path: "ones.gz"))
    #expect(problem(archive) == broken("a header's checksum is wrong"))
  }

  @Test func otherWeightsUnderTheNameAreRefused() throws {
    let half = Fixture.shared.appending(path: "reference/weights/mobilenet_v1_0.5_160_quant.tflite")
    #expect(
      problem(try fixture.archive(holding: half))
        == "\(Fixture.name).tgz holds other weights than its name says: expected α = 0.25 trained at 128 in uint8, found "
        + "α = 0.5 trained at 160 in uint8. Nothing was installed. Correct the catalogue.")
  }

  @Test func whatIsNoWeightFileIsRefused() throws {
    let file = fixture.folder.appending(path: "text")
    try Data("no weights at all".utf8).write(to: file)
    let message = problem(try fixture.archive(holding: file))
    #expect(message.contains("it is neither TFLite"))
  }

  @Test func aLinkInTheDestinationIsNotFollowed() throws {
    try FileManager.default.createDirectory(atPath: fixture.destination, withIntermediateDirectories: true)
    let victim = fixture.folder.appending(path: "victim")
    try Data("precious".utf8).write(to: victim)
    try FileManager.default.createSymbolicLink(
      atPath: "\(fixture.destination)/\(Fixture.name).tflite.new", withDestinationPath: victim.path)
    #expect(throws: (any Error).self) { try install(fixture.archive()) }
    #expect(FileManager.default.contents(atPath: victim.path) == Data("precious".utf8))
  }

  @Test func aDestinationThatIsAFileIsNamed() throws {
    try Data().write(to: fixture.folder.appending(path: "data"))
    let message = fixture.message { try install(fixture.archive()) }
    #expect(
      message == "cannot make the folder 'DEST': Not a directory ('FOLDER/data/mobilecam'). Make it by hand, or set "
        + "XDG_DATA_HOME to a folder that can be written."
        || message
          == "cannot make the folder 'DEST': File exists ('FOLDER/data'). Make it by hand, or set XDG_DATA_HOME "
          + "to a folder that can be written."
    )
  }
}
