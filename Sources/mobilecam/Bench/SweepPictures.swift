import Glibc
import MobileNet
import Model
import Telemetry

/// The pictures of a sweep's page. Colours tell α apart, shapes the precision.
enum SweepPictures {
  private struct Point {
    let x: Double
    let top1Percent: Double
    let pair: Configuration
    let shape: Int
    let tip: String
  }

  /// The paper's Figure 4.
  static func accuracyAgainstMultAdds(_ page: SweepPage) -> String {
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

  static func accuracyAgainstLatency(_ page: SweepPage, threads: Int) -> String {
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
      "Published top-1 accuracy against measured median latency, \(threads) \(threads == 1 ? "thread" : "threads")"
    return scatter(
      points, axis: "ms, logarithmic",
      caption: "\(words): \(shapes). For int8 the accuracy is that of the official quantized weights.")
  }

  private static func scatter(_ points: [Point], axis: String, caption: String) -> String {
    guard let least = points.map(\.x).min(), let most = points.map(\.x).max() else { return "" }
    var picture = Picture(width: 640, height: 300)
    let (left, right, top, bottom) = (46.0, 628.0, 12.0, 258.0)
    let (from, to) = (log10(least / 1.15), log10(most * 1.15))
    let floor = (points.map(\.top1Percent).min()! / 5).rounded(.down) * 5
    let ceiling = (points.map(\.top1Percent).max()! / 5).rounded(.up) * 5
    func x(_ value: Double) -> Double { left + (right - left) * (log10(value) - from) / (to - from) }
    func y(_ percent: Double) -> Double { bottom - (bottom - top) * (percent - floor) / max(5, ceiling - floor) }
    for percent in stride(from: floor, through: max(ceiling, floor + 5), by: 5) {
      picture.line(left, y(percent), right, y(percent), "grid")
      picture.text(left - 5, y(percent) + 3, "\(fixed(percent, 0)) %", "s e")
    }
    for (value, label) in AxisTicks.logarithmic(from: pow(10, from), to: pow(10, to)) {
      picture.line(x(value), top, x(value), bottom, "grid")
      picture.text(x(value), bottom + 14, label, "s m")
    }
    picture.line(left, bottom, right, bottom, "axis")
    picture.text(right, bottom + 30, axis, "s e")
    for (colour, alpha) in Alpha.allCases.sorted(by: >).enumerated() {
      let own = points.filter { $0.pair.alpha == alpha }
      guard !own.isEmpty else { continue }
      let key = left + 8 + 80 * Double(colour)
      picture.mark(key, bottom + 27, shape: 0, "p\(colour)", tip: "α \(alpha.name)")
      picture.text(key + 8, bottom + 30, "α \(alpha.name)", "s")
      for shape in Set(own.map(\.shape)) {
        let line = own.filter { $0.shape == shape }
        picture.path(line.map { (x($0.x), y($0.top1Percent)) }, "l\(colour)")
        for point in line {
          picture.mark(x(point.x), y(point.top1Percent), shape: shape, "p\(colour)", tip: point.tip)
          // The other series have the same resolutions in the same order.
          if shape == 0 { picture.text(x(point.x) + 6, y(point.top1Percent) + 11, "\(point.pair.resolution)", "s") }
        }
      }
    }
    return "<figure>\(picture.svg(label: caption))<figcaption>\(escaped(caption))</figcaption></figure>\n"
  }

  /// Two bars a block: how many times fewer mult-adds, and how many times faster.
  static func blocks(_ comparison: ConvolutionComparison) -> String {
    let rowHeight = 30.0
    let rows = comparison.blocks
    let bottom = rowHeight * Double(rows.count) + 4
    var picture = Picture(width: 640, height: bottom + 34)
    let (left, right) = (110.0, 600.0)
    let most = rows.map { max($0.timesFewer, $0.timesFaster) }.max() ?? 1
    func x(_ value: Double) -> Double { left + (right - left) * value / most }
    let rise = AxisTicks.step(most, most: 8)
    for index in 0...8 where Double(index) * rise <= most {
      picture.line(x(Double(index) * rise), 0, x(Double(index) * rise), bottom, "grid")
      picture.text(x(Double(index) * rise), bottom + 12, AxisTicks.label(Double(index) * rise, rise) + "×", "s m")
    }
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
    let caption = "Each block: mult-adds and measured time of the standard convolution over the separable one's."
    return "<figure>\(picture.svg(label: caption))<figcaption>\(escaped(caption))</figcaption></figure>\n"
  }
}
