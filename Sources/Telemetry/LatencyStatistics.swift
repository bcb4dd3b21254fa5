import Model

/// What the screen shows of latencies: a window of the last results and the whole run in the present configuration, for
/// each stage, and a window for each layer. Nothing is allocated per record.
///
/// Starts anew at each switch and leaves warm-up out, so that no figure mixes two configurations. What the whole run was
/// in the configurations before is kept as figures.
public struct LatencyStatistics: Sendable {
  /// How many configurations are remembered, the newest ones.
  public static let mostRuns = 16

  /// A copy of it is made in no time, and its figures are then made without keeping anybody waiting.
  public private(set) var recent: RecentLatencies
  private var stageRuns: [RunHistogram]
  private var configuration: Configuration?
  private var isWarmUp = false
  private var finished: [RunSummary] = []

  /// - Parameter window: how many results the windowed figures look back on.
  public init(layerCount: Int, window: Int = 512) {
    recent = RecentLatencies(layerCount: layerCount, window: window)
    stageRuns = Stage.allCases.map { _ in RunHistogram() }
  }

  /// - Parameter now: the moment of the result on `CLOCK_MONOTONIC`, for the rate, which counts every result.
  public mutating func add(_ record: borrowing FrameRecord, at now: Int64) {
    if record.isSwitch { reset() }
    configuration = record.configuration
    isWarmUp = record.isWarmUp
    recent.rate.add(at: now)
    guard !record.isWarmUp else { return }
    for stage in Stage.all {
      if let time = record[stage] { add(time.count, to: stage) }
    }
    recent.addLayers(of: record)
  }

  /// What is known of a result only once it was shown; called after `add`, and counts as that one does.
  public mutating func add(_ shown: ShownResult) {
    // A switch may have come since the result was added.
    guard !shown.isWarmUp, !isWarmUp, shown.configuration == configuration else { return }
    add(shown.render.count, to: .render)
    add(shown.glassToLabel.count, to: .glassToLabel)
  }

  private mutating func add(_ time: Int64, to stage: Stage) {
    recent.stages[stage.rawValue].add(time)
    stageRuns[stage.rawValue].add(time)
  }

  /// Forgets everything but the figures of the run so far: the configuration changed.
  public mutating func reset() {
    finished = runs
    for index in stageRuns.indices { stageRuns[index].reset() }
    recent.reset()
    configuration = nil
  }

  /// All results since the last switch.
  public func run(_ stage: Stage) -> LatencySummary? { stageRuns[stage.rawValue].summary }

  /// The whole run, one entry for each stretch between two switches that had results beyond warm-up, in their order.
  public var runs: [RunSummary] {
    let stages = Stage.allCases.map { run($0) }
    guard let configuration, stages.contains(where: { $0 != nil }) else { return finished }
    return (finished + [RunSummary(configuration: configuration, stages: stages)]).suffix(Self.mostRuns)
  }
}

/// What a stretch of a run between two switches came to.
public struct RunSummary: Sendable, Hashable {
  public var configuration: Configuration
  /// By `Stage.rawValue`; `nil` where the stage was never known. To three significant digits, the maximum exact.
  public var stages: [LatencySummary?]

  public subscript(stage: Stage) -> LatencySummary? { stages[stage.rawValue] }
}

/// The last results in one configuration. Nothing is allocated per record.
public struct RecentLatencies: Sendable {
  fileprivate var stages: [LatencyWindow]
  private var layers: [LatencyWindow]
  private var beyondLayers: LatencyWindow
  fileprivate var rate = RateMeter()

  fileprivate init(layerCount: Int, window: Int) {
    stages = Stage.allCases.map { _ in LatencyWindow(capacity: window) }
    layers = (0..<layerCount).map { _ in LatencyWindow(capacity: window) }
    beyondLayers = LatencyWindow(capacity: window)
  }

  fileprivate mutating func addLayers(of record: borrowing FrameRecord) {
    for layer in 0..<min(layers.count, record.layerTimes.count) {
      layers[layer].add(record.layerTimes[layer].count)
    }
    if let time = record.unaccounted { beyondLayers.add(time.count) }
  }

  fileprivate mutating func reset() {
    for index in stages.indices { stages[index].reset() }
    for index in layers.indices { layers[index].reset() }
    beyondLayers.reset()
    rate.reset()
  }

  /// `nil` where the stage was never known.
  public func window(_ stage: Stage) -> LatencySummary? { stages[stage.rawValue].summary }
  /// Of one layer, by its place in the network.
  public func layer(_ index: Int) -> LatencySummary? {
    layers.indices.contains(index) ? layers[index].summary : nil
  }
  /// What the network took beyond its layers.
  public func unaccounted() -> LatencySummary? { beyondLayers.summary }
  public mutating func resultsPerSecond(at now: Int64) -> Double? { rate.eventsPerSecond(at: now) }
}
