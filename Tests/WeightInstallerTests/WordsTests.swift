import Foundation
import MobileNet
import Model
import ModelFiles
import TestSupport
import Testing
import WeightInstaller

/// What is read from the command line and files, and what is shown.
struct WordsTests {
  let fixture: Fixture

  init() throws { fixture = Fixture() }

  private func catalogue(_ text: String) throws -> [WeightArchive] {
    let file = fixture.folder.appending(path: "catalogue.csv")
    try Data(text.utf8).write(to: file)
    return try WeightArchive.catalogue(path: file.path)
  }

  @Test func officialArchivesAreThoseOfTheCatalogue() {
    #expect(WeightArchive.official.map(\.name) == Catalogue.models.map(\.name))
    #expect(WeightArchive.official.map(\.path) == Catalogue.models.map(\.archivePath))
    #expect(WeightArchive.official[0].options == "--alpha 1.0 --resolution 224")
    #expect(WeightArchive.official[31].options == "--alpha 0.25 --resolution 128 --quantized")
  }

  @Test(.enabled(if: Reference.isUsable, "no reference data beside the checkout"))
  func theOfficialTableReadsAsACatalogue() throws {
    let file = Reference.path("reference/official_weights.csv")
    #expect(try WeightArchive.catalogue(path: file) == WeightArchive.official)
  }

  static let hash = String(repeating: "aB", count: 32)

  @Test func aCatalogueNeedsNoOrderOfColumns() throws {
    let archives = try catalogue("sha256,x,archive,quantized,resolution,alpha\r\n\(Self.hash),,a.tgz,no,160,0.5\r\n")
    #expect(
      archives == [
        WeightArchive(
          alpha: .half, resolution: 160, isQuantized: false, path: "a.tgz", sha256: Self.hash.lowercased())
      ])
  }

  @Test func aCatalogueWithoutAColumnIsRefused() {
    #expect(
      fixture.message { _ = try catalogue("alpha,resolution\n0.5,160\n") }
        == "cannot use the catalogue 'FOLDER/catalogue.csv': expected a first line with the columns alpha, resolution, "
        + "quantized, archive, sha256, found 'alpha,resolution'. Write it as the README describes.")
  }

  @Test(arguments: [
    "0.6,160,no,a.tgz,\(hash)", "0.5,161,no,a.tgz,\(hash)", "0.5,160,maybe,a.tgz,\(hash)",
    "0.5,160,no,,\(hash)", "0.5,160,no,a.tgz,12", "0.5,160,no,a.tgz",
  ])
  func aSenselessLineIsRefused(_ line: String) {
    #expect(
      fixture.message { _ = try catalogue("alpha,resolution,quantized,archive,sha256\n\(line)\n") }
        == "cannot use the catalogue 'FOLDER/catalogue.csv': line 2: expected α, resolution, yes or no, a path and 64 "
        + "hexadecimal digits in the columns alpha, resolution, quantized, archive, sha256, found '\(line)'. Correct the "
        + "line.")
  }

  @Test func anEmptyCatalogueIsRefused() {
    #expect(
      fixture.message { _ = try catalogue("alpha,resolution,quantized,archive,sha256\n") }
        == "cannot use the catalogue 'FOLDER/catalogue.csv': expected a line for each archive, found none. Add some.")
  }

  @Test func sourcesAreAddressesOrFolders() throws {
    #expect(try ArchiveSource("https://mirror/x//") == .web(root: "https://mirror/x"))
    #expect(try ArchiveSource("HTTP://mirror") == .web(root: "HTTP://mirror"))
    #expect(try ArchiveSource(fixture.folder.path + "/") == .folder(fixture.folder.path))
    #expect(try ArchiveSource(Catalogue.downloadRoot) == .official)
    for text in ["ftp://mirror", "/nowhere/at/all", ""] {
      #expect(
        fixture.message { _ = try ArchiveSource(text) }
          == "cannot install from '\(text)': expected http://…, https://… or a folder, found none of them. Give the "
          + "address of a mirror, or a folder with the archives in it.")
    }
  }

  @Test func theBarFitsItsColumns() {
    func bar(_ bytes: Int, _ total: Int?, _ columns: Int, isUnicode: Bool = true) -> String {
      ProgressText.bar(name: "a.tgz", bytes: bytes, totalBytes: total, columns: columns, isUnicode: isUnicode)
    }
    #expect(bar(12_345_678, 61_400_000, 46) == "a.tgz ███░░░░░░░░░░░░░  12.3 of 61.4 MB   20 %")
    #expect(bar(12_345_678, 61_400_000, 46, isUnicode: false) == "a.tgz ###.............  12.3 of 61.4 MB   20 %")
    #expect(bar(61_400_000, 61_400_000, 46) == "a.tgz ████████████████  61.4 of 61.4 MB  100 %")
    #expect(bar(1_000_000, nil, 46) == "a.tgz  1.0 MB")
    #expect(bar(1_000_000, 2_000_000, 25) == "a.tgz  1.0 of 2.0 MB   50")
    let numbers = [.min, -1, 0, 1, 1 << 31, 1 << 53, .max - 1, .max]
    for bytes in numbers {
      for total in numbers {
        _ = bar(bytes, total, 80)
        _ = ProgressText.amount(bytes, total)
        #expect(0...4 ~= ProgressText.share(of: 4, bytes, total))
      }
    }
    for columns in 1...120 { #expect(bar(1_000_000, 2_000_000, columns).count <= columns) }
  }
}
