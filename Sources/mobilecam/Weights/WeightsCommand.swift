import ArgumentParser

/// `mobilecam weights`: trained weights for each α and resolution.
struct Weights: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "weights", abstract: "Trained weights for each α and resolution: list, install, verify.",
    subcommands: [WeightsList.self, WeightsInstall.self, WeightsVerify.self], defaultSubcommand: WeightsList.self)
}
