import MobileNet
import Model
import Platform
import Reports

/// The pictures of a sweep's page. Colors tell α apart, shapes the precision.
enum SweepPictures {
  private struct Point {
    let x: Double
    let top1Percent: Double
    let pair: Configuration
    let shape: Int
    let tip: String
  }

  /// The paper's Figure 4.
  static func accuracyAgainstMultAdds(_ page: SweepPage) -> Picture {
    let points = page.pairs.compactMap { pair in
      SweepPage.published(pair, precision: .fp32).map { top1 in
        let million = Double(pair.architecture.multAdds) / 1e6
        return Point(
          x: million, top1Percent: top1, pair: pair, shape: 0,
          tip: "\(pair.pairName): \(fixed(million, 1)) million mult-adds, \(fixed(top1, 1)) %")
      }
    }
    return scatter(
      points, axis: "million mult-adds, logarithmic", caption: "Published top-1 accuracy against computed mult-adds.")
  }

  static func accuracyAgainstLatency(_ page: SweepPage, threads: Int) -> Picture {
    let series = page.series.filter { $0.threads == threads }
    let points = series.enumerated().flatMap { shape, series in
      page.pairs.compactMap { pair -> Point? in
        guard let report = page.report(series, alpha: pair.alpha, resolution: pair.resolution),
          let top1 = SweepPage.published(pair, precision: series.precision)
        else { return nil }
        let milliseconds = report.latencyUs.p50 / 1000
        return Point(
          x: milliseconds, top1Percent: top1, pair: pair, shape: shape,
          tip: "\(pair.pairName), \(series.precision): \(fixed(milliseconds, 3)) ms, \(fixed(top1, 1)) %")
      }
    }
    let shapes = zip(["discs", "squares", "diamonds"], series).map { "\($0) \($1.precision)" }.joined(separator: ", ")
    let words =
      "Published top-1 accuracy against measured median latency, \(counted(threads, "thread", "threads"))"
    return scatter(
      points, axis: "ms, logarithmic",
      caption: "\(words): \(shapes). For int8 the accuracy is that of the official quantized weights.")
  }

  private static func scatter(_ points: [Point], axis: String, caption: String) -> Picture {
    var picture = Picture(height: 300, label: caption)
    let (left, right, top, bottom) = (46.0, 628.0, 12.0, 258.0)
    let values = points.map(\.x)
    let accuracies = points.map(\.top1Percent)
    let floor = ((accuracies.min() ?? 0) / 5).rounded(.down) * 5
    let ceiling = ((accuracies.max() ?? 0) / 5).rounded(.up) * 5
    let x = Scale(
      ((values.min() ?? 1) / 1.15, (values.max() ?? 1) * 1.15), at: (left, right), logarithmic: true)
    let y = Scale((floor, max(ceiling, floor + 5)), at: (bottom, top))
    picture.horizontalGrid(y, from: left, to: right, unit: " %")
    picture.verticalGrid(x, from: top, to: bottom)
    picture.line(left, bottom, right, bottom, "axis")
    picture.text(right, bottom + 30, axis, "s e")
    for (color, alpha) in Alpha.allCases.sorted(by: >).enumerated() {
      let own = points.filter { $0.pair.alpha == alpha }
      guard !own.isEmpty else { continue }
      let key = left + 8 + 80 * Double(color)
      picture.mark(key, bottom + 27, shape: 0, "p\(color)", tip: "α \(alpha.name)")
      picture.text(key + 8, bottom + 30, "α \(alpha.name)", "s")
      for shape in Set(own.map(\.shape)) {
        let line = own.filter { $0.shape == shape }
        picture.path(line.map { (x($0.x), y($0.top1Percent)) }, "l\(color)")
        for point in line {
          picture.mark(x(point.x), y(point.top1Percent), shape: shape, "p\(color)", tip: point.tip)
          // The other series have the same resolutions in the same order.
          if shape == 0 { picture.text(x(point.x) + 6, y(point.top1Percent) + 11, "\(point.pair.resolution)", "s") }
        }
      }
    }
    return picture
  }

  /// Two bars a block: how many times fewer mult-adds, and how many times faster.
  static func blocks(_ comparison: ConvolutionComparison) -> Picture {
    let rowHeight = 30.0
    let rows = comparison.blocks
    let bottom = rowHeight * Double(rows.count) + 4
    var picture = Picture(
      height: bottom + 34,
      label: "Each block: mult-adds and measured time of the standard convolution over the separable one's.")
    let (left, right) = (110.0, 600.0)
    let most = rows.map { max($0.timesFewer, $0.timesFaster) }.max() ?? 1
    let x = Scale((0, most), at: (left, right))
    picture.verticalGrid(x, from: 0, to: bottom, unit: "×")
    for (index, block) in rows.enumerated() {
      let top = rowHeight * Double(index) + 4
      picture.text(left - 6, top + 12, block.standard, "t e")
      picture.text(left - 6, top + 23, block.separable, "s e")
      picture.box(left, top + 1, x(block.timesFewer) - left, 11, "shape", tip: "mult-adds")
      picture.box(left, top + 13, x(block.timesFaster) - left, 11, "bar", tip: "time")
      picture.text(x(block.timesFewer) + 4, top + 10, fixed(block.timesFewer, 2), "s")
      picture.text(x(block.timesFaster) + 4, top + 22, fixed(block.timesFaster, 2), "s")
    }
    picture.box(left, bottom + 20, 10, 9, "shape")
    picture.text(left + 15, bottom + 28, "times fewer mult-adds", "s")
    picture.box(left + 150, bottom + 20, 10, 9, "bar")
    picture.text(left + 165, bottom + 28, "times faster, measured", "s")
    return picture
  }
}
