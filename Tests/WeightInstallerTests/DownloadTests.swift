import Foundation
import MobileNet
import Platform
import Synchronization
import TestSupport
import Testing
import WeightInstaller

/// Installing from a web server, and everything that one can do wrong.
@Suite(.enabled(if: Reference.isUsable, "no reference data beside the checkout"))
struct DownloadTests {
  let fixture: Fixture
  let archive: Data

  init() throws {
    // A machine behind a proxy still talks to itself directly.
    setenv("no_proxy", "127.0.0.1", 1)
    fixture = Fixture()
    archive = try fixture.archive()
  }

  private var part: String { "\(Fixture.name).tgz.part" }

  @Test func installsFromAMirrorAndThenSkips() throws {
    let archive = archive
    let server = try LoopbackServer { $0.path == "/" + Fixture.path ? .file(archive) : .status(404) }
    defer { server.stop() }
    var events: [InstallEvent] = []
    let installer = try fixture.installer(server.root + "/") { events.append($0) }
    try installer.install(Fixture.entry(archive))
    try fixture.expectInstalled()
    let file = "\(fixture.destination)/\(Fixture.name).tflite"
    #expect(events.first == .downloading(address: "\(server.root)/\(Fixture.path)", resumedAtBytes: 0))
    #expect(events.dropLast().last == .received(bytes: archive.count, totalBytes: archive.count))
    #expect(events.last == .installed(path: file))

    events = []
    try installer.install(Fixture.entry(archive))
    #expect(events == [.alreadyInstalled(path: file)])
    #expect(server.requests.count == 1)
  }

  @Test func replacesDamagedWeights() throws {
    let archive = archive
    let server = try LoopbackServer { _ in .file(archive) }
    defer { server.stop() }
    let installer = try fixture.installer(server.root)
    try installer.install(Fixture.entry(archive))
    let file = URL(filePath: "\(fixture.destination)/\(Fixture.name).tflite")
    try Data(contentsOf: file).dropLast().write(to: file)
    try installer.install(Fixture.entry(archive))
    try fixture.expectInstalled()
    #expect(server.requests.count == 2)
  }

  @Test func findsArchivesOfAFlatMirror() throws {
    let archive = archive
    let server = try LoopbackServer { $0.path == "/m/\(Fixture.name).tgz" ? .file(archive) : .status(404) }
    defer { server.stop() }
    try fixture.installer(server.root + "/m").install(Fixture.entry(archive))
    try fixture.expectInstalled()
  }

  @Test func followsRedirects() throws {
    let archive = archive
    let server = try LoopbackServer { $0.path == "/elsewhere" ? .file(archive) : .redirect(to: "/elsewhere") }
    defer { server.stop() }
    try fixture.installer(server.root).install(Fixture.entry(archive))
    try fixture.expectInstalled()
  }

  @Test func redirectsToFilesAreRefused() throws {
    let server = try LoopbackServer { _ in .redirect(to: "file:///etc/passwd") }
    defer { server.stop() }
    #expect(
      fixture.message(server) { try fixture.installer(server.root).install(Fixture.entry(archive)) }
        == "cannot download ROOT/\(Fixture.path): Unsupported protocol. Nothing was installed. Run the same command again."
    )
    #expect(fixture.installed == [])
  }

  @Test func aCutDownloadGoesOnWhereItEnded() throws {
    let archive = archive
    let server = try LoopbackServer { request in
      switch request.rangeStart {
      case nil: .cut(archive, afterBytes: 100_000)
      case 100_000: .cut(archive, afterBytes: 50_000)
      default: .file(archive)
      }
    }
    defer { server.stop() }
    let installer = try fixture.installer(server.root)
    for kept in [100_000, 150_000] {
      #expect(
        fixture.message(server) { try installer.install(Fixture.entry(archive)) }
          == "the download of ROOT/\(Fixture.path) was cut. Nothing was installed. \(kept) of \(archive.count) bytes are "
          + "kept in 'DEST/\(part)': run the same command again to go on from there.")
      #expect(fixture.installed == [part])
      #expect(fixture.bytes(part) == archive.prefix(kept))
    }
    try installer.install(Fixture.entry(archive))
    try fixture.expectInstalled()
    #expect(server.requests.map(\.rangeStart) == [nil, 100_000, 150_000])
  }

  private func keep(_ data: Data) throws {
    try FileManager.default.createDirectory(atPath: fixture.destination, withIntermediateDirectories: true)
    try data.write(to: URL(filePath: "\(fixture.destination)/\(part)"))
  }

  @Test func aServerThatIgnoresRangeStartsAgain() throws {
    let archive = archive
    try keep(archive.prefix(70_000))
    let server = try LoopbackServer { _ in .whole(archive) }
    defer { server.stop() }
    try fixture.installer(server.root).install(Fixture.entry(archive))
    try fixture.expectInstalled()
    #expect(server.requests.map(\.rangeStart) == [70_000])
  }

  @Test func aPartFromTheWrongPlaceIsNotAppended() throws {
    let archive = archive
    try keep(archive.prefix(70_000))
    let server = try LoopbackServer { $0.rangeStart == nil ? .file(archive) : .misplaced(archive) }
    defer { server.stop() }
    try fixture.installer(server.root).install(Fixture.entry(archive))
    try fixture.expectInstalled()
    #expect(server.requests.map(\.rangeStart) == [70_000, nil])
  }

  @Test func aWholePartIsUsedAsItIs() throws {
    let archive = archive
    try keep(archive)
    let server = try LoopbackServer { _ in .file(archive) }
    defer { server.stop() }
    // By its hash: nobody is asked for it.
    try fixture.installer(server.root).install(Fixture.entry(archive))
    try fixture.expectInstalled()
    #expect(server.requests.isEmpty)
  }

  /// What killed installations left is gone after the next one, whatever it has to do.
  @Test(arguments: [false, true]) func leftoversGo(isInstalled: Bool) throws {
    let archive = archive
    let server = try LoopbackServer { _ in .file(archive) }
    defer { server.stop() }
    let installer = try fixture.installer(server.root)
    if isInstalled { try installer.install(Fixture.entry(archive)) }
    for data in [archive, archive.prefix(70_000), archive + [0]] {
      try keep(data)
      try Data("half".utf8).write(to: URL(filePath: "\(fixture.destination)/\(Fixture.name).tflite.new"))
      try installer.install(Fixture.entry(archive))
      try fixture.expectInstalled()
    }
  }

  /// Somebody else's file is not gone on with.
  @Test(.enabled(if: geteuid() == 0, "only root can give files away")) func anotherUsersPartIsNotGoneOnWith() throws {
    let archive = archive
    try keep(archive.prefix(70_000))
    #expect(chown("\(fixture.destination)/\(part)", 65534, 65534) == 0)
    let server = try LoopbackServer { _ in .file(archive) }
    defer { server.stop() }
    try fixture.installer(server.root).install(Fixture.entry(archive))
    try fixture.expectInstalled()
    #expect(server.requests.map(\.rangeStart) == [nil])
  }

  /// A part that no archive can be is not read, and no sum with its size overflows.
  @Test func aPartOfAbsurdSizeIsThrownAway() throws {
    let archive = archive
    let server = try LoopbackServer { _ in .file(archive) }
    defer { server.stop() }
    for size in [off_t(Limits().archiveBytes) + 1, 1 << 40] {
      try keep(Data())
      #expect(truncate("\(fixture.destination)/\(part)", size) == 0)
      try? FileManager.default.removeItem(atPath: "\(fixture.destination)/\(Fixture.name).tflite")
      let time = try processorTime { try fixture.installer(server.root).install(Fixture.entry(archive)) }
      try fixture.expectInstalled()
      #expect(time < Nanoseconds(seconds: 10))
    }
    #expect(server.requests.map(\.rangeStart) == [nil, nil])
  }

  /// Numbers that servers may send, in every field that has one: nothing traps, and what is too large is refused before it
  /// is waited for.
  @Test func extremeNumbersOfAServer() throws {
    let archive = archive
    let numbers = [
      "0", "-1", "1", "2147483648", "4294967296", "9007199254740993", "9223372036854775806", "9223372036854775807",
      "9223372036854775808", "18446744073709551616", "1e308", "inf", "nan", "", String(repeating: "9", count: 400),
    ]
    for number in numbers {
      for kept in [0, 70_000] {
        for (status, fields) in [
          ("200 OK", ["Content-Length: \(number)"]),
          ("206 Partial Content", ["Content-Length: \(number)", "Content-Range: bytes \(kept)-\(number)/\(number)"]),
          ("206 Partial Content", ["Content-Range: bytes \(number)-\(number)/\(number)"]),
          ("416 Range Not Satisfiable", ["Content-Length: \(number)", "Content-Range: bytes */\(number)"]),
          ("302 Found", ["Content-Length: \(number)", "Location: /\(number)"]),
          ("\(number) OK", ["Content-Length: 3"]), ("200 OK", ["Retry-After: \(number)", "Content-Length: 3"]),
        ] {
          try? FileManager.default.removeItem(atPath: "\(fixture.destination)/\(part)")
          if kept > 0 { try keep(archive.prefix(kept)) }
          let server = try LoopbackServer { _ in .raw(status: status, fields: fields, body: Data("abc".utf8)) }
          defer { server.stop() }
          var events: [InstallEvent] = []
          let message = fixture.message(server) {
            try fixture.installer(server.root, limits: impatient) { events.append($0) }.install(Fixture.entry(archive))
          }
          #expect(message != "nothing was thrown" && message.contains("Nothing was installed"), "\(status) \(fields)")
          for case .received(let bytes, let total) in events {
            _ = ProgressText.bar(name: "a", bytes: bytes, totalBytes: total, columns: 80, isUnicode: true)
          }
        }
      }
    }
    let server = try LoopbackServer { _ in
      .raw(status: "200 OK", fields: ["Content-Length: 9223372036854775807"], body: Data("abc".utf8))
    }
    defer { server.stop() }
    #expect(
      fixture.message(server) { try fixture.installer(server.root).install(Fixture.entry(archive)) }
        == "the server sends more than 268435456 bytes, which no archive of these weights takes. Nothing was installed. "
        + "Check the address after --from.")
  }

  @Test func aPartOfAnotherArchiveIsThrownAway() throws {
    let archive = archive
    try keep(Data(count: 70_000))
    let server = try LoopbackServer { _ in .file(archive) }
    defer { server.stop() }
    var events: [InstallEvent] = []
    try fixture.installer(server.root) { events.append($0) }.install(Fixture.entry(archive))
    try fixture.expectInstalled()
    #expect(events.contains(.startingAfresh))
    #expect(server.requests.map(\.rangeStart) == [70_000, nil])
  }

  @Test(arguments: [10, 200_000, -1]) func aFlippedByteIsRefused(_ place: Int) throws {
    let archive = archive
    var flipped = archive
    flipped[place < 0 ? flipped.count - 1 : place] ^= 1
    let sent = flipped
    let server = try LoopbackServer { _ in .file(sent) }
    defer { server.stop() }
    #expect(
      fixture.message(server) { try fixture.installer(server.root).install(Fixture.entry(archive)) }
        == "\(Fixture.name).tgz is damaged or not the right one: expected SHA-256 \(Fixture.hash(archive)), found "
        + "\(Fixture.hash(flipped)). Nothing was installed. Run the same command again, or get it from elsewhere: "
        + "--from URL-or-FOLDER")
    #expect(fixture.installed == [])
  }

  @Test func aFlippedByteInTheRestIsRefusedAfterASecondTry() throws {
    let archive = archive
    try keep(archive.prefix(70_000))
    var flipped = archive
    flipped[200_000] ^= 0x80
    let sent = flipped
    let server = try LoopbackServer { _ in .file(sent) }
    defer { server.stop() }
    #expect(throws: (any Error).self) { try fixture.installer(server.root).install(Fixture.entry(archive)) }
    #expect(fixture.installed == [])
    #expect(server.requests.map(\.rangeStart) == [70_000, nil])
  }

  @Test func anEmptyAnswerIsRefused() throws {
    let server = try LoopbackServer { _ in .file(Data()) }
    defer { server.stop() }
    let message = fixture.message { try fixture.installer(server.root).install(Fixture.entry(archive)) }
    #expect(message.contains("found \(Fixture.hash(Data()))"))
    #expect(fixture.installed == [])
  }

  @Test func aMissingArchiveIsNamed() throws {
    let server = try LoopbackServer { _ in .status(404) }
    defer { server.stop() }
    #expect(
      fixture.message(server) { try fixture.installer(server.root).install(Fixture.entry(archive)) }
        == "no such archive: expected \(Fixture.name).tgz at ROOT/\(Fixture.path) or ROOT/\(Fixture.name).tgz, the server "
        + "answered 404. Nothing was installed. Check the address after --from.")
    #expect(fixture.installed == [])
  }

  @Test func aServersErrorKeepsWhatThereIs() throws {
    try keep(archive.prefix(1000))
    let server = try LoopbackServer { _ in .status(503) }
    defer { server.stop() }
    #expect(
      fixture.message(server) { try fixture.installer(server.root).install(Fixture.entry(archive)) }
        == "cannot download ROOT/\(Fixture.path): expected the archive, the server answered 503. Nothing was installed. "
        + "1000 bytes are kept in 'DEST/\(part)': run the same command again to go on from there.")
    #expect(fixture.installed == [part])
    #expect(fixture.bytes(part) == archive.prefix(1000))
  }

  private var impatient: Limits {
    var limits = Limits()
    limits.connectSeconds = 2
    limits.stalledSeconds = 1
    return limits
  }

  @Test func aStalledDownloadEnds() throws {
    let archive = archive
    let server = try LoopbackServer { _ in .stall(archive, afterBytes: 80_000) }
    defer { server.stop() }
    #expect(
      fixture.message(server) { try fixture.installer(server.root, limits: impatient).install(Fixture.entry(archive)) }
        == "the download of ROOT/\(Fixture.path) stalled: expected at least 100 bytes a second, found fewer for 1 s. "
        + "Nothing was installed. 80000 of \(archive.count) bytes are kept in 'DEST/\(part)': run the same command again "
        + "to go on from there.")
    #expect(fixture.installed == [part])
  }

  @Test func aSilentServerIsNotWaitedForForever() throws {
    let server = try LoopbackServer { _ in .silence }
    defer { server.stop() }
    #expect(
      fixture.message(server) { try fixture.installer(server.root, limits: impatient).install(Fixture.entry(archive)) }
        == "the download of ROOT/\(Fixture.path) stalled: expected at least 100 bytes a second, found fewer for 1 s. "
        + "Nothing was installed. Run the same command again.")
    #expect(fixture.installed == [])
  }

  @Test func noServerSaysHowToDoItByHand() throws {
    let server = try LoopbackServer { _ in .silence }
    server.stop()
    #expect(
      fixture.message(server) { try fixture.installer(server.root).install(Fixture.entry(archive)) }
        == "cannot reach ROOT/\(Fixture.path): Couldn't connect to server. Nothing was installed. Check the network and run "
        + "the same command again, or do it by hand: download "
        + "https://download.tensorflow.org/models/\(Fixture.path) elsewhere, put \(Fixture.name).tgz into a folder of "
        + "this machine, and run 'mobilecam weights install --alpha 0.25 --resolution 128 --quantized --from FOLDER'.")
    #expect(fixture.installed == [])
  }

  @Test func anEndlessAnswerIsEnded() throws {
    var limits = Limits()
    limits.archiveBytes = 1 << 20
    let server = try LoopbackServer { _ in .endless }
    defer { server.stop() }
    #expect(
      fixture.message(server) { try fixture.installer(server.root, limits: limits).install(Fixture.entry(archive)) }
        == "the server sends more than 1048576 bytes, which no archive of these weights takes. Nothing was installed. "
        + "Check the address after --from.")
    #expect(fixture.installed == [])
  }

  @Test func onlyOneInstallsAtATime() throws {
    let archive = archive
    let server = try LoopbackServer { _ in .file(archive) }
    defer { server.stop() }
    var second = ""
    let installer = try fixture.installer(server.root) { event in
      guard case .installed = event else {
        second = fixture.message { try fixture.installer(server.root).install(Fixture.entry(archive)) }
        return
      }
    }
    try installer.install(Fixture.entry(archive))
    #expect(
      second
        == "another 'mobilecam weights install' is at work in 'DEST'. Wait until it is done and run the same command "
        + "again.")
  }
}
