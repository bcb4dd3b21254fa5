import Platform

/// One thing that the doctor looked at.
package struct Finding: Sendable, Hashable {
  package enum Level: String, Sendable {
    case fine = "ok"
    /// Works, but could be better.
    case note
    case wrong
  }

  package var topic: String
  package var level: Level
  package var message: String
  /// What mends it: a command as a rule.
  package var remedy: String?

  package init(_ topic: String, _ level: Level, _ message: String, remedy: String? = nil) {
    self.topic = topic
    self.level = level
    self.message = message
    self.remedy = remedy
  }

  /// The whole report; topics stand where they begin.
  package static func report(_ findings: [Finding]) -> String {
    var lines: [String] = []
    var topic = ""
    for finding in findings {
      let start = padRight(finding.topic == topic ? "" : finding.topic, 10)
      topic = finding.topic
      lines.append(start + padRight(finding.level.rawValue, 7) + finding.message)
      if let remedy = finding.remedy { lines.append(padRight("", 17) + "-> " + remedy) }
    }
    let wrong = findings.filter { $0.level == .wrong }.count
    lines.append("")
    switch wrong {
    case 0: lines.append("Nothing is wrong.")
    case 1: lines.append("1 thing is wrong.")
    default: lines.append("\(wrong) things are wrong.")
    }
    return lines.joined(separator: "\n")
  }
}
