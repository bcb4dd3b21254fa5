import Foundation
import TestSupport
import Testing
import WeightInstaller

/// What `weights verify` finds.
@Suite(.enabled(if: Reference.isUsable, "no reference data beside the checkout"))
struct VerifyTests {
  let fixture: Fixture
  var weights: String { "\(fixture.destination)/\(Fixture.name).tflite" }

  init() throws {
    fixture = Fixture()
    let archive = try fixture.archive()
    try archive.write(to: fixture.folder.appending(path: "\(Fixture.name).tgz"))
    try fixture.installer(fixture.folder.path).install(Fixture.entry(archive))
  }

  private func findings() throws -> [Verdict.Finding] { try Verdict.all(in: fixture.destination).map(\.finding) }

  @Test func installedWeightsAreRight() throws {
    let verdicts = try Verdict.all(in: fixture.destination)
    #expect(verdicts.map(\.path) == [weights])
    #expect(verdicts.map(\.finding) == [.right])
  }

  @Test func nothingIsInstalledWhereThereIsNoFolder() throws {
    #expect(try Verdict.all(in: fixture.folder.path + "/none") == [])
  }

  @Test func aFlippedBitIsFound() throws {
    var data = try Data(contentsOf: URL(filePath: weights))
    let before = Fixture.hash(data)
    // Among the weights, where every value is a legal one.
    data[300_000] ^= 1
    try data.write(to: URL(filePath: weights))
    #expect(try findings() == [.bad("expected SHA-256 \(before), found \(Fixture.hash(data))")])
  }

  @Test func aTruncatedFileIsFound() throws {
    try Data(contentsOf: URL(filePath: weights)).prefix(300_000).write(to: URL(filePath: weights))
    guard case .bad(let what) = try findings()[0] else {
      Issue.record("expected a bad file")
      return
    }
    #expect(what.contains("cannot use weights"))
  }

  @Test func aMissingFileIsFound() throws {
    try FileManager.default.removeItem(atPath: weights)
    #expect(try findings() == [.bad("only its record is left")])
  }

  @Test func aDamagedRecordIsFound() throws {
    try Data("12".utf8).write(to: URL(filePath: weights + ".sha256"))
    #expect(try findings() == [.bad("its record '\(weights).sha256' is damaged")])
  }

  @Test func aFileWithoutARecordIsNotBad() throws {
    try FileManager.default.removeItem(atPath: weights + ".sha256")
    #expect(try findings() == [.unrecorded])
  }

  @Test func theRecordIsOneThatShaTwoFiftySixSumReads() throws {
    let run = try Program.execute(
      "/bin/sh", ["-c", "cd '\(fixture.destination)' && sha256sum --check --strict *.sha256"])
    #expect(run.output == "\(Fixture.name).tflite: OK\n")
    #expect(run.status == 0)
  }
}
