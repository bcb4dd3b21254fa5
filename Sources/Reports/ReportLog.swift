import Model
import Platform
import Telemetry

/// What a report says of one log.
package struct ReportLog: Sendable {
  package struct Switch: Sendable, Hashable {
    /// Since the log's first row.
    package var nanoseconds: Int64
    package var configuration: Configuration
  }

  /// More configurations than anybody turns through; the rows of any beyond are counted in `leftOutRows`.
  static let mostConfigurations = 128
  static let mostSwitches = 500
  /// Nobody reads the facts of more.
  static let mostHeaders = 10

  package var path: String
  /// The runs in it, of which the first ten: one, unless logs were put one behind the other.
  package var headers: [RunHeader] = []
  package var runCount = 0
  package var rows = 0
  package var leftOutRows = 0
  /// Rows that the writer had to drop because its queue was full.
  package var lostRows = 0
  /// Bytes of a last row that was cut off.
  package var tornBytes = 0
  /// Zeros, and rows that they cut, as a file holds that was emptied while it was written.
  package var zeroBytes = 0
  /// What lies beside the log and could not be read.
  package var notes: [String] = []
  /// From the first row to the last one.
  package var durationNanoseconds: Int64 = 0
  /// α rising, then resolution, precision, threads.
  package var configurations: [ConfigurationFigures] = []
  /// In the order in which they happened, the first five hundred.
  package var switches: [Switch] = []
  package var switchCount = 0
  /// The network and glass to label, warm-up left out.
  package var networkTimeline = Timeline()
  package var glassToLabelTimeline = Timeline()
  package var machine = MachineFigures()

  /// Reads the log at `path` in one pass and constant memory.
  /// - Throws: `UserError` if it cannot be read, or is no log.
  package init(path: String) throws(UserError) {
    self.path = path
    let reader = try LogReader(path: path, guesses: false)
    var gathering = Gathering()
    var record = FrameRecord()
    var last: RunHeader?
    while let item = try reader.next(into: &record) {
      switch item {
      case .header(let header):
        // A file that was emptied begins again in the middle of its run, and so do parts that were put together.
        guard header != last else { continue }
        last = header
        runCount += 1
        if headers.count < Self.mostHeaders { headers.append(header) }
        gathering.begin(header, &self)
      // Layers' names and kinds are the same in all.
      case .network: break
      case .row: gathering.add(record, &self)
      }
    }
    tornBytes = reader.tornBytes
    zeroBytes = reader.zeroBytes
    notes = reader.notes
    gathering.finish(&self)
  }
}

/// What is known of a log while its rows are read.
private struct Gathering {
  private let budget = LatencyDistribution.Budget()
  private var places: [Configuration: Place] = [:]
  private var current: Place?
  private var layers: [LayerFacts] = []
  private var counters: [Int?] = [nil, nil, nil]
  private var lostBefore = 0
  private var firstCaptured: Int64?
  /// Where the present run begins on the log's own time line.
  private var runStart: Int64 = 0

  mutating func begin(_ header: RunHeader, _ log: inout ReportLog) {
    layers = header.network.layers
    counters = [nil, nil, nil]
    lostBefore = log.lostRows
    firstCaptured = nil
    runStart = log.durationNanoseconds
    current = nil
  }

  mutating func add(_ record: borrowing FrameRecord, _ log: inout ReportLog) {
    log.rows += 1
    log.lostRows = max(log.lostRows, lostBefore.addingSaturating(record.logLost))
    let captured = record.captured.count
    let first = firstCaptured ?? captured
    firstCaptured = first
    let time = runStart.addingSaturating(max(0, captured.subtractingSaturating(first)))
    log.durationNanoseconds = max(log.durationNanoseconds, time)
    guard let place = place(of: record.configuration) else {
      log.leftOutRows += 1
      return
    }
    if record.isSwitch {
      log.switchCount += 1
      if log.switches.count < ReportLog.mostSwitches {
        log.switches.append(ReportLog.Switch(nanoseconds: time, configuration: place.configuration))
      }
    }
    countDrops(record.driverDrops, 0, place)
    countDrops(record.ringDrops, 1, place)
    countDrops(record.badFrames, 2, place)
    place.machine.add(record)
    guard !record.isWarmUp else {
      place.warmUp += 1
      return
    }
    place.add(record, budget)
    if let value = record.network { log.networkTimeline.add(value.count, at: time) }
    if let value = record.glassToLabel { log.glassToLabelTimeline.add(value.count, at: time) }
  }

  private mutating func place(of configuration: Configuration) -> Place? {
    if let current, current.configuration == configuration { return current }
    if places[configuration] == nil {
      guard places.count < ReportLog.mostConfigurations else { return nil }
      places[configuration] = Place(configuration, layers: layers, budget: budget)
    }
    current = places[configuration]
    return current
  }

  /// Counters run since the stream began: what they rose by since the last row belongs to this row's configuration.
  private mutating func countDrops(_ value: Int?, _ index: Int, _ place: Place) {
    guard let value else { return }
    let before = counters[index] ?? value
    // A counter that fell began anew with its stream.
    let more = value >= before ? value.subtractingSaturating(before) : value
    place.drops[index] = (place.drops[index] ?? 0).addingSaturating(more)
    counters[index] = value
  }

  func finish(_ log: inout ReportLog) {
    var whole = MachineGatherer()
    for place in places.values { whole.merge(place.machine) }
    log.machine = whole.figures(top: whole.highest)
    log.configurations = places.values.map { $0.figures(top: whole.highest) }
      .sorted { $0.configuration < $1.configuration }
  }
}

/// What is gathered of one configuration.
private final class Place {
  let configuration: Configuration
  private let layers: [LayerFacts]
  private var results = 0
  var warmUp = 0
  private var stages: [LatencyDistribution]
  private var layerTimes: [LatencyDistribution] = []
  private let unaccounted: LatencyDistribution
  var drops: [Int?] = [nil, nil, nil]
  var machine = MachineGatherer()
  /// There are many layers, and a few thousand values say enough of one.
  private static let mostLayerValues = 1 << 11

  init(_ configuration: Configuration, layers: [LayerFacts], budget: LatencyDistribution.Budget) {
    self.configuration = configuration
    self.layers = layers
    stages = Stage.allCases.map { _ in LatencyDistribution(budget: budget) }
    unaccounted = LatencyDistribution(budget: budget, mostValues: Self.mostLayerValues)
  }

  func add(_ record: borrowing FrameRecord, _ budget: LatencyDistribution.Budget) {
    results += 1
    for stage in Stage.all {
      if let value = record[stage] { stages[stage.rawValue].add(value.count) }
    }
    while layerTimes.count < record.layerTimes.count {
      layerTimes.append(LatencyDistribution(budget: budget, mostValues: Self.mostLayerValues))
    }
    for layer in 0..<record.layerTimes.count { layerTimes[layer].add(record.layerTimes[layer].count) }
    if let value = record.unaccounted { unaccounted.add(value.count) }
  }

  func figures(top: Int?) -> ConfigurationFigures {
    let networkSum = Double(stages[Stage.network.rawValue].sum)
    func layer(_ name: String, _ kind: String?, _ times: LatencyDistribution) -> LayerFigures? {
      LatencyFigures(times).map {
        .init(name: name, kind: kind, figures: $0, share: networkSum > 0 ? Double(times.sum) / networkSum : 0)
      }
    }
    let known = layerTimes.enumerated().map { index, times in
      let described = index < layers.count ? layers[index] : LayerFacts(name: "layer \(index + 1)")
      return layer(described.name, described.kind.isEmpty ? nil : described.kind, times)
    }
    return ConfigurationFigures(
      configuration: configuration, results: results, warmUpResults: warmUp, stages: stages.map { LatencyFigures($0) },
      layers: (known + [layer("unaccounted", nil, unaccounted)]).compactMap { $0 }, driverDrops: drops[0],
      ringDrops: drops[1], badFrames: drops[2], machine: machine.figures(top: top))
  }
}

/// Frequencies and temperatures of rows.
private struct MachineGatherer {
  /// Rows by frequency in steps of 10 MHz up to 100 GHz, which bounds them.
  private var rowsByStep: [Int: Int] = [:]
  private static let stepKilohertz = 10_000
  private static let mostSteps = 10_000
  private var lowest: Int?
  private(set) var highest: Int?
  private var hottest: Int?

  mutating func add(_ record: borrowing FrameRecord) {
    if let frequency = record.cpuFrequencyKilohertz, frequency > 0 {
      lowest = min(lowest ?? frequency, frequency)
      highest = max(highest ?? frequency, frequency)
      rowsByStep[min(frequency / Self.stepKilohertz, Self.mostSteps), default: 0] += 1
    }
    if let temperature = record.cpuTemperatureMillidegrees { hottest = max(hottest ?? temperature, temperature) }
  }

  mutating func merge(_ other: MachineGatherer) {
    rowsByStep.merge(other.rowsByStep, uniquingKeysWith: +)
    lowest = [lowest, other.lowest].compactMap { $0 }.min()
    highest = [highest, other.highest].compactMap { $0 }.max()
    hottest = [hottest, other.hottest].compactMap { $0 }.max()
  }

  func figures(top: Int?) -> MachineFigures {
    let all = rowsByStep.values.reduce(0, +)
    let limit = min(top ?? 0, Self.mostSteps * Self.stepKilohertz) / 5 * 4
    let slow = rowsByStep.filter { step, _ in (step + 1) * Self.stepKilohertz <= limit }.values.reduce(0, +)
    return MachineFigures(
      lowestKilohertz: lowest, highestKilohertz: highest, slowShare: all > 0 ? Double(slow) / Double(all) : nil,
      hottestMillidegrees: hottest)
  }
}
