import Model
import Platform
import Telemetry
import Terminal

/// What a run came to, for the terminal after the screen is gone.
enum RunSummaryText {
  /// More than these, counted from the end, nobody reads.
  private static let mostRuns = 8

  /// A line for each stretch between two switches, and every stage of the last one; `nil` where nothing but warm-up was.
  static func text(_ runs: [RunSummary]) -> String? {
    guard let last = runs.last else { return nil }
    var lines = ["latencies of this run in ms, warm-up left out"]
    if runs.count > 1 {
      lines.append(heading("network"))
      if runs.count > mostRuns { lines.append("  … \(runs.count - mostRuns) or more before") }
      for run in runs.suffix(mostRuns) {
        if let network = run[.network] { lines.append(row("  \(run.configuration.title)", network)) }
      }
    }
    lines.append(heading(last.configuration.title))
    for stage in Stage.allCases {
      if let times = last[stage] { lines.append(row("  \(stage.title)", times)) }
    }
    return lines.joined(separator: "\n")
  }

  private static func heading(_ title: String) -> String {
    padRight(title, 36) + ["count", "p50", "p90", "p99", "max"].map { padLeft($0, 9) }.joined()
  }

  private static func row(_ title: String, _ times: LatencySummary) -> String {
    let values = [times.p50, times.p90, times.p99, times.max].map { time in
      padLeft(time.map { shown(Double($0) / 1e6) } ?? "–", 9)
    }
    return padRight(title, 36) + padLeft("\(times.count)", 9) + values.joined()
  }

  /// Three digits also of less than a millisecond: the histogram has them.
  private static func shown(_ milliseconds: Double) -> String {
    milliseconds < 0.9995 ? fixed(milliseconds, 3) : threeDigits(milliseconds)
  }
}
