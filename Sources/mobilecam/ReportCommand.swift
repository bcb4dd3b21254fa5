import ArgumentParser
import Frames
import Glibc
import Telemetry

/// `mobilecam report`: what logs say, as text and as a page.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Summarise latency logs: percentiles of each stage and layer, drops, throttling.")

  @Option(help: ArgumentHelp("Also write a self-contained page with plots to this file.", valueName: "file"))
  var html: String?
  @Flag(help: "Replace the page if there is one.") var force = false
  @Argument(help: ArgumentHelp("Logs in any of the three formats.", valueName: "log")) var logs: [String]

  func run() throws {
    let report = try Report(paths: logs)
    print(report.text)
    if let html { try write(report.html, to: html) }
  }

  private func write(_ page: String, to path: String) throws {
    let exclusive = force ? O_TRUNC : O_EXCL
    let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | exclusive, 0o644)
    guard file >= 0 else {
      let next = errno == EEXIST ? "; name another file, or give --force" : ""
      throw UserError("cannot write the page '\(path)': \(String(cString: strerror(errno)))\(next)")
    }
    defer { close(file) }
    var rest = Array(page.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw UserError("cannot write the page '\(path)': \(String(cString: strerror(errno)))") }
      rest = rest.dropFirst(count)
    }
  }
}
