import Frames
import Model
import Platform
import Telemetry

/// The model's card and its latencies.
enum ModelView {
  static func draw(_ snapshot: Snapshot, in rect: Rect, into grid: inout CellGrid) {
    let hasRoom = rect.width >= 50 && !snapshot.timing.stages.isEmpty
    let lines =
      rect.height >= 8
      ? (hasRoom ? table(snapshot, hasAll: rect.height >= 13) : spacious(snapshot, room: rect.width - 2))
      : rect.width >= 48 ? dense(snapshot) : narrow(snapshot)
    for (row, line) in lines.prefix(rect.height).enumerated() {
      draw(line, x: rect.x + 1, y: rect.y + row, limit: rect.width - 2, into: &grid)
    }
    let free = min(rect.height - lines.count - 1, 6)
    let history = snapshot.timing.historyMicroseconds
    if free > 0, let top = history.max() {
      grid.sparkline(
        history, top: top, in: Rect(x: rect.x + 1, y: rect.y + lines.count + 1, width: rect.width - 2, height: free),
        color: .green)
    }
  }

  /// Where the words of a line are dim and its numbers are not.
  static func draw(_ line: Line, x: Int, y: Int, limit: Int, into grid: inout CellGrid) {
    var column = x
    for part in line.parts {
      column = grid.put(
        part.text, x: column, y: y, limit: x + limit - column, color: part.color, style: part.isValue ? .bold : [])
    }
  }

  struct Line {
    struct Part {
      var text: String
      var isValue: Bool
      var color = Color.default
    }
    var parts: [Part]

    /// Values in backquotes: ``"network `1.71 ms`"``.
    init(_ text: String, color: Color = .default) {
      parts = text.split(separator: "`", omittingEmptySubsequences: false).enumerated().map {
        Part(text: String($1), isValue: $0 % 2 == 1, color: $0 % 2 == 1 ? color : .default)
      }
    }
  }

  private static func spacious(_ s: Snapshot, room: Int) -> [Line] {
    let t = s.timing
    var percentiles = Line("percentiles     p50 `\(ms(t.p50))`  p99 `\(ms(t.p99))`")
    if let all = t.window(.network), room >= 38 {
      percentiles = Line(
        "p50 `\(ms(all.p50))`  p90 `\(ms(all.p90))`  p99 `\(ms(all.p99))`  max `\(ms(all.max))`")
    }
    return [
      size(s), accuracy(s), Line(""),
      Line("network         `\(ms(t.network)) ms`  \(rate(t))", color: .green),
      percentiles,
      Line("preprocess      `\(ms(t.preprocess)) ms`"),
      Line("glass to label  `\(ms(t.glassToLabel)) ms`"),
      drops(s, room: room),
    ]
  }

  /// The stages with the percentiles of their last results, in milliseconds.
  /// - Parameter hasAll: also those that are a part of the way only.
  private static func table(_ s: Snapshot, hasAll: Bool) -> [Line] {
    let t = s.timing
    func row(_ name: String, _ last: Nanoseconds?, _ stage: Stage, color: Color = .default) -> Line {
      let window = t.window(stage)
      let times = [window?.p50, window?.p90, window?.p99, window?.max].map { padLeft(ms($0), 6) }.joined()
      return Line("\(padRight(name, 15))`\(padLeft(ms(last), 6))`\(times)", color: color)
    }
    let heading = ["last", "p50", "p90", "p99", "max"].map { padLeft($0, 6) }.joined()
    func other(_ stage: Stage) -> [Line] {
      guard hasAll, let window = t.window(stage) else { return [] }
      return [row(stage.title, Nanoseconds(window.last), stage)]
    }
    return [size(s), accuracy(s), Line(padRight("ms", 15) + heading)]
      + other(.captureWait) + other(.decode) + other(.queueAge)
      + [row("preprocess", t.preprocess, .preprocess), row("network", t.network, .network, color: .green)]
      + other(.render)
      + [
        row("glass to label", t.glassToLabel, .glassToLabel),
        Line("results        \(padLeft(rate(t), 6))"), Line("drops          \(drops(s))"),
      ]
  }

  private static func dense(_ s: Snapshot) -> [Line] {
    [latency(s.timing), label(s), size(s), accuracy(s), Line("preprocess `\(ms(s.timing.preprocess)) ms`")]
  }

  private static func narrow(_ s: Snapshot) -> [Line] {
    let t = s.timing
    return [
      Line("network `\(ms(t.network)) ms`  p99 \(ms(t.p99))  \(rate(t))", color: .green),
      Line("glass to label `\(ms(t.glassToLabel)) ms`  drops \(s.source.driverDrops + s.ringDrops)"),
      size(s), accuracy(s),
    ]
  }

  static func size(_ s: Snapshot) -> Line {
    let architecture = s.architecture
    return Line("`\(metric(architecture.multAdds))` mult-adds  `\(metric(architecture.parameters))` parameters")
  }

  static func accuracy(_ s: Snapshot) -> Line {
    let published = s.model.publishedTop1Percent.map { "top-1 `\(fixed($0, 1)) %`" } ?? "top-1 not published"
    if let classes = s.model.ownClasses {
      guard let trained = s.model.trainedAtResolution, trained != s.configuration.resolution else {
        return Line("`\(classes)` classes of its own")
      }
      return Line("`\(classes)` classes of its own  trained at `\(trained)`", color: .yellow)
    }
    guard s.model.isTrained else {
      return Line(published + (s.model.publishedTop1Percent == nil ? "" : " when trained"))
    }
    if let narrow = s.model.widenedFrom {
      return Line("\(published)  widened from `α \(fixed(narrow.rawValue, 2))`", color: .yellow)
    }
    guard let trained = s.model.trainedAtResolution, trained != s.configuration.resolution else {
      return Line(published)
    }
    return Line("\(published)  trained at `\(trained)`", color: .yellow)
  }

  static func latency(_ t: Snapshot.Timing) -> Line {
    Line("network `\(ms(t.network)) ms`  p50 \(ms(t.p50))  p99 \(ms(t.p99))  \(rate(t))", color: .green)
  }

  static func label(_ s: Snapshot) -> Line {
    Line("glass to label `\(ms(s.timing.glassToLabel)) ms`  drops \(drops(s))")
  }

  /// Under the numbers above it; without the gap where there are too many digits, rounded where that is not enough, and at
  /// worst without telling driver and ring apart.
  private static func drops(_ s: Snapshot, room: Int) -> Line {
    let words = drops(s)
    let bad = s.source.badFrames > 0 ? "\(metric(s.source.badFrames)) bad " : ""
    let rounded = "\(bad)\(metric(s.source.driverDrops)) driver \(metric(s.ringDrops)) ring"
    let lines = ["drops           \(words)", "drops \(words)", "drops \(rounded)"]
    return Line(lines.first { $0.count <= room } ?? "drops \(bad)\(metric(s.source.driverDrops + s.ringDrops)) lost")
  }

  static func drops(_ s: Snapshot) -> String {
    let bad = s.source.badFrames > 0 ? "\(s.source.badFrames) bad " : ""
    return "\(bad)\(s.source.driverDrops) driver \(s.ringDrops) ring"
  }

  static func rate(_ t: Snapshot.Timing) -> String { t.resultsPerSecond.map { "\(threeDigits($0)) /s" } ?? "" }

  private static func ms(_ nanoseconds: Int64?) -> String { ms(nanoseconds.map { Nanoseconds($0) }) }
  /// Milliseconds in three digits, `–` while unknown.
  static func ms(_ time: Nanoseconds?) -> String { time.map { threeDigits($0.milliseconds) } ?? "–" }
}
