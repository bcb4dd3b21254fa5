import Glibc
import Model
import Platform
import Telemetry

/// The pictures of a report, each a function from figures to SVG.
enum LogPictures {
  private static let width = 640.0

  // MARK: Over time

  /// The band reaches from the least to the largest value of each moment, the line is their mean; dashed lines are switches.
  static func timeline(_ timeline: Timeline, of what: String, _ log: ReportLog) -> Picture {
    var picture = Picture(
      width: width, height: 190,
      label: "\(what) over time in milliseconds, \(log.switchCount) switches marked")
    let (left, right, top, bottom) = (52.0, width - 8, 26.0, 160.0)
    let filled = timeline.bins.enumerated().filter { $0.element.count > 0 }
    let most = Double(filled.map(\.element.largest).max() ?? 1) / 1e6
    let span = Double(timeline.bins.count) * Double(timeline.binNanoseconds) / 1e9
    let x = Scale((0, span), at: (left, right))
    let y = Scale((0, most), at: (bottom, top))
    picture.horizontalGrid(y, from: left, to: right)
    for (seconds, label) in x.ticks() { picture.text(x(seconds), bottom + 14, label, "s m") }
    picture.text(4, 12, "\(what), ms")
    picture.text(right, bottom + 27, "seconds since the first row", "s e")

    func middle(_ index: Int) -> Double { x((Double(index) + 0.5) * Double(timeline.binNanoseconds) / 1e9) }
    // A gap of several empty bins is a gap in the picture, too.
    var stretch: [EnumeratedSequence<[Timeline.Bin]>.Element] = []
    let usualGap = max(1, timeline.bins.count / max(1, filled.count) * 4)
    func draw() {
      let upper = stretch.map { (middle($0.offset), y(Double($0.element.largest) / 1e6)) }
      let lower = stretch.reversed().map { (middle($0.offset), y(Double($0.element.smallest) / 1e6)) }
      picture.path(upper + lower, "band", closed: true)
      picture.path(
        stretch.map { (middle($0.offset), y(Double($0.element.sum) / Double($0.element.count) / 1e6)) }, "mean")
      stretch = []
    }
    for bin in filled {
      if let last = stretch.last, bin.offset - last.offset > usualGap { draw() }
      stretch.append(bin)
    }
    draw()

    var lastLabel = -100.0
    for change in log.switches {
      let place = x(Double(change.nanoseconds) / 1e9)
      picture.line(place, top, place, bottom, "switch")
      guard place - lastLabel > 90, place < right - 60 else { continue }
      lastLabel = place
      let configuration = change.configuration
      picture.text(
        place + 3, top - 3,
        "α \(fixed(configuration.alpha.rawValue, 2)) · \(configuration.resolution) · \(configuration.precision)", "s")
    }
    picture.line(left, bottom, right, bottom, "axis")
    return picture
  }

  // MARK: Distributions

  /// One row a configuration on a common logarithmic axis; blue tick: median, red tick: p99.
  static func distributions(_ log: ReportLog) -> Picture {
    let rows = log.configurations.compactMap { figures in figures[.network].map { (figures.configuration, $0) } }
    let rowHeight = 34.0
    var picture = Picture(
      width: width, height: rowHeight * Double(rows.count) + 34,
      label: "Distribution of the network's time in each configuration, p50 and p99 marked")
    let (left, right) = (190.0, width - 12)
    let bottom = rowHeight * Double(rows.count) + 6
    let least = max(1, Double(rows.compactMap { $0.1.buckets.first?.nanoseconds }.min() ?? 1))
    let most = max(2, Double(rows.map { $0.1.p99 ?? $0.1.max }.max() ?? 2) * 1.15)
    let x = Scale((least / 1e6, most / 1e6), at: (left, right), logarithmic: true)
    picture.verticalGrid(x, from: 4, to: bottom)
    picture.text(right, bottom + 26, "ms, logarithmic", "s e")
    for (index, row) in rows.enumerated() {
      let base = rowHeight * Double(index + 1)
      let (configuration, figures) = row
      picture.text(4, base - 6, configuration.title)
      let tallest = Double(figures.buckets.map(\.count).max() ?? 1)
      for bucket in figures.buckets where Double(bucket.nanoseconds) <= most {
        let start = x(Double(bucket.nanoseconds) / 1e6)
        let end = x((Double(bucket.nanoseconds) + Double(bucket.widthNanoseconds)) / 1e6)
        let height = max(0.7, (rowHeight - 8) * Double(bucket.count) / tallest)
        picture.box(
          start, base - height, max(1, end - start), height, "shape",
          tip: "\(milliseconds(bucket.nanoseconds)): \(counted(bucket.count, "result", "results"))")
      }
      for (time, style) in [(figures.p50, "p50"), (figures.p99, "p99")] {
        guard let time else { continue }
        let place = x(Double(time) / 1e6)
        picture.line(place, base - rowHeight + 6, place, base, style)
      }
      picture.line(left, base, right, base, "axis")
    }
    return picture
  }

  // MARK: Layers

  static func layers(_ figures: ConfigurationFigures) -> Picture {
    let rowHeight = 15.0
    var picture = Picture(
      width: width, height: rowHeight * Double(figures.layers.count) + 8,
      label: "Mean time of each layer and its share of the network")
    let most = max(1, figures.layers.map(\.figures.mean).max() ?? 1)
    for (index, layer) in figures.layers.enumerated() {
      let y = rowHeight * Double(index) + 4
      let length = 400 * max(0, layer.figures.mean) / most
      picture.text(4, y + 11, layer.name)
      picture.box(90, y + 2, length, rowHeight - 4, "bar", tip: layer.kind)
      picture.text(
        95 + length, y + 11,
        "\(fixed(layer.figures.mean / 1e3, 1)) µs  \(percent(layer.share))", "s")
    }
    return picture
  }

  // MARK: α × ρ

  /// One map for each precision and number of threads: rows are α, columns resolutions (ρ beside them).
  static func heatMaps(_ log: ReportLog) -> [Picture] {
    var titles: [String] = []
    var maps: [String: [ConfigurationFigures]] = [:]
    for figures in log.configurations {
      let configuration = figures.configuration
      let title = "\(configuration.precision), \(counted(configuration.threads, "thread", "threads"))"
      if maps[title] == nil { titles.append(title) }
      maps[title, default: []].append(figures)
    }
    return titles.map { heatMap(maps[$0] ?? [], title: $0) }
  }

  private static func heatMap(_ all: [ConfigurationFigures], title: String) -> Picture {
    let alphas = Set(all.map(\.configuration.alpha)).sorted(by: >)
    let resolutions = Set(all.map(\.configuration.resolution)).sorted()
    let (left, top, cell, rowHeight) = (60.0, 42.0, 110.0, 34.0)
    var picture = Picture(
      width: max(width, left + cell * Double(resolutions.count) + 8),
      height: top + rowHeight * Double(alphas.count) + 6,
      label: "Median time of the network by width and resolution, \(title)")
    picture.text(4, 14, title)
    let medians = all.compactMap { $0[.network]?.p50 }
    let least = log10(max(1, Double(medians.min() ?? 1)))
    let most = log10(max(1, Double(medians.max() ?? 1)))
    for (column, resolution) in resolutions.enumerated() {
      picture.text(
        left + cell * (Double(column) + 0.5), top - 8,
        "\(resolution) px (ρ \(fixed(Double(resolution) / 224, 2)))",
        "s m")
    }
    for (row, alpha) in alphas.enumerated() {
      let y = top + rowHeight * Double(row)
      picture.text(4, y + 21, "α \(fixed(alpha.rawValue, 2))")
      for (column, resolution) in resolutions.enumerated() {
        let x = left + cell * Double(column)
        let found = all.first { $0.configuration.alpha == alpha && $0.configuration.resolution == resolution }
        guard let median = found?[.network]?.p50 else {
          picture.box(x, y, cell, rowHeight, "cell none")
          picture.text(x + cell / 2, y + 21, "–", "empty")
          continue
        }
        let heat = most > least ? (log10(max(1, Double(median))) - least) / (most - least) : 0
        // From pale yellow to dark red: the lightness alone tells the order, also in print.
        let lightness = fixed(92 - 57 * heat, 0)
        let hue = fixed(50 - 45 * heat, 0)
        picture.box(x, y, cell, rowHeight, "cell", fill: "hsl(\(hue),75%,\(lightness)%)")
        picture.text(x + cell / 2, y + 21, milliseconds(median), heat > 0.55 ? "light" : "dark")
      }
    }
    return picture
  }
}
