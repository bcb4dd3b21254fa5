import ArgumentParser
import Frames
import MobileNet
import Model
import NetworkSelection
import Platform
import WeightInstaller

/// `mobilecam weights install`: downloads official weights, or takes them from a mirror or a folder.
struct WeightsInstall: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "install", abstract: "Download the official weights and install them.",
    discussion: """
      Takes all that --alpha and --resolution choose; one of them alone takes every value of the other. What is there
      already is not downloaded again. An interrupted download goes on where it ended.
      """)

  @Option(
    parsing: .upToNextOption, help: ArgumentHelp("Width multipliers α: 0.25, 0.5, 0.75, 1.", valueName: "alpha"))
  var alpha: [Double] = []
  @Option(
    parsing: .upToNextOption, help: ArgumentHelp("Resolutions in pixels: 224, 192, 160, 128.", valueName: "px"))
  var resolution: [Int] = []
  @Flag(help: "The uint8 weights instead of the float32 ones.") var quantized = false
  @Flag(help: "Every α and resolution; float32 and uint8, or with --quantized uint8 alone.") var all = false
  @Option(
    help: ArgumentHelp(
      "Where the archives are: the address of a mirror, or a folder. The authors' server unless given.",
      valueName: "URL-or-DIR"))
  var from: String?
  @Option(
    help: ArgumentHelp(
      "For mirrors with archives of their own: CSV with the columns alpha, resolution, quantized, archive, sha256.",
      valueName: "file"))
  var catalogue: String?

  func validate() throws {
    if all, !alpha.isEmpty || !resolution.isEmpty {
      throw ValidationError("--all takes every α and resolution: give either --all, or --alpha and --resolution.")
    }
    if !all, alpha.isEmpty, resolution.isEmpty {
      throw ValidationError(
        "expected which weights to install: --alpha, --resolution or both, or --all. "
          + "'mobilecam weights list' says what there is.")
    }
    for alpha in alpha where Alpha(rawValue: alpha) == nil {
      throw ValidationError(
        "--alpha \(number(alpha)): expected one of 0.25, 0.5, 0.75 and 1, the width multipliers of MobileNet V1.")
    }
    for resolution in resolution where !Architecture.paperResolutions.contains(resolution) {
      throw ValidationError(
        "--resolution \(resolution): expected one of 224, 192, 160 and 128, for which weights were published.")
    }
    if catalogue != nil, from == nil {
      throw ValidationError("--catalogue describes a mirror's archives: expected --from URL-or-DIR with it.")
    }
  }

  func run() throws {
    let archives = try catalogue.map(WeightArchive.catalogue) ?? WeightArchive.official
    let chosen = archives.filter { archive in
      (alpha.isEmpty || alpha.contains(archive.alpha.rawValue))
        && (resolution.isEmpty || resolution.contains(archive.resolution))
        && (archive.isQuantized == quantized || all && !quantized)
    }
    guard !chosen.isEmpty else {
      throw UserError(
        "nothing to install: expected weights of that α, resolution and kind in the catalogue '\(catalogue ?? "")', "
          + "found none. Choose others, or correct the catalogue.")
    }
    let source = try from.map { try ArchiveSource($0) } ?? .official
    let console = InstallConsole()
    for archive in chosen {
      console.name = archive.archiveName
      let installer = Installer(destination: WeightPlaces.installDirectory, source: source, report: console.show)
      do {
        try installer.install(archive)
      } catch {
        console.endBar()
        throw error
      }
    }
    if let failure = console.outputFailure { throw failure }
  }
}
