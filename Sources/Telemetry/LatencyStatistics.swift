/// What the screen shows of latencies: a window of the last results and the whole run in the present configuration, for
/// each stage, and a window for each layer. Nothing is allocated per record.
///
/// Starts anew at each switch and leaves warm-up out, so that no figure mixes two configurations.
public struct LatencyStatistics: Sendable {
  private var stageWindows: [LatencyWindow]
  private var stageRuns: [RunHistogram]
  private var layerWindows: [LatencyWindow]
  private var unaccountedWindow: LatencyWindow
  private var rate = RateMeter()

  /// - Parameter window: how many results the windowed figures look back on.
  public init(layerCount: Int, window: Int = 512) {
    stageWindows = Stage.allCases.map { _ in LatencyWindow(capacity: window) }
    stageRuns = Stage.allCases.map { _ in RunHistogram() }
    layerWindows = (0..<layerCount).map { _ in LatencyWindow(capacity: window) }
    unaccountedWindow = LatencyWindow(capacity: window)
  }

  /// - Parameter now: the moment of the result on `CLOCK_MONOTONIC`, for the rate, which counts every result.
  public mutating func add(_ record: borrowing FrameRecord, at now: Int64) {
    if record.isSwitch { reset() }
    rate.add(at: now)
    guard !record.isWarmUp else { return }
    for stage in 0..<stageWindows.count {
      guard let time = record[Stage(rawValue: stage)!] else { continue }
      stageWindows[stage].add(time)
      stageRuns[stage].add(time)
    }
    for layer in 0..<min(layerWindows.count, record.layerNanoseconds.count) {
      layerWindows[layer].add(record.layerNanoseconds[layer])
    }
    if let time = record.unaccountedNanoseconds { unaccountedWindow.add(time) }
  }

  /// Forgets everything: the configuration changed.
  public mutating func reset() {
    for index in stageWindows.indices {
      stageWindows[index].reset()
      stageRuns[index].reset()
    }
    for index in layerWindows.indices { layerWindows[index].reset() }
    unaccountedWindow.reset()
    rate.reset()
  }

  /// The last results; `nil` where the stage was never known.
  public mutating func window(_ stage: Stage) -> LatencySummary? { stageWindows[stage.rawValue].summary() }
  /// All results since the last switch.
  public func run(_ stage: Stage) -> LatencySummary? { stageRuns[stage.rawValue].summary }
  /// The last results of one layer, by its place in the network.
  public mutating func layer(_ index: Int) -> LatencySummary? {
    layerWindows.indices.contains(index) ? layerWindows[index].summary() : nil
  }
  /// What the network took beyond its layers.
  public mutating func unaccounted() -> LatencySummary? { unaccountedWindow.summary() }
  public mutating func resultsPerSecond(at now: Int64) -> Double? { rate.eventsPerSecond(at: now) }
}
