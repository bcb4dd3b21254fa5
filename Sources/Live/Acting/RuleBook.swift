import Platform

/// When which rule acts, as a value: results go in, firings come out. It is told the time and the ends of commands, and knows
/// neither a process nor a thread.
///
/// A rule fires when its condition comes to hold, and again only after it was false; with `every`, also each time that this
/// time is over while it still holds, and never sooner. While its command runs it waits, and fires behind it if the condition
/// still holds then.
package struct RuleBook: Sendable {
  package struct Firing: Sendable, Hashable {
    /// Index of the rule.
    package var rule: Int
    /// Of the class with the highest score, where several have the name.
    package var label: String
    package var score: Float

    package init(rule: Int, label: String, score: Float) {
      self.rule = rule
      self.label = label
      self.score = score
    }
  }

  private struct State: Sendable {
    /// That the label means in this network; none where it has no such class.
    var classes: [Int] = []
    /// Results in a row that were above the threshold.
    var streak = 0
    var holds = false
    var isDue = false
    var isRunning = false
    var started: Nanoseconds?
    var missed = 0

    /// - Returns: whether the rule fires, which it then has.
    mutating func follow(_ rule: ActionRule, isAbove: Bool, at now: Nanoseconds) -> Bool {
      guard isAbove else {
        if isDue, isRunning { missed += 1 }
        (streak, holds, isDue) = (0, false, false)
        return false
      }
      streak = min(streak + 1, rule.condition.results)
      guard streak == rule.condition.results else { return false }
      let isPaced = rule.every.map { every in started.map { now >= $0 + every } ?? true }
      if !holds || isPaced == true { isDue = true }
      holds = true
      guard isDue, !isRunning, isPaced ?? true else { return false }
      isDue = false
      isRunning = true
      started = now
      return true
    }
  }

  package let rules: [ActionRule]
  private var states: [State]
  private var names = LabelNames([])
  /// Firings that were left out, since the last command still ran and the condition was over before it ended.
  package var missed: Int { states.reduce(0) { $0 + $1.missed } }

  package init(_ rules: [ActionRule]) {
    self.rules = rules
    states = rules.map { _ in State() }
  }

  /// From now on scores are of these classes.
  package mutating func bind(to labels: [String]) {
    names = LabelNames(labels)
    for index in rules.indices { states[index].classes = names.classes(named: rules[index].condition.label) }
  }

  /// A result.
  /// - Parameter score: of a class; what is no number is above no threshold.
  package mutating func take(at now: Nanoseconds, score: (Int) -> Float) -> [Firing] {
    var firings: [Firing] = []
    for index in rules.indices {
      let condition = rules[index].condition
      var best = (class: 0, score: -Float.infinity)
      for candidate in states[index].classes where score(candidate) > best.score {
        best = (candidate, score(candidate))
      }
      if states[index].follow(rules[index], isAbove: best.score > condition.threshold, at: now) {
        firings.append(Firing(rule: index, label: names.label(best.class), score: best.score))
      }
    }
    return firings
  }

  /// The command of a rule has ended, or could not be started.
  package mutating func ended(_ rule: Int) { states[rule].isRunning = false }
}
