import Model
import Platform

/// A summary of one or several logs, for the terminal and as a page.
public struct Report: Sendable {
  public var logs: [ReportLog]
  /// Of logs that could not be read.
  public var failures: [UserError] = []

  public init(logs: [ReportLog]) { self.logs = logs }

  /// Reads the logs one after the other, each in one pass and constant memory. One that cannot be read does not keep the
  /// others from being told of.
  public init(paths: [String]) {
    logs = []
    for path in paths {
      do throws(UserError) { logs.append(try ReportLog(path: path)) } catch { failures.append(error) }
    }
  }

  /// The report as one self-contained page.
  public var html: String { HTMLReport(self).html }

  /// The summary for a terminal.
  public var text: String {
    var lines: [String] = []
    for (index, log) in logs.enumerated() {
      if index > 0 { lines.append("") }
      Self.append(log, to: &lines)
    }
    if logs.count > 1 { appendComparison(to: &lines) }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func append(_ log: ReportLog, to lines: inout [String]) {
    let words = ReportWords.self
    lines.append(
      "\(words.visible(log.path)): \(words.count(log.rows, "row", "rows")) in "
        + "\(words.seconds(log.durationNanoseconds)), \(words.count(log.runCount, "run", "runs")), "
        + words.count(log.switchCount, "switch", "switches"))
    for header in log.headers.prefix(3) {
      lines.append("  " + words.facts(header).map { "\($0.0) \($0.1)" }.joined(separator: ", "))
    }
    if log.runCount > 3 { lines.append("  … and \(log.runCount - 3) more runs") }
    lines += words.damages(log).map { "  " + $0 }
    if let machine = words.machine(log.machine) { lines.append("  processor: \(machine)") }
    for figures in log.configurations {
      lines.append("")
      append(figures, to: &lines)
    }
  }

  private static func append(_ figures: ConfigurationFigures, to lines: inout [String]) {
    let words = ReportWords.self
    lines.append(
      "\(words.name(figures.configuration)): \(words.count(figures.results, "result", "results"))"
        + (figures.warmUpResults > 0 ? ", \(figures.warmUpResults) more as warm-up left out" : ""))
    lines.append(
      "  " + words.padded("µs", 16, left: true)
        + ["count", "p50", "p90", "p95", "p99", "max"].map { words.padded($0, 12) }.joined())
    for stage in Stage.allCases {
      guard let times = figures[stage] else { continue }
      lines.append("  " + row(stage.title, times))
    }
    if !figures.layers.isEmpty {
      lines.append("  layers" + String(repeating: " ", count: 86) + "share")
      for layer in figures.layers {
        lines.append("  " + row(words.visible(layer.name), layer.figures) + words.padded(words.percent(layer.share), 9))
      }
    }
    lines.append(
      "  drops: driver \(words.unknown(figures.driverDrops)), ring \(words.unknown(figures.ringDrops)), "
        + "bad frames \(words.unknown(figures.badFrames))")
    if let machine = words.machine(figures.machine) { lines.append("  processor: \(machine)") }
  }

  private static func row(_ title: String, _ times: LatencyFigures) -> String {
    let words = ReportWords.self
    func shown(_ value: Int64?) -> String {
      value.map { words.microseconds($0, digits: times.digits) } ?? "–"
    }
    let cells =
      ["\(times.count)", shown(times.p50), shown(times.p90), shown(times.p95), shown(times.p99)]
      + [words.microseconds(times.max)]
    return words.padded(title, 16, left: true) + cells.map { words.padded($0, 12) }.joined()
  }

  private func appendComparison(to lines: inout [String]) {
    let words = ReportWords.self
    lines.append("")
    lines.append("network p50 in µs, side by side (and against the first log)")
    for row in Comparison(logs).rows {
      let cells = row.figures.map { figures -> String in
        guard let figures, let network = figures[.network] else { return words.padded("–", 22) }
        var cell = words.microseconds(network.p50, digits: network.digits)
        if let first = row.figures.first??[.network]?.p50, first > 0 {
          cell += " " + words.padded("(\(words.fixed(Double(network.p50) / Double(first), 2))×)", 8)
        }
        return words.padded(cell, 22)
      }
      lines.append("  " + words.padded(words.name(row.configuration), 36, left: true) + cells.joined())
    }
  }
}

/// The same configuration in several logs.
struct Comparison {
  struct Row {
    var configuration: Configuration
    /// One for each log, `nil` where it did not run.
    var figures: [ConfigurationFigures?]
  }

  var rows: [Row] = []

  init(_ logs: [ReportLog]) {
    var seen: Set<Configuration> = []
    for configuration in logs.flatMap({ $0.configurations.map(\.configuration) })
    where seen.insert(configuration).inserted {
      rows.append(
        Row(
          configuration: configuration,
          figures: logs.map { log in log.configurations.first { $0.configuration == configuration } }))
    }
    rows.sort { $0.configuration < $1.configuration }
  }
}
