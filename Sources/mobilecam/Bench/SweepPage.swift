import MobileNet
import Model
import Telemetry

/// A sweep as one page: the paper's Tables 6 and 7 and its Figure 4 on this machine, and standard convolutions against
/// separable ones.
struct SweepPage {
  let reports: [Benchmark.Report]
  let comparison: ConvolutionComparison
  let machine: MachineFacts

  /// A precision on a number of threads: a column of the tables, a shape in the pictures.
  struct Series: Hashable {
    let precision: Precision
    let threads: Int

    var name: String { "\(precision), \(threads) \(threads == 1 ? "thread" : "threads")" }
  }

  var series: [Series] {
    var found: [Series] = []
    for report in reports {
      let series = Series(precision: report.precision, threads: report.threads)
      if !found.contains(series) { found.append(series) }
    }
    return found
  }

  func report(_ series: Series, alpha: Alpha, resolution: Int) -> Benchmark.Report? {
    reports.first {
      $0.precision == series.precision && $0.threads == series.threads && $0.alpha == alpha.rawValue
        && $0.resolution == resolution
    }
  }

  /// What was measured, α and resolution falling.
  var pairs: [Configuration] {
    Set(
      reports.compactMap { report in
        Alpha(rawValue: report.alpha).map { Configuration(alpha: $0, resolution: report.resolution) }
      }
    ).sorted(by: >)
  }

  /// Top-1 in per cent as published with the official weights; of the quantized ones for int8.
  static func published(_ pair: Configuration, precision: Precision) -> Double? {
    Catalogue.published(alpha: pair.alpha, resolution: pair.resolution, quantized: precision == .int8)?.top1Percent
  }

  var html: String {
    let runs = reports.first?.runs ?? 0
    var body = """
      <h1>MobileNet V1 on this machine</h1>
      <p>Accuracy is published, mult-adds are computed from the architecture, times are measured: medians of \(runs) runs
      of one image, after a warm-up. The paper: Howard et al., 2017, <cite>MobileNets</cite>, arXiv 1704.04861.</p>
      \(facts)

      """
    let noisy = reports.filter(\.noisy).count
    if noisy > 0 {
      body += "<p class=\"warn\">\(noisy) of \(reports.count) measurements were noisy: the middle half of the times "
      body += "spreads by more than 10 % of the median.</p>\n"
    }
    body += PaperTable.all.map { table($0) }.joined()
    if pairs.contains(where: { Self.published($0, precision: .fp32) != nil }) {
      body += "<h2>Accuracy against computation (Figure 4)</h2>\n" + SweepPictures.accuracyAgainstMultAdds(self)
      body += "<h2>Accuracy against latency</h2>\n"
      for threads in Set(series.map(\.threads)).sorted() {
        body += SweepPictures.accuracyAgainstLatency(self, threads: threads)
      }
    }
    body += "<h2>Every pair</h2>\n" + everyPair
    body += convolutions
    return HTMLPage.page(title: "MobileNet V1 on this machine: mobilecam bench", body: body)
  }

  private var facts: String {
    let facts: [(String, String?)] = [
      ("CPU", machine.cpuModel), ("cores", machine.cores.map(String.init)), ("kernel", machine.kernel),
      ("governor", machine.governor), ("instruction set", comparison.separable.isa),
      (
        "peak",
        "\(fixed(comparison.separable.peakGflops / Double(comparison.separable.threads), 1)) GFLOP/s a thread, float32"
      ),
      ("program", "mobilecam \(Mobilecam.version)"),
    ]
    let rows = facts.compactMap { name, value in
      value.map { "<tr><td>\(name)</td><td>\(escaped($0))</td></tr>\n" }
    }
    return "<table class=\"facts\">\n\(rows.joined())</table>"
  }

  private func table(_ table: PaperTable) -> String {
    let rows = table.rows.filter { row in pairs.contains(row.configuration) }
    guard !rows.isEmpty else { return "" }
    var html = "<h2>\(table.title)</h2>\n<div class=\"scroll\"><table>\n<tr><th>network</th><th>top-1, paper</th>"
    html += "<th>top-1, official weights</th><th>M mult-adds, paper</th><th>computed</th><th>M parameters</th>"
    for series in series { html += "<th>\(escaped(series.name)), ms</th>" }
    html += "</tr>\n"
    for row in rows {
      let architecture = row.configuration.architecture
      html += "<tr><td>\(row.configuration.alpha.name) MobileNet-\(row.configuration.resolution)</td>"
      html += "<td>\(fixed(row.top1Percent, 1)) %</td>"
      html += "<td>\(Self.percent(Self.published(row.configuration, precision: .fp32)))</td>"
      html += "<td>\(row.multAddsMillion)</td><td>\(fixed(Double(architecture.multAdds) / 1e6, 1))</td>"
      html += "<td>\(fixed(Double(architecture.parameters) / 1e6, 2))</td>" + times(row.configuration) + "</tr>\n"
    }
    return html + "</table></div>\n"
  }

  private var everyPair: String {
    var html = "<div class=\"scroll\"><table>\n<tr><th>α</th><th>px</th><th>ρ</th><th>top-1</th><th>top-1, uint8</th>"
    html += "<th>M mult-adds</th>"
    for series in series { html += "<th>\(escaped(series.name)), ms</th>" }
    html += "</tr>\n"
    for pair in pairs {
      let architecture = pair.architecture
      html += "<tr><td>\(pair.alpha.name)</td><td>\(pair.resolution)</td><td>\(fixed(architecture.rho, 3))</td>"
      html += "<td>\(Self.percent(Self.published(pair, precision: .fp32)))</td>"
      html += "<td>\(Self.percent(Self.published(pair, precision: .int8)))</td>"
      html += "<td>\(fixed(Double(architecture.multAdds) / 1e6, 1))</td>" + times(pair) + "</tr>\n"
    }
    return html + "</table></div>\n"
  }

  private func times(_ pair: Configuration) -> String {
    series.map { series in
      let report = report(series, alpha: pair.alpha, resolution: pair.resolution)
      return "<td>\(report.map { fixed($0.latencyUs.p50 / 1000, 3) } ?? "–")</td>"
    }.joined()
  }

  private static func percent(_ value: Double?) -> String { value.map { fixed($0, 1) + " %" } ?? "–" }

  /// The idea that the paper begins with (section 3.1, Table 4).
  private var convolutions: String {
    let head = comparison.separable
    var html = "<h2>A standard convolution against a depthwise separable one</h2>\n"
    html += "<p>α = \(number(head.alpha)), \(head.resolution) px, \(head.precision), "
    html += "\(head.threads) \(head.threads == 1 ? "thread" : "threads"), measured in turns. A separable block costs "
    html +=
      "1/N + 1/9 of a standard one with N output channels: 8 to 9 times fewer mult-adds (section 3.1). The standard "
    html += "network runs on random weights.</p>\n"
    html += "<p>Whole network: \(fixed(Double(comparison.standard.multAdds) / 1e6, 0)) against "
    html += "\(fixed(Double(head.multAdds) / 1e6, 0)) million mult-adds, "
    html += "<b>\(fixed(comparison.timesFewerMultAdds, 2)) times fewer</b>; "
    html += "\(fixed(comparison.standard.latencyUs.p50 / 1000, 2)) against \(fixed(head.latencyUs.p50 / 1000, 2)) ms, "
    html += "<b>\(fixed(comparison.timesFaster, 2)) times faster</b>.</p>\n"
    html += SweepPictures.blocks(comparison)
    html +=
      "<div class=\"scroll\"><table>\n<tr><th>block</th><th>N</th><th>standard, M mult-adds</th><th>separable</th>"
    html +=
      "<th>times fewer</th><th>1 / (1/N + 1/9)</th><th>standard, µs</th><th>separable</th><th>times faster</th></tr>\n"
    for block in comparison.blocks {
      html += "<tr><td>\(escaped("\(block.standard) : \(block.separable)"))</td><td>\(block.outputChannels)</td>"
      html += "<td>\(fixed(Double(block.standardMultAdds) / 1e6, 2))</td>"
      html += "<td>\(fixed(Double(block.separableMultAdds) / 1e6, 2))</td>"
      html += "<td>\(fixed(block.timesFewer, 2))</td><td>\(fixed(1 / block.formula, 2))</td>"
      html += "<td>\(fixed(block.standardUs, 1))</td><td>\(fixed(block.separableUs, 1))</td>"
      html += "<td>\(fixed(block.timesFaster, 2))</td></tr>\n"
    }
    return html + "</table></div>\n"
  }
}
