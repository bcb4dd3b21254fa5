import Model
import Platform
import Telemetry

/// A summary of one or several logs, for the terminal and as a page.
package struct Report: Sendable {
  package var logs: [ReportLog]
  /// Of logs that could not be read.
  package var failures: [UserError] = []

  package init(logs: [ReportLog]) { self.logs = logs }

  /// Reads the logs one after the other, each in one pass and constant memory. One that cannot be read does not keep the
  /// others from being told of.
  package init(paths: [String]) {
    logs = []
    for path in paths {
      do throws(UserError) { logs.append(try ReportLog(path: path)) } catch { failures.append(error) }
    }
  }

  /// The summary for a terminal.
  package var text: String {
    var lines = Array(logs.map { Self.lines($0) }.joined(separator: [""]))
    if logs.count > 1 {
      lines += ["", "network p50 in µs, side by side (and against the first log)"] + comparisonLines
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func lines(_ log: ReportLog) -> [String] {
    var lines = ["\(Printable.line(log.path)): \(log.summary)"]
    lines += log.headers.prefix(3).map { "  " + $0.facts.map { "\($0) \($1)" }.joined(separator: ", ") }
    if log.runCount > 3 { lines.append("  … and \(log.runCount - 3) more runs") }
    lines += log.damages.map { "  " + $0 }
    if let machine = log.machine.text { lines.append("  processor: \(machine)") }
    return lines + log.configurations.flatMap { [""] + self.lines($0) }
  }

  private static func lines(_ figures: ConfigurationFigures) -> [String] {
    let warmUp = figures.warmUpResults > 0 ? ", \(figures.warmUpResults) more as warm-up left out" : ""
    let table = Table(ConfigurationFigures.columns)
    var rows = [table.columns.dropLast().map(\.title)] + figures.stageRows
    if !figures.layers.isEmpty { rows += [["layers", "", "", "", "", "", "", "share"]] + figures.layerRows }
    var lines = ["\(figures.configuration.title): \(counted(figures.results, "result", "results"))\(warmUp)"]
    lines += rows.map { "  " + table.line($0) } + ["  drops: \(figures.drops)"]
    if let machine = figures.machine.text { lines.append("  processor: \(machine)") }
    return lines
  }

  private var comparisonLines: [String] {
    let table = Table([.text("configuration", 36)] + logs.map { _ in .number("", 22) })
    return comparison.map { configuration, times in
      let cells = times.map { network -> String in
        guard let network else { return "–" }
        let ratio = Self.ratio(network, times[0]).map { " " + padLeft("(\($0))", 8) } ?? ""
        return network.microseconds(network.p50) + ratio
      }
      return "  " + table.line([configuration.title] + cells)
    }
  }

  // MARK: Several logs

  /// The network's times in each log, `nil` where the configuration did not run.
  var comparison: [(configuration: Configuration, times: [LatencyFigures?])] {
    Set(logs.flatMap { $0.configurations.map(\.configuration) }).sorted().map { configuration in
      (
        configuration,
        logs.map { log in log.configurations.first { $0.configuration == configuration }?[.network] }
      )
    }
  }

  /// The median to that of the first log.
  static func ratio(_ times: LatencyFigures, _ first: LatencyFigures?) -> String? {
    guard let first, first.p50 > 0 else { return nil }
    return fixed(Double(times.p50) / Double(first.p50), 2) + "×"
  }
}
