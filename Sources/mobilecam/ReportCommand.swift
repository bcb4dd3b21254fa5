import ArgumentParser
import Platform
import Reports

/// `mobilecam report`: what logs say, as text and as a page.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Summarise latency logs: percentiles of each stage and layer, drops, throttling.")

  @Option(help: ArgumentHelp("Also write a self-contained page with plots to this file.", valueName: "file"))
  var html: String?
  @Flag(help: "Replace the page if there is one.") var force = false
  @Argument(help: ArgumentHelp("Logs in any of the three formats.", valueName: "log")) var logs: [String]

  func run() throws {
    let page = try html.map { try PageFile(path: $0, force: force) }
    let report = Report(paths: logs)
    if !report.logs.isEmpty {
      try Output.print(report.text)
      try page?.write(report.page)
    }
    for failure in report.failures { Output.tell(failure.message) }
    if !report.failures.isEmpty { throw ExitCode(1) }
  }
}
