/// A report as one page that needs nothing else: no network, no script; pictures are inline SVG.
public struct HTMLReport: Sendable {
  public let report: Report

  public init(_ report: Report) { self.report = report }

  public var html: String {
    let titles = report.logs.map { escaped(Self.name($0.path)) }.joined(separator: ", ")
    var page = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>mobilecam report: \(titles)</title>
      <style>
      \(Self.style)
      </style>
      </head>
      <body>
      <h1>mobilecam latency report</h1>
      <p>Times are what each log recorded; percentiles are nearest-rank, warm-up is left out.</p>

      """
    if report.logs.count > 1 { page += comparison }
    page += "<div class=\"logs\">\n"
    for log in report.logs { page += section(log) }
    page += "</div>\n</body>\n</html>\n"
    return page
  }

  static func name(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

  private static let style = """
    :root{color-scheme:light dark;--page:#fff;--text:#1b1f24;--dim:#57606a;--line:#e3e6ea;--grid:#eaeef2;--axis:#afb8c1;\
    --warn:#9a3412;--band:#9ec5fe;--mean:#0b5ed7;--switch:#c2255c;--p99:#b02a37;--bar:#4c8bf5;--none:#f1f3f5}
    @media (prefers-color-scheme:dark){:root{--page:#14181d;--text:#e6e9ed;--dim:#9aa4af;--line:#2c333b;--grid:#232a31;\
    --axis:#4b5560;--warn:#ffb186;--band:#28518c;--mean:#7db1ff;--switch:#ff7aa8;--p99:#ff8a8f;--bar:#4c8bf5;--none:#232a31}}
    body{font:15px/1.45 system-ui,sans-serif;margin:1.5rem;color:var(--text);background:var(--page)}
    h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:1.5rem;overflow-wrap:anywhere}h3{font-size:1rem;margin:1.2rem 0 .3rem}
    .logs{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,34rem),1fr));gap:2rem;align-items:start}
    section{min-width:0}table{border-collapse:collapse;font-variant-numeric:tabular-nums;margin:.3rem 0}
    th,td{padding:.15rem .5rem;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
    th:first-child,td:first-child{text-align:left}.scroll{overflow-x:auto}
    .facts td{text-align:left;white-space:normal;overflow-wrap:anywhere}.facts td:first-child{white-space:nowrap;color:var(--dim)}
    .warn{color:var(--warn);font-weight:600}summary{font-weight:600;margin-top:.6rem;cursor:pointer}
    .key{margin:.2rem 0;color:var(--dim);font-size:.85rem}.key i{display:inline-block;width:1.2em;margin:0 .35em 0 0;vertical-align:.2em;border-top:2px solid}
    .of-mean{border-color:var(--mean)!important}.of-band{border-top:.6em solid var(--band)!important;vertical-align:0!important}
    .of-switch{border-top-style:dashed!important;border-color:var(--switch)!important}.of-p99{border-color:var(--p99)!important}
    svg{width:100%;max-width:60rem;height:auto;display:block}.t{font:11px system-ui,sans-serif;fill:var(--text)}
    .s{font:10px system-ui,sans-serif;fill:var(--dim)}.e{text-anchor:end}.m{text-anchor:middle}
    .axis{stroke:var(--axis);stroke-width:1}.grid{stroke:var(--grid);stroke-width:1}
    .band{fill:var(--band);opacity:.6}.mean{fill:none;stroke:var(--mean);stroke-width:1.5}
    .switch{stroke:var(--switch);stroke-width:1;stroke-dasharray:3 2}.bar{fill:var(--bar)}
    .shape{fill:var(--band);stroke:var(--mean);stroke-width:.7}.none{fill:var(--none)}
    .p50{stroke:var(--mean);stroke-width:2}.p99{stroke:var(--p99);stroke-width:1.5}.cell{stroke:var(--page);stroke-width:2}
    .light,.dark,.empty{font:12px system-ui,sans-serif;text-anchor:middle}.light{fill:#fff}.dark{fill:#1b1f24}.empty{fill:var(--dim)}
    @media print{.logs{display:block}}
    """

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
    html += "\(ReportWords.count(log.headers.count, "run", "runs")), "
    html += "\(ReportWords.count(log.switchCount, "switch", "switches")).</p>\n"
    for warning in Self.warnings(log) { html += "<p class=\"warn\">\(escaped(warning))</p>\n" }
    html += Self.facts(log.headers)
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
  private static func facts(_ headers: [RunHeader]) -> String {
    var html = ""
    for (index, header) in headers.prefix(mostRuns).enumerated() {
      var table = "<table class=\"facts\">\n"
      for (name, value) in ReportWords.facts(header) {
        table += "<tr><td>\(escaped(name))</td><td>\(escaped(value))</td></tr>\n"
      }
      table += "</table>\n"
      html += index == 0 ? table : "<details><summary>run \(escaped(header.runID))</summary>\n\(table)</details>\n"
    }
    if headers.count > mostRuns { html += "<p>… and \(headers.count - mostRuns) more runs.</p>\n" }
    return html
  }

  private static let mostRuns = 10

  private static func warnings(_ log: ReportLog) -> [String] {
    var words: [String] = []
    if log.tornBytes > 0 { words.append("The last row was cut off; \(log.tornBytes) bytes were left out.") }
    if log.lostRows > 0 { words.append("\(log.lostRows) rows were lost: the log could not keep up.") }
    if log.leftOutRows > 0 { words.append("\(log.leftOutRows) rows were left out: too many configurations.") }
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
