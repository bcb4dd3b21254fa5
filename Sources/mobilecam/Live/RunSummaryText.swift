import Telemetry
import Terminal

/// What a run came to, for the terminal after the screen is gone.
enum RunSummaryText {
  /// More than these, counted from the end, nobody reads.
  private static let mostRuns = 4
  private static let columns = ["count", "p50", "p90", "p99", "max"]

  /// A table for each stretch between two switches; `nil` where nothing but warm-up was.
  static func text(_ runs: [RunSummary]) -> String? {
    guard !runs.isEmpty else { return nil }
    var lines = ["latencies of this run in ms, warm-up left out"]
    if runs.count > mostRuns { lines.append("  … \(runs.count - mostRuns) or more before") }
    for run in runs.suffix(mostRuns) {
      let it = run.configuration
      let threads = it.threads == 1 ? "1 thread" : "\(it.threads) threads"
      let name = "α \(fixed(it.alpha, 2))  \(it.resolution) px  \(it.precision)  \(threads)"
      lines.append(padRight(name, 36) + columns.map { padLeft($0, 9) }.joined())
      for stage in Stage.allCases {
        guard let all = run[stage] else { continue }
        let times = [all.p50, all.p90, all.p99, all.max].map { time in
          padLeft(time.map { shown(Double($0) / 1e6) } ?? "–", 9)
        }
        lines.append(padRight("  \(stage.title)", 36) + padLeft("\(all.count)", 9) + times.joined())
      }
    }
    return lines.joined(separator: "\n")
  }

  /// Three digits also of less than a millisecond: the histogram has them.
  private static func shown(_ milliseconds: Double) -> String {
    milliseconds < 0.9995 ? fixed(milliseconds, 3) : threeDigits(milliseconds)
  }
}
