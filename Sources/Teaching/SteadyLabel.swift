/// A label that changes only after some results in a row: what stands between two classes does not flicker.
public struct SteadyLabel: Sendable {
  public static let resultsInARow = 3

  public private(set) var label: String?
  private var candidate: String?
  private var count = 0

  public init() {}

  /// Takes a result; returns the label to show.
  public mutating func take(_ result: String) -> String {
    if result == label {
      candidate = nil
    } else {
      count = result == candidate ? count + 1 : 1
      candidate = result
      // The first one of all need not wait.
      if label == nil || count >= Self.resultsInARow {
        label = result
        candidate = nil
      }
    }
    return label ?? result
  }

  /// The next result stands for itself.
  public mutating func reset() { self = SteadyLabel() }
}
