import Model
import ModelFiles
import Platform

/// Probabilities averaged over the last moments, so that a person can read the labels and their bars do not jump.
///
/// Exponential, by time and not by frames: as calm at 10 frames a second as at 300.
public struct LabelSmoother: Sendable {
  /// After this time an earlier result counts 37 %.
  public static let timeConstant = Nanoseconds(milliseconds: 400)

  /// `[classCount]`, empty before the first result.
  public private(set) var probabilities: [Float] = []
  private var last = Nanoseconds.zero

  public init() {}

  /// Forgets everything: the next result stands for itself.
  public mutating func reset() { probabilities.removeAll(keepingCapacity: true) }

  /// - Parameter now: time of the result; results come in the order of time.
  public mutating func add(_ result: UnsafeBufferPointer<Float>, at now: Nanoseconds) {
    defer { last = now }
    guard probabilities.count == result.count else {
      probabilities.removeAll(keepingCapacity: true)
      probabilities.append(contentsOf: result)
      return
    }
    // Of e^−x for the earlier results: 1 / (1 + x) is near enough, and never leaves 0…1.
    let elapsed = Float(max(0, (now - last).count)) / Float(Self.timeConstant.count)
    let share = elapsed / (1 + elapsed)
    for index in probabilities.indices {
      let before = probabilities[index]
      // What is no number would stay so for ever.
      probabilities[index] = before.isFinite ? before + share * (result[index] - before) : result[index]
    }
  }

  /// The `count` likeliest classes, best first.
  public func top(_ count: Int, labels: Labels? = nil, into best: inout [Prediction]) {
    probabilities.withUnsafeBufferPointer { Prediction.top(count, of: $0, labels: labels, into: &best) }
  }
}
