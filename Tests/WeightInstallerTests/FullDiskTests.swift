import Foundation
import Glibc
import TestSupport
import Testing
import WeightInstaller

/// A disk that is full: a small file system in memory, which only root can mount.
@Suite(.serialized, .enabled(if: SmallDisk.isUsable, "no reference data, or not root"))
struct FullDiskTests {
  let fixture: Fixture
  let archive: Data

  init() throws {
    setenv("no_proxy", "127.0.0.1", 1)
    fixture = Fixture()
    archive = try fixture.archive()
  }

  private func run(
    kilobytes: Int, thenKilobytes: Int, isWhole: Bool, part expected: (Data?) -> Bool, full name: String
  ) throws {
    let archive = archive
    let server = try LoopbackServer { _ in .file(archive) }
    defer { server.stop() }
    let disk = try SmallDisk(fixture.folder.appending(path: "data").path, kilobytes: kilobytes)
    let installer = try fixture.installer(server.root)
    #expect(
      fixture.message { try installer.install(Fixture.entry(archive)) }
        == "no room to write 'DEST/\(name)': No space left on device. Nothing was installed. Free some space and run the "
        + "same command again; what was downloaded is kept.")
    #expect(fixture.installed == ["\(Fixture.name).tgz.part"])
    #expect(expected(fixture.bytes("\(Fixture.name).tgz.part")))
    try disk.resize(kilobytes: thenKilobytes)
    try installer.install(Fixture.entry(archive))
    try fixture.expectInstalled()
    // What is left to bring is asked for; a whole archive is not.
    #expect(server.requests.map { $0.rangeStart ?? 0 > 0 } == (isWhole ? [false] : [false, true]))
  }

  @Test func noRoomForTheArchive() throws {
    let archive = archive
    try run(
      kilobytes: 200, thenKilobytes: 4000, isWhole: false,
      part: { $0.map { !$0.isEmpty && archive.starts(with: $0) } ?? false },
      full: "\(Fixture.name).tgz.part")
  }

  @Test func noRoomForTheWeights() throws {
    let archive = archive
    try run(
      kilobytes: archive.count / 1024 + 200, thenKilobytes: 4000, isWhole: true, part: { $0 == archive },
      full: "\(Fixture.name).tflite.new")
  }
}
