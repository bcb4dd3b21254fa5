import Model
import ModelFiles
import Platform

/// Installs weights from official archives: hash checked, only the weights unpacked, all or nothing.
public struct Installer {
  /// The folder that gets the weights.
  public let destination: String
  public let source: ArchiveSource
  public let limits: Limits
  private let report: (InstallEvent) -> Void

  /// - Parameter report: called on the caller's thread.
  public init(
    destination: String, source: ArchiveSource = .official, limits: Limits = Limits(),
    report: @escaping (InstallEvent) -> Void = { _ in }
  ) {
    self.destination = destination
    self.source = source
    self.limits = limits
    self.report = report
  }

  /// Installs one archive's weights, unless they are there.
  /// - Throws: `UserError`. Then nothing new is in the folder but the `.part` of a download that can go on.
  public func install(_ archive: WeightArchive) throws {
    let file = "\(destination)/\(archive.fileName)"
    if InstalledFile(path: file).isProven {
      // Left by an installation that was killed at its very end.
      for leftover in [part(archive), file + ".new"] { File.remove(leftover) }
      report(.alreadyInstalled(path: file))
      return
    }
    try FileSystem.makeFolder(destination)
    try withExtendedLifetime(FolderLock(destination)) {
      switch source {
      case .folder(let folder):
        let places = source.places(of: archive)
        guard let path = places.first(where: FileSystem.isFile) ?? places.first(where: File.exists) else {
          throw UserError(
            "no such archive: expected \(archive.archiveName) in '\(folder)', found none. Nothing was installed. "
              + "Download \(ArchiveSource.address(of: archive)) and put it there.")
        }
        report(.reading(path: path))
        try check(path, archive)
        try unpack(path, archive)
      case .web:
        try download(archive)
      }
      File.remove(part(archive))
    }
    report(.installed(path: file))
  }

  /// Where a download gathers.
  private func part(_ archive: WeightArchive) -> String { "\(destination)/\(archive.archiveName).part" }

  private func download(_ archive: WeightArchive) throws {
    let part = part(archive)
    let download = Download(archive: archive, source: source, part: part, limits: limits, report: report)
    if !download.isWhole { try bring(download, part, archive) }
    try unpack(part, archive)
  }

  private func bring(_ download: Download, _ part: String, _ archive: WeightArchive) throws {
    let isResumed = try download.run()
    do {
      try check(part, archive)
    } catch {
      File.remove(part)
      guard isResumed else { throw error }
      // The first part may have been of another archive, or damaged: once more, from the start.
      report(.startingAfresh)
      _ = try download.run()
      do {
        try check(part, archive)
      } catch {
        File.remove(part)
        throw error
      }
    }
  }

  private func check(_ path: String, _ archive: WeightArchive) throws {
    let found = try sha256(ofFile: path, limitBytes: limits.archiveBytes)
    guard found == archive.sha256 else {
      throw UserError(
        "\(archive.archiveName) is damaged or not the right one: expected SHA-256 \(archive.sha256), found \(found). "
          + "Nothing was installed. Run the same command again, or get it from elsewhere: --from URL-or-FOLDER")
    }
  }

  private func unpack(_ path: String, _ archive: WeightArchive) throws {
    let file = InstalledFile(path: "\(destination)/\(archive.fileName)")
    let new = file.path + ".new"
    do {
      let output = try OutputFile(anew: new)
      try TarGzip(path: path, limits: limits).extract(archive.fileName) { try output.append($0) }
      try output.finish()
      try checkWeights(new, archive)
      // The record first: weights without their record could not be told from damaged ones.
      try file.record(sha256(ofFile: new))
      try FileSystem.rename(new, to: file.path)
      Folder.synchronise(destination)
    } catch {
      File.remove(new)
      throw error
    }
  }

  /// A catalogue may be wrong where no hash is: the file has to be what its name says.
  private func checkWeights(_ path: String, _ archive: WeightArchive) throws {
    _ = try WeightFile.load(path: path)
    let found = try WeightFile.describe(path: path)
    func text(_ alpha: Alpha, _ resolution: Int?, _ isQuantized: Bool) -> String {
      "α = \(alpha.name) trained at \(resolution.map(String.init) ?? "?") in \(isQuantized ? "uint8" : "float32")"
    }
    let expected = text(archive.alpha, archive.resolution, archive.isQuantized)
    let held = text(found.alpha, found.trainedResolution, found.isQuantized)
    guard expected == held else {
      throw UserError(
        "\(archive.archiveName) holds other weights than its name says: expected \(expected), found \(held). "
          + "Nothing was installed. Correct the catalogue.")
    }
  }
}
