import Platform

/// A rule that fired, and what its command came to: a row of a log beside those of frames.
public struct ActionEvent: Sendable, Hashable {
  /// As the user gave it: `cup>0.8 for 3`.
  public var rule: String
  /// Of the class that made it fire, and its score.
  public var label: String
  public var probability: Float
  /// Of the frame.
  public var sequence: Int
  public var captured: Nanoseconds
  /// From the start of the command to its end; `nil` where it was not started.
  public var duration: Nanoseconds?
  /// `nil` where a signal ended it, or it was not started.
  public var exitStatus: Int?
  /// What went wrong, in words; `nil` where nothing did.
  public var failure: String?
  /// The beginning of what the command printed; `nil` where it printed nothing.
  public var output: String?

  public init(rule: String, label: String, probability: Float, sequence: Int, captured: Nanoseconds) {
    self.rule = rule
    self.label = label
    self.probability = probability
    self.sequence = sequence
    self.captured = captured
  }

  static let fields: [LogField<ActionEvent>] = [
    .text("rule", { $0.rule }, { $0.rule = $1 }),
    .text("label", { $0.label }, { $0.label = $1 }),
    .probability("probability", { $0.probability }, { $0.probability = $1 }),
    .integer("sequence", { $0.sequence }, { $0.sequence = $1 }),
    .time("captured_us", { $0.captured }, { $0.captured = $1 }),
    .time("duration_us", { $0.duration }, { $0.duration = $1 }),
    .integer("exit_status", { $0.exitStatus }, { $0.exitStatus = $1 }),
    .text("failure", { $0.failure }, { $0.failure = $1 }),
    .text("output", { $0.output }, { $0.output = $1 }),
  ]

  /// As an object of JSON, without a line end.
  func append(to line: LineBuffer) {
    line.append("{\"type\":\"event\"")
    LogField.append(Self.fields, of: self, to: line)
    line.append("}")
  }
}
