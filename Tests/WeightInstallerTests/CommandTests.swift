import Foundation
import Glibc
import MobileNet
import TestSupport
import Testing
import WeightInstaller

/// `mobilecam weights`, through the built program.
@Suite(.enabled(if: Reference.isUsable, "no reference data beside the checkout"))
struct CommandTests {
  let fixture: Fixture
  let archive: Data
  private let choice = ["--alpha", "0.25", "--resolution", "128", "--quantized"]

  init() throws {
    fixture = Fixture()
    archive = try fixture.archive()
    try Data(
      "alpha,resolution,quantized,archive,sha256\n0.25,128,yes,\(Fixture.path),\(Fixture.hash(archive))\n".utf8
    ).write(to: fixture.folder.appending(path: "catalogue.csv"))
  }

  private var environment: [String: String] {
    [
      "XDG_DATA_HOME": fixture.folder.appending(path: "data").path, "no_proxy": "127.0.0.1",
      "MOBILECAM_ASSETS": Checkout.asset(""),
    ]
  }

  private func weights(_ arguments: [String]) throws -> Run {
    try Program.execute(Program.path, ["weights"] + arguments, environment: environment)
  }

  private func install(_ server: LoopbackServer) throws -> Run {
    try weights(["install"] + choice + from(server))
  }

  private func from(_ server: LoopbackServer) -> [String] {
    ["--from", server.root, "--catalogue", fixture.folder.appending(path: "catalogue.csv").path]
  }

  private struct Row: Decodable {
    struct Kind: Decodable {
      let file: String?
      let published_top1_percent: Double
    }
    struct Used: Decodable {
      let file: String
      let trained_at: Int
    }
    let alpha: Double
    let resolution: Int
    let float32: Kind
    let quantized: Kind
    let used: [String: Used]
  }

  private func list() throws -> [Row] {
    try JSONDecoder().decode([Row].self, from: Data(weights(["list", "--json"]).output.utf8))
  }

  @Test func installsListsAndVerifies() throws {
    let archive = archive
    let server = try LoopbackServer { _ in .file(archive) }
    defer { server.stop() }
    let first = try install(server)
    #expect(first.status == 0)
    #expect(fixture.plain(first.output) == "installed: DEST/\(Fixture.name).tflite\n")
    let lines = fixture.plain(first.error, server).split(separator: "\n")
    #expect(lines.first == "downloading ROOT/\(Fixture.path)")
    #expect(lines.last == "\(Fixture.name).tgz: 0.4 of 0.4 MB  100 %")
    try fixture.expectInstalled()

    let second = try install(server)
    #expect(second.status == 0)
    #expect(fixture.plain(second.output) == "already installed: DEST/\(Fixture.name).tflite\n")
    #expect(second.error == "")

    let verified = try weights(["verify"])
    #expect(verified.status == 0)
    #expect(fixture.plain(verified.output) == "right       DEST/\(Fixture.name).tflite\n")

    let rows = try list()
    #expect(rows.count == 16)
    let row = try #require(rows.last)
    #expect(row.alpha == 0.25 && row.resolution == 128)
    #expect(row.quantized.file.map { fixture.plain($0) } == "DEST/\(Fixture.name).tflite")
    #expect(row.quantized.published_top1_percent == 39.5)
    #expect(row.float32.file == nil)
    #expect(row.used["fp32"]?.file.hasSuffix("/mobilenet_v1_0.25_224.safetensors") == true)
    #expect(row.used["fp32"]?.trained_at == 224)
    #expect(row.used["int8"]?.file == row.quantized.file)
    #expect(row.used["int8"]?.trained_at == 128)
  }

  @Test func theListSaysWhereWeightsWereTrained() throws {
    let lines = try weights(["list"]).output.split(separator: "\n").map(String.init)
    let expected = [
      "0.50  128  –         56.3 %   –         54.5 %   [1], widened from 0.25  [1], widened from 0.25",
      "0.25  224  installed 49.8 %   –         48.0 %   [1]                     [1]",
      "0.25  192  –         47.7 %   –         46.0 %   [1], trained at 224     [1], trained at 224",
    ]
    #expect(lines.filter(expected.contains) == expected)
    #expect(lines.contains { $0.hasPrefix("[1] /") && $0.hasSuffix("/mobilenet_v1_0.25_224.safetensors") })
  }

  @Test func damagedWeightsFailVerification() throws {
    let archive = archive
    let server = try LoopbackServer { _ in .file(archive) }
    defer { server.stop() }
    #expect(try install(server).status == 0)
    let file = URL(filePath: "\(fixture.destination)/\(Fixture.name).tflite")
    var data = try Data(contentsOf: file)
    data[300_000] ^= 1
    try data.write(to: file)
    let verified = try weights(["verify"])
    #expect(verified.status == 1)
    #expect(fixture.plain(verified.output).hasPrefix("bad         DEST/\(Fixture.name).tflite: expected SHA-256 "))
    #expect(
      verified.error
        == "mobilecam: 1 of 1 weight files are bad. Install them again with 'mobilecam weights install', which replaces bad "
        + "ones, or delete them.\n")
    #expect(try install(server).status == 0)
    try fixture.expectInstalled()
  }

  @Test func aFlippedByteIsRefusedAndNothingIsInstalled() throws {
    var flipped = archive
    flipped[flipped.count / 2] ^= 1
    let sent = flipped
    let server = try LoopbackServer { _ in .file(sent) }
    defer { server.stop() }
    let run = try install(server)
    #expect(run.status == 1)
    #expect(run.error.contains("mobilecam: \(Fixture.name).tgz is damaged or not the right one: expected SHA-256"))
    #expect(run.output == "")
    #expect(fixture.installed == [])
  }

  /// Our archives are not those of the authors: without a catalogue their hashes hold.
  @Test func theOfficialHashesHoldForMirrors() throws {
    let archive = archive
    let server = try LoopbackServer { _ in .file(archive) }
    defer { server.stop() }
    let run = try weights(["install"] + choice + ["--from", server.root])
    #expect(run.status == 1)
    #expect(run.error.contains("expected SHA-256 \(WeightArchive.official[31].sha256)"))
    #expect(fixture.installed == [])
  }

  @Test func anInterruptKeepsThePart() throws {
    let archive = archive
    let server = try LoopbackServer { $0.rangeStart == nil ? .stall(archive, afterBytes: 90_000) : .file(archive) }
    defer { server.stop() }
    let process = Process()
    // Where the tests run in the background, INT is ignored, and programs would inherit that.
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["--default-signal=INT", Program.path, "weights", "install"] + choice + from(server)
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardError = FileHandle.nullDevice
    try process.run()
    let deadline = Date().addingTimeInterval(20)
    while fixture.bytes("\(Fixture.name).tgz.part")?.count != 90_000, Date() < deadline { usleep(20_000) }
    kill(process.processIdentifier, SIGINT)
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal)
    #expect(fixture.installed == ["\(Fixture.name).tgz.part"])
    #expect(fixture.bytes("\(Fixture.name).tgz.part") == archive.prefix(90_000))

    let run = try install(server)
    #expect(run.status == 0)
    #expect(run.error.contains(", going on after 0.1 MB\n"))
    try fixture.expectInstalled()
    #expect(server.requests.map(\.rangeStart) == [nil, 90_000])
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/script"), "needs script(1)"))
  func aTerminalShowsABar() throws {
    let archive = archive
    let server = try LoopbackServer { _ in .file(archive) }
    defer { server.stop() }
    let command = ([Program.path, "weights", "install"] + choice + from(server)).joined(separator: " ")
    let run = try Program.execute("/usr/bin/script", ["-qec", command, "/dev/null"], environment: environment)
    #expect(run.status == 0)
    #expect(run.output.contains("\r\(Fixture.name).tgz ██"))
    #expect(run.output.contains("0.4 of 0.4 MB  100 %\u{1b}[K\r\n"))
    try fixture.expectInstalled()
  }

  @Test(arguments: [
    (["install"], "expected which weights to install: --alpha, --resolution or both, or --all."),
    (["install", "--all", "--alpha", "1"], "--all takes every α and resolution: give either --all, or --alpha and"),
    (["install", "--alpha", "0.3"], "--alpha 0.3: expected one of 0.25, 0.5, 0.75 and 1"),
    (["install", "--resolution", "256"], "--resolution 256: expected one of 224, 192, 160 and 128"),
    (
      ["install", "--all", "--catalogue", "x"], "--catalogue describes a mirror's archives: expected --from URL-or-DIR"
    ),
  ])
  func wrongUsageSaysWhatIsRight(_ arguments: [String], _ message: String) throws {
    let run = try weights(arguments)
    #expect(run.status == 2)
    #expect(run.error.contains("mobilecam: \(message)"))
    #expect(run.output == "")
  }

  @Test func whatTheCatalogueLacksIsNamed() throws {
    let file = fixture.folder.appending(path: "catalogue.csv").path
    let run = try weights(["install", "--alpha", "1", "--from", fixture.folder.path, "--catalogue", file])
    #expect(run.status == 1)
    #expect(
      fixture.plain(run.error)
        == "mobilecam: nothing to install: expected weights of that α, resolution and kind in the catalogue "
        + "'FOLDER/catalogue.csv', found none. Choose others, or correct the catalogue.\n")
  }
}
