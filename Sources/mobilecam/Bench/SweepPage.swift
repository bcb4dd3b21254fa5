import MobileNet
import Model
import ModelFiles
import Platform
import Reports
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

    var name: String { "\(precision), \(counted(threads, "thread", "threads"))" }
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

  var page: Page {
    var page = Page(title: "MobileNet V1 on this machine: mobilecam bench")
    page.heading(1, "MobileNet V1 on this machine")
    page.append(
      html: """
        <p>Accuracy is published, mult-adds are computed from the architecture, times are measured: medians of \
        \(reports.first?.runs ?? 0) runs of one image, after a warm-up. The paper: Howard et al., 2017, \
        <cite>MobileNets</cite>, arXiv 1704.04861.</p>

        """)
    page.append(html: Table.facts(facts))
    let noisy = reports.filter(\.noisy).count
    if noisy > 0 {
      page.paragraph(
        "\(noisy) of \(reports.count) measurements were noisy: the middle half of the times spreads by more than 10 % of "
          + "the median.", isWarning: true)
    }
    for paper in PaperTable.all {
      let table = table(paper)
      guard !table.rows.isEmpty else { continue }
      page.heading(2, paper.title)
      page.append(table)
    }
    if pairs.contains(where: { Self.published($0, precision: .fp32) != nil }) {
      page.heading(2, "Accuracy against computation (Figure 4)")
      page.figure(SweepPictures.accuracyAgainstMultAdds(self))
      page.heading(2, "Accuracy against latency")
      for threads in Set(series.map(\.threads)).sorted() {
        page.figure(SweepPictures.accuracyAgainstLatency(self, threads: threads))
      }
    }
    page.heading(2, "Every pair")
    page.append(everyPair)
    appendConvolutions(to: &page)
    return page
  }

  private var facts: [(String, String)] {
    let peak = comparison.separable.peakGflops / Double(comparison.separable.threads)
    let facts: [(String, String?)] = [
      ("CPU", machine.cpuModel), ("cores", machine.cores.map(String.init)), ("kernel", machine.kernel),
      ("governor", machine.governor), ("instruction set", comparison.separable.isa),
      ("peak", "\(fixed(peak, 1)) GFLOP/s a thread, float32"), ("program", "mobilecam \(Mobilecam.version)"),
    ]
    return facts.compactMap { name, value in value.map { (name, $0) } }
  }

  private var seriesColumns: [Table.Column] { series.map { .number("\($0.name), ms") } }

  private func table(_ paper: PaperTable) -> Table {
    let columns = ["top-1, paper", "top-1, official weights", "M mult-adds, paper", "computed", "M parameters"]
    return Table(
      [.text("network")] + columns.map { .number($0) } + seriesColumns,
      rows: paper.rows.filter { pairs.contains($0.configuration) }.map { row in
        let architecture = row.configuration.architecture
        return [
          "\(row.configuration.alpha.name) MobileNet-\(row.configuration.resolution)", Self.percent(row.top1Percent),
          Self.percent(Self.published(row.configuration, precision: .fp32)), "\(row.multAddsMillion)",
          million(architecture.multAdds, 1), million(architecture.parameters, 2),
        ] + times(row.configuration)
      })
  }

  private var everyPair: Table {
    Table(
      ["α", "px", "ρ", "top-1", "top-1, uint8", "M mult-adds"].map { .number($0) } + seriesColumns,
      rows: pairs.map { pair in
        let architecture = pair.architecture
        return [
          pair.alpha.name, "\(pair.resolution)", fixed(architecture.rho, 3),
          Self.percent(Self.published(pair, precision: .fp32)), Self.percent(Self.published(pair, precision: .int8)),
          million(architecture.multAdds, 1),
        ] + times(pair)
      })
  }

  private func times(_ pair: Configuration) -> [String] {
    series.map { series in
      report(series, alpha: pair.alpha, resolution: pair.resolution).map { fixed($0.latencyUs.p50 / 1000, 3) } ?? "–"
    }
  }

  private static func percent(_ value: Double?) -> String { value.map { fixed($0, 1) + " %" } ?? "–" }

  /// The idea that the paper begins with (section 3.1, Table 4).
  private func appendConvolutions(to page: inout Page) {
    let (standard, separable) = (comparison.standard, comparison.separable)
    page.heading(2, "A standard convolution against a depthwise separable one")
    page.paragraph(
      "\(separable.title), measured in turns. A separable block costs 1/N + 1/9 of a standard one with N output channels: "
        + "8 to 9 times fewer mult-adds (section 3.1). The standard network runs on random weights.")
    page.append(
      html: """
        <p>Whole network: \(million(standard.multAdds, 0)) against \(million(separable.multAdds, 0)) million mult-adds, \
        <b>\(fixed(comparison.timesFewerMultAdds, 2)) times fewer</b>; \
        \(fixed(standard.latencyUs.p50 / 1000, 2)) against \(fixed(separable.latencyUs.p50 / 1000, 2)) ms, \
        <b>\(fixed(comparison.timesFaster, 2)) times faster</b>.</p>

        """)
    page.figure(SweepPictures.blocks(comparison))
    let columns = [
      "N", "standard, M mult-adds", "separable", "times fewer", "1 / (1/N + 1/9)", "standard, µs", "separable",
      "times faster",
    ]
    page.append(Table([.text("block")] + columns.map { .number($0) }, rows: comparison.rows()))
  }
}
