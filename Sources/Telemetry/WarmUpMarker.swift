import Model

/// Marks the records that statistics must leave out or begin anew at: the first results after a start or a switch, and
/// the switch itself.
public struct WarmUpMarker: Sendable {
  /// How many results after a start or a switch count as warm-up: caches, clock frequency, first-touch of memory.
  public let warmUpResults: Int
  private var configuration: Configuration?
  private var resultsInConfiguration = 0

  public init(warmUpResults: Int = 5) { self.warmUpResults = warmUpResults }

  /// Sets `isSwitch` and `isWarmUp`.
  public mutating func mark(_ record: inout FrameRecord) {
    let now = record.configuration
    record.isSwitch = configuration != nil && configuration != now
    if configuration != now {
      configuration = now
      resultsInConfiguration = 0
    }
    record.isWarmUp = resultsInConfiguration < warmUpResults
    resultsInConfiguration += 1
  }
}
