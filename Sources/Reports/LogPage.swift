import Model
import Platform
import Telemetry

extension Report {
  /// The report as one page; pictures are inline SVG.
  package var page: Page {
    let names = logs.map { Self.name($0.path) }
    var page = Page(title: "mobilecam report: \(names.joined(separator: ", "))")
    page.heading(1, "mobilecam latency report")
    page.paragraph("Times are what each log recorded; percentiles are nearest-rank, warm-up is left out.")
    if logs.count > 1 {
      page.heading(2, "Side by side")
      page.append(comparisonTable(names))
    }
    page.element("div class=\"logs\"") { page in
      for log in logs { page.element("section") { Self.append(log, to: &$0) } }
    }
    return page
  }

  private static func name(_ path: String) -> String {
    path.utf8.split(separator: UInt8(ascii: "/")).last.flatMap { String($0) } ?? path
  }

  private func comparisonTable(_ names: [String]) -> Table {
    let columns = names.flatMap { ["\($0): p50", "p99", "p50 to first log"] }.map { Table.Column.number($0) }
    var table = Table([.text("network, µs")] + columns)
    table.rows = comparison.map { configuration, times in
      [configuration.title]
        + times.flatMap { network -> [String] in
          guard let network else { return ["–", "–", "–"] }
          return [
            network.microseconds(network.p50), network.p99.map(network.microseconds) ?? "–",
            Self.ratio(network, times[0]) ?? "–",
          ]
        }
    }
    return table
  }

  private static func append(_ log: ReportLog, to page: inout Page) {
    page.heading(2, name(log.path))
    page.paragraph(log.summary + ".")
    for damage in log.damages {
      page.paragraph(damage.prefix(1).uppercased() + damage.dropFirst() + ".", isWarning: true)
    }
    if log.machine.isThrottled {
      page.paragraph("The processor was throttled for part of this log.", isWarning: true)
    }
    for (index, header) in log.headers.enumerated() {
      let facts = Table.facts(header.facts)
      // Those of further runs are folded.
      if index == 0 { page.append(html: facts) } else { page.details("run \(header.runID)") { $0.append(html: facts) } }
    }
    if log.runCount > log.headers.count { page.paragraph("… and \(log.runCount - log.headers.count) more runs.") }
    if let machine = log.machine.text { page.paragraph("Processor: \(machine).") }
    guard !log.configurations.isEmpty else { return page.paragraph("No complete row.") }
    page.heading(3, "Latency over time")
    page.append(
      html: """
        <p class="key"><i class="of-mean"></i>mean and <i class="of-band"></i>range of each moment, \
        <i class="of-switch"></i>switch</p>\n
        """)
    page.append(LogPictures.timeline(log.networkTimeline, of: "network", log))
    if !log.glassToLabelTimeline.bins.isEmpty {
      page.append(LogPictures.timeline(log.glassToLabelTimeline, of: "glass to label", log))
    }
    page.heading(3, "Distribution of the network's time")
    page.append(
      html: """
        <p class="key"><i class="of-mean"></i>p50 <i class="of-p99"></i>p99 (of 100 results and more)</p>\n
        """)
    if log.configurations.contains(where: { $0[.network] != nil }) { page.append(LogPictures.distributions(log)) }
    page.heading(3, "Width and resolution: median of the network")
    for map in LogPictures.heatMaps(log) { page.append(map) }
    for (index, figures) in log.configurations.enumerated() {
      page.details(figures.configuration.title, isOpen: index == 0) { page in
        page.paragraph(
          "\(counted(figures.results, "result", "results")), \(figures.warmUpResults) more as warm-up left out. "
            + "Drops: \(figures.drops).")
        page.append(Table(ConfigurationFigures.columns, rows: figures.stageRows + figures.layerRows))
        if !figures.layers.isEmpty { page.append(LogPictures.layers(figures)) }
      }
    }
  }
}
