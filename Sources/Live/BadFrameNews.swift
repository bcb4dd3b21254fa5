import Frames
import Platform

/// What to tell of a source's bad frames: each kind when it comes first, and again whenever there are ten times as many.
struct BadFrameNews {
  /// By kind, the count that was told.
  private var told: [String: Int] = [:]

  mutating func take(_ status: SourceStatus) -> [String] { take(status) { max(1, $0.multipliedSaturating(by: 10)) } }

  /// At the end of a run: the counts that were not told yet.
  mutating func takeLast(_ status: SourceStatus) -> [String] { take(status) { $0 + 1 } }

  private mutating func take(_ status: SourceStatus, next: (Int) -> Int) -> [String] {
    var words: [String] = []
    for kind in status.badFrameKinds where kind.count >= next(told[kind.kind] ?? 0) {
      told[kind.kind] = kind.count
      words.append("left out: \(kind.fault)" + (kind.count > 1 ? " (bad frames of this kind: \(kind.count))" : ""))
    }
    return words
  }
}
