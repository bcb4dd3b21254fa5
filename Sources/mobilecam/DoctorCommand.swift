import ArgumentParser
import Platform

/// `mobilecam doctor`: what is wrong with this machine, and what mends it.
struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Check camera, terminal, processor and weights; say what mends what is wrong.",
    discussion: "Exit status 1 if something is wrong.")

  func run() throws {
    let findings = DoctorFacts.current().findings
    try Output.print(Finding.report(findings))
    if findings.contains(where: { $0.level == .wrong }) { throw ExitCode(1) }
  }
}
