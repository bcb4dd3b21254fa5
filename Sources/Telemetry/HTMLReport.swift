import Model

/// A report as one page that needs nothing else: no network, no script; pictures are inline SVG.
public struct HTMLReport: Sendable {
  public let report: Report

  public init(_ report: Report) { self.report = report }

  public var html: String {
    let titles = report.logs.map { Self.name($0.path) }.joined(separator: ", ")
    var body = """
      <h1>mobilecam latency report</h1>
      <p>Times are what each log recorded; percentiles are nearest-rank, warm-up is left out.</p>

      """
    if report.logs.count > 1 { body += comparison }
    body += "<div class=\"logs\">\n"
    for log in report.logs { body += section(log) }
    return HTMLPage.page(title: "mobilecam report: \(titles)", body: body + "</div>\n")
  }

  static func name(_ path: String) -> String {
    path.utf8.split(separator: UInt8(ascii: "/")).last.flatMap { String($0) } ?? path
  }

  // MARK: Several logs

  private var comparison: String {
    var html = "<h2>Side by side</h2>\n<div class=\"scroll\"><table>\n<tr><th>configuration</th>"
    for log in report.logs { html += "<th colspan=\"3\">\(escaped(Self.name(log.path)))</th>" }
    html += "</tr>\n<tr><th>network, µs</th>"
    for _ in report.logs { html += "<th>p50</th><th>p99</th><th>p50 to first log</th>" }
    html += "</tr>\n"
    for row in Comparison(report.logs).rows {
      html += "<tr><td>\(escaped(ReportWords.name(row.configuration)))</td>"
      for figures in row.figures {
        guard let network = figures?[.network] else {
          html += "<td>–</td><td>–</td><td>–</td>"
          continue
        }
        html += "<td>\(Self.cell(network.p50, network))</td><td>\(Self.cell(network.p99, network))</td>"
        if let first = row.figures.first??[.network]?.p50, first > 0 {
          html += "<td>\(ReportWords.fixed(Double(network.p50) / Double(first), 2))×</td>"
        } else {
          html += "<td>–</td>"
        }
      }
      html += "</tr>\n"
    }
    return html + "</table></div>\n"
  }

  // MARK: One log

  private func section(_ log: ReportLog) -> String {
    var html = "<section>\n<h2>\(escaped(Self.name(log.path)))</h2>\n"
    html += "<p>\(ReportWords.count(log.rows, "row", "rows")) in \(ReportWords.seconds(log.durationNanoseconds)), "
    html += "\(ReportWords.count(log.runCount, "run", "runs")), "
    html += "\(ReportWords.count(log.switchCount, "switch", "switches")).</p>\n"
    for warning in Self.warnings(log) { html += "<p class=\"warn\">\(escaped(warning))</p>\n" }
    html += Self.facts(log)
    if let machine = ReportWords.machine(log.machine) { html += "<p>Processor: \(escaped(machine)).</p>\n" }
    guard !log.configurations.isEmpty else { return html + "<p>No complete row.</p>\n</section>\n" }
    html += "<h3>Latency over time</h3>\n<p class=\"key\"><i class=\"of-mean\"></i>mean and "
    html += "<i class=\"of-band\"></i>range of each moment, <i class=\"of-switch\"></i>switch</p>\n"
    html += ReportPictures.timeline(log.networkTimeline, of: "network", log)
    if !log.glassToLabelTimeline.bins.isEmpty {
      html += ReportPictures.timeline(log.glassToLabelTimeline, of: "glass to label", log)
    }
    html += "<h3>Distribution of the network's time</h3>\n<p class=\"key\"><i class=\"of-mean\"></i>p50 "
    html += "<i class=\"of-p99\"></i>p99 (of 100 results and more)</p>\n" + ReportPictures.distributions(log)
    html += "<h3>Width and resolution: median of the network</h3>\n" + ReportPictures.heatMaps(log)
    for (index, figures) in log.configurations.enumerated() {
      html +=
        "<details\(index == 0 ? " open" : "")><summary>\(escaped(ReportWords.name(figures.configuration)))</summary>\n"
      html += Self.table(figures) + ReportPictures.layers(figures) + "</details>\n"
    }
    return html + "</section>\n"
  }

  /// The first run's facts, those of further ones folded.
  private static func facts(_ log: ReportLog) -> String {
    var html = ""
    for (index, header) in log.headers.enumerated() {
      var table = "<table class=\"facts\">\n"
      for (name, value) in ReportWords.facts(header) {
        table += "<tr><td>\(escaped(name))</td><td>\(escaped(value))</td></tr>\n"
      }
      table += "</table>\n"
      html += index == 0 ? table : "<details><summary>run \(escaped(header.runID))</summary>\n\(table)</details>\n"
    }
    let more = log.runCount - log.headers.count
    return more > 0 ? html + "<p>… and \(more) more runs.</p>\n" : html
  }

  private static func warnings(_ log: ReportLog) -> [String] {
    var words = ReportWords.damages(log).map { $0.prefix(1).uppercased() + $0.dropFirst() + "." }
    if log.machine.isThrottled { words.append("The processor was throttled for part of this log.") }
    return words
  }

  private static func table(_ figures: ConfigurationFigures) -> String {
    var html = "<p>\(ReportWords.count(figures.results, "result", "results")), "
    html += "\(figures.warmUpResults) more as warm-up left out. "
    html +=
      "Drops: driver \(ReportWords.unknown(figures.driverDrops)), ring \(ReportWords.unknown(figures.ringDrops)), "
    html += "bad frames \(ReportWords.unknown(figures.badFrames)).</p>\n"
    html += "<div class=\"scroll\"><table>\n<tr><th>µs</th><th>count</th><th>p50</th><th>p90</th><th>p95</th>"
    html += "<th>p99</th><th>max</th><th>share</th></tr>\n"
    func row(_ title: String, _ times: LatencyFigures, _ share: Double?) {
      html += "<tr><td>\(escaped(title))</td><td>\(times.count)</td>"
      for value in [times.p50, times.p90, times.p95, times.p99] { html += "<td>\(cell(value, times))</td>" }
      html += "<td>\(ReportWords.microseconds(times.max))</td>"
      html += "<td>\(share.map { ReportWords.percent($0) } ?? "")</td></tr>\n"
    }
    for stage in Stage.allCases { if let times = figures[stage] { row(stage.title, times, nil) } }
    for layer in figures.layers { row(layer.name, layer.figures, layer.share) }
    return html + "</table></div>\n"
  }

  private static func cell(_ value: Int64?, _ times: LatencyFigures) -> String {
    value.map { ReportWords.microseconds($0, digits: times.digits) } ?? "–"
  }
}
