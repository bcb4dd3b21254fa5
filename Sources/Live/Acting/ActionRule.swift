import Platform

/// When to act, and how: `--on 'cup>0.8 for 3' --run 'notify-send cup'`.
public struct ActionRule: Sendable, Hashable {
  /// `LABEL>THRESHOLD for N`
  public struct Condition: Sendable, Hashable {
    private static let form = "LABEL>THRESHOLD for N, such as 'cup>0.8 for 3'"
    private static let mostResults = 100_000

    /// As it was given.
    public let text: String
    /// A class's label, or one of its names.
    public let label: String
    /// What its score must be above, 0 ≤ x < 1.
    public let threshold: Float
    /// So many results in a row.
    public let results: Int

    /// - Throws: `UserError` where it is of another form.
    public init(_ text: String) throws(UserError) {
      func fault(_ expected: String, _ found: String, _ advice: String = "write \(Self.form)") -> UserError {
        UserError("--on \(text): expected \(expected), found \(found); \(advice)")
      }
      guard let sign = text.lastIndex(of: ">") else { throw fault("a label, > and a threshold", "no >") }
      let label = text[..<sign].split(whereSeparator: \.isWhitespace).joined(separator: " ")
      guard !label.isEmpty else { throw fault("a label before the >", "none") }
      var rest = text[text.index(after: sign)...].split(whereSeparator: \.isWhitespace)[...]
      guard let number = rest.popFirst() else { throw fault("a threshold behind the >", "none") }
      guard let threshold = Float(String(number)), threshold >= 0, threshold < 1 else {
        throw fault("a threshold from 0 to below 1", "'\(number)'", "80 % is 0.8")
      }
      var results = 1
      if let word = rest.popFirst() {
        guard word == "for" else { throw fault("'for' and a number of results, or the end", "'\(word)'") }
        guard let number = rest.popFirst() else { throw fault("a number of results behind 'for'", "none") }
        guard let count = Int(number), 1...Self.mostResults ~= count else {
          throw fault("a number of results from 1 to \(Self.mostResults)", "'\(number)'")
        }
        results = count
      }
      if let word = rest.first { throw fault("the end behind the number of results", "'\(word)'") }
      self.text = text
      self.label = label
      self.threshold = threshold
      self.results = results
    }
  }

  public var condition: Condition
  public var command: CommandWords
  /// The time from one start to the next: never sooner, and again and again while the condition holds. `nil`: once each time
  /// that it comes to hold.
  public var every: Nanoseconds?

  public init(_ condition: Condition, run command: CommandWords, every: Nanoseconds? = nil) {
    self.condition = condition
    self.command = command
    self.every = every
  }

  /// - Throws: `UserError` where one could never act: no class has its name, or there is no such program.
  public static func require(_ rules: [ActionRule], of labels: [String]) throws(UserError) {
    try LabelNames(labels).require(rules)
    for rule in rules { try rule.command.requireProgram() }
  }
}
