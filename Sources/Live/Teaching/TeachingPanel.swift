import Model
import Platform
import Teaching
import Terminal

extension Snapshot.Teaching {
  /// What teaching shows.
  package init(_ keys: TeachingKeys, _ status: Teacher.Status) {
    self.init()
    for (row, name) in (keys.names + [ClassName.none]).enumerated() {
      let count = status.counts[name] ?? .init()
      let shown = name == ClassName.none ? TaughtAnswer.none : name
      classes.append(Class(key: keys.key(of: row), name: shown, bursts: count.bursts, shots: count.shots))
    }
    row = keys.row
    typed = keys.typed
    if let report = status.report, let interval = report.interval {
      heldOut = HeldOut(right: report.right, count: report.count, interval: interval)
    }
    if let worst = status.report?.confusions.first {
      confused = "\(worst.shown) taken for \(worst.answered), \(counted(worst.count, "shot", "shots"))"
    }
    let missing = Self.missing(status)
    isEnough = missing == nil && status.isReady
    verdict =
      !status.isReady
      ? status.trouble ?? "the network looks at your classes: no shots until it has"
      : missing.map { "missing: \($0)" } ?? "enough to go on"
    done = Self.done(status)
    hasFailed = status.failed > 0
  }

  /// Below this share of right answers the classes that are confused need more bursts.
  static let enoughAccuracy = 0.9

  /// What has to be shown before the answers can be trusted; `nil` where it is enough.
  private static func missing(_ status: Teacher.Status) -> String? {
    let classes = status.counts.filter { $0.key != ClassName.none && $0.value.bursts > 0 }
    guard status.hasClasses else { return "a class: n names one" }
    let few = classes.filter { $0.value.bursts < HeldOutReport.enoughBursts }.map(\.key).sorted()
    if !few.isEmpty { return "another burst of \(few.joined(separator: ", "))" }
    if classes.count == 1, status.counts[ClassName.none]?.bursts ?? 0 == 0 {
      return "what it is not: another class, or none of these (0)"
    }
    if let report = status.report, let accuracy = report.accuracy, accuracy < enoughAccuracy,
      let worst = report.confusions.first
    {
      return "more bursts of \(worst.shown) and \(worst.answered)"
    }
    return nil
  }

  private static func done(_ status: Teacher.Status) -> String {
    var words: [String] = []
    if status.shot > 0 { words.append("\(counted(status.shot, "shot", "shots")) taken") }
    if status.skipped > 0 { words.append("\(counted(status.skipped, "near-duplicate", "near-duplicates")) skipped") }
    if status.failed > 0 { words.append("\(status.failed) not written") }
    return words.joined(separator: ", ")
  }
}
