import ArgumentParser
import Frames
import NetworkSelection
import Platform
import WeightInstaller

/// `mobilecam weights verify`: reads all that is installed and compares it with what was installed.
struct WeightsVerify: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Read every installed file and compare it with its hash.")

  func run() throws {
    let folder = WeightPlaces.installDirectory
    let verdicts = try Verdict.all(in: folder)
    guard !verdicts.isEmpty else {
      try Output.print("no weights are installed in \(folder)")
      return
    }
    for verdict in verdicts { try Output.print(Self.text(verdict)) }
    let bad = verdicts.filter { if case .bad = $0.finding { true } else { false } }
    guard bad.isEmpty else {
      throw UserError(
        "\(bad.count) of \(verdicts.count) weight files are bad. Install them again with 'mobilecam weights install', "
          + "which replaces bad ones, or delete them.")
    }
  }

  private static func text(_ verdict: Verdict) -> String {
    switch verdict.finding {
    case .right: "right       \(verdict.path)"
    case .unrecorded: "no record   \(verdict.path): reads well, but nothing says which hash it should have"
    case .bad(let what): "bad         \(verdict.path): \(what)"
    }
  }
}
