import Model
import Platform

/// What a report says of one log.
public struct ReportLog: Sendable {
  public struct Switch: Sendable, Hashable {
    /// Since the log's first row.
    public var nanoseconds: Int64
    public var configuration: Configuration
  }

  /// More configurations than anybody turns through; the rows of any beyond are counted in `leftOutRows`.
  static let mostConfigurations = 128
  static let mostSwitches = 500
  /// Nobody reads the facts of more.
  static let mostHeaders = 10

  public var path: String
  public var format: LogFormat
  /// The runs in it, of which the first ten: one, unless logs were put one behind the other.
  public var headers: [RunHeader] = []
  public var runCount = 0
  public var rows = 0
  public var leftOutRows = 0
  /// Rows that the writer had to drop because its queue was full.
  public var lostRows = 0
  /// Bytes of a last row that was cut off.
  public var tornBytes = 0
  /// Zeros, and rows that they cut, as a file holds that was emptied while it was written.
  public var zeroBytes = 0
  /// What lies beside the log and could not be read.
  public var notes: [String] = []
  /// From the first row to the last one.
  public var durationNanoseconds: Int64 = 0
  /// α rising, then resolution, precision, threads.
  public var configurations: [ConfigurationFigures] = []
  /// In the order in which they happened, the first five hundred.
  public var switches: [Switch] = []
  public var switchCount = 0
  /// The network and glass to label, warm-up left out.
  public var networkTimeline = Timeline()
  public var glassToLabelTimeline = Timeline()
  public var machine = MachineFigures()

  /// Reads the log at `path` in one pass and constant memory.
  /// - Throws: `UserError` if it cannot be read, or is no log.
  public init(path: String) throws(UserError) {
    let reader = try LogReader(path: path, guesses: false)
    let builder = ReportLogBuilder()
    var record = FrameRecord()
    var last: RunHeader?
    self.path = path
    format = reader.format
    while let item = try reader.next(into: &record) {
      switch item {
      case .header(let header):
        // A file that was emptied begins again in the middle of its run, and so do parts that were put together.
        guard header != last else { continue }
        last = header
        runCount += 1
        if headers.count < Self.mostHeaders { headers.append(header) }
        builder.begin(header)
      // Layers' names and kinds are the same in all.
      case .network: break
      case .row: builder.add(record)
      }
    }
    tornBytes = reader.tornBytes
    zeroBytes = reader.zeroBytes
    notes = reader.notes
    builder.finish(&self)
  }
}

/// Gathers a log's rows.
private final class ReportLogBuilder {
  private final class Gathered {
    let configuration: Configuration
    let layers: [RunHeader.Layer]
    var results = 0
    var warmUp = 0
    var stages: [LatencyDistribution]
    var layerTimes: [LatencyDistribution] = []
    let unaccounted: LatencyDistribution
    var drops: [Int?] = [nil, nil, nil]
    var machine = MachineGatherer()
    /// There are many layers, and a few thousand values say enough of one.
    static let mostLayerSlots = 1 << 12

    init(_ configuration: Configuration, layers: [RunHeader.Layer], budget: LatencyDistribution.Budget) {
      self.configuration = configuration
      self.layers = layers
      stages = Stage.allCases.map { _ in LatencyDistribution(budget: budget) }
      unaccounted = LatencyDistribution(budget: budget, mostSlots: Self.mostLayerSlots)
    }
  }

  private let budget = LatencyDistribution.Budget()
  private var gathered: [Configuration: Gathered] = [:]
  private var current: Gathered?
  private var layers: [RunHeader.Layer] = []
  private var counters: [Int?] = [nil, nil, nil]
  private var lostBefore = 0
  private var lostInRun = 0
  private var rows = 0
  private var leftOut = 0
  private var firstCaptured: Int64?
  /// Where the present run begins on the log's own time line.
  private var runStart: Int64 = 0
  private var lastTime: Int64 = 0
  private var switches: [ReportLog.Switch] = []
  private var switchCount = 0
  private var networkTimeline = Timeline()
  private var glassToLabelTimeline = Timeline()

  func begin(_ header: RunHeader) {
    layers = header.layers
    counters = [nil, nil, nil]
    lostBefore = lostBefore.addingSaturating(lostInRun)
    lostInRun = 0
    firstCaptured = nil
    runStart = lastTime
    current = nil
  }

  func add(_ record: borrowing FrameRecord) {
    rows += 1
    lostInRun = max(lostInRun, record.logLost)
    let captured = record.captured.count
    let first = firstCaptured ?? captured
    firstCaptured = first
    let time = runStart.addingSaturating(max(0, captured.subtractingSaturating(first)))
    lastTime = max(lastTime, time)
    guard let place = place(of: record.configuration) else {
      leftOut += 1
      return
    }
    if record.isSwitch {
      switchCount += 1
      if switches.count < ReportLog.mostSwitches {
        switches.append(ReportLog.Switch(nanoseconds: time, configuration: place.configuration))
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
    place.results += 1
    for stage in 0..<place.stages.count {
      if let value = record[Stage(rawValue: stage)!] { place.stages[stage].add(value.count) }
    }
    while place.layerTimes.count < record.layerTimes.count {
      place.layerTimes.append(LatencyDistribution(budget: budget, mostSlots: Gathered.mostLayerSlots))
    }
    for layer in 0..<record.layerTimes.count { place.layerTimes[layer].add(record.layerTimes[layer].count) }
    if let value = record.unaccounted { place.unaccounted.add(value.count) }
    if let value = record.network { networkTimeline.add(value.count, at: time) }
    if let value = record.glassToLabel { glassToLabelTimeline.add(value.count, at: time) }
  }

  private func place(of configuration: Configuration) -> Gathered? {
    if let current, current.configuration == configuration { return current }
    if let known = gathered[configuration] {
      current = known
      return known
    }
    guard gathered.count < ReportLog.mostConfigurations else { return nil }
    let new = Gathered(configuration, layers: layers, budget: budget)
    gathered[configuration] = new
    current = new
    return new
  }

  /// Counters run since the stream began: what they rose by since the last row belongs to this row's configuration.
  private func countDrops(_ value: Int?, _ index: Int, _ place: Gathered) {
    guard let value else { return }
    let before = counters[index] ?? value
    // A counter that fell began anew with its stream.
    let more = value >= before ? value.subtractingSaturating(before) : value
    place.drops[index] = (place.drops[index] ?? 0).addingSaturating(more)
    counters[index] = value
  }

  func finish(_ log: inout ReportLog) {
    var whole = MachineGatherer()
    for place in gathered.values { whole.merge(place.machine) }
    let top = whole.highest
    log.rows = rows
    log.leftOutRows = leftOut
    log.lostRows = lostBefore.addingSaturating(lostInRun)
    log.durationNanoseconds = lastTime
    log.switches = switches
    log.switchCount = switchCount
    log.networkTimeline = networkTimeline
    log.glassToLabelTimeline = glassToLabelTimeline
    log.machine = whole.figures(top: top)
    log.configurations = gathered.values.map { figures($0, top: top) }
      .sorted { $0.configuration < $1.configuration }
  }

  private func figures(_ place: Gathered, top: Int?) -> ConfigurationFigures {
    let networkSum = Double(place.stages[Stage.network.rawValue].sum)
    func share(_ times: LatencyDistribution) -> Double { networkSum > 0 ? Double(times.sum) / networkSum : 0 }
    var layers: [ConfigurationFigures.Layer] = []
    for (index, times) in place.layerTimes.enumerated() {
      guard let figures = LatencyFigures(times) else { continue }
      let known = index < place.layers.count ? place.layers[index] : nil
      let kind = known.flatMap { $0.kind.isEmpty ? nil : $0.kind }
      layers.append(
        ConfigurationFigures.Layer(
          name: known?.name ?? "layer \(index + 1)", kind: kind, figures: figures, share: share(times)))
    }
    if let figures = LatencyFigures(place.unaccounted) {
      layers.append(
        ConfigurationFigures.Layer(name: "unaccounted", kind: nil, figures: figures, share: share(place.unaccounted)))
    }
    return ConfigurationFigures(
      configuration: place.configuration, results: place.results, warmUpResults: place.warmUp,
      stages: place.stages.map { LatencyFigures($0) }, layers: layers, driverDrops: place.drops[0],
      ringDrops: place.drops[1], badFrames: place.drops[2], machine: place.machine.figures(top: top))
  }
}

/// Frequencies and temperatures of rows.
private struct MachineGatherer {
  /// Rows by frequency in steps of 10 MHz up to 100 GHz, which bounds them.
  private var rowsByStep: [Int: Int] = [:]
  private static let stepKilohertz = 10_000
  private static let mostSteps = 10_000
  private var lastStep = -1
  private var lastStepRows = 0
  private(set) var lowest: Int?
  private(set) var highest: Int?
  private var hottest: Int?

  mutating func add(_ record: borrowing FrameRecord) {
    if let frequency = record.cpuFrequencyKilohertz, frequency > 0 {
      lowest = min(lowest ?? frequency, frequency)
      highest = max(highest ?? frequency, frequency)
      let step = min(frequency / Self.stepKilohertz, Self.mostSteps)
      // Sampled once a second, the same value comes in many rows.
      if step != lastStep { settle(step) }
      lastStepRows += 1
    }
    if let temperature = record.cpuTemperatureMillidegrees { hottest = max(hottest ?? temperature, temperature) }
  }

  private mutating func settle(_ step: Int) {
    if lastStepRows > 0 { rowsByStep[lastStep, default: 0] += lastStepRows }
    lastStep = step
    lastStepRows = 0
  }

  private var settledRows: [Int: Int] {
    var copy = self
    copy.settle(-1)
    return copy.rowsByStep
  }

  mutating func merge(_ other: MachineGatherer) {
    for (step, rows) in other.settledRows { rowsByStep[step, default: 0] += rows }
    if let low = other.lowest { lowest = min(lowest ?? low, low) }
    if let high = other.highest { highest = max(highest ?? high, high) }
    if let hot = other.hottest { hottest = max(hottest ?? hot, hot) }
  }

  func figures(top: Int?) -> MachineFigures {
    let rows = settledRows
    let all = rows.values.reduce(0, +)
    let limit = min(top ?? 0, Self.mostSteps * Self.stepKilohertz) / 5 * 4
    let slow = rows.filter { step, _ in (step + 1) * Self.stepKilohertz <= limit }.values.reduce(0, +)
    return MachineFigures(
      lowestKilohertz: lowest, highestKilohertz: highest, slowShare: all > 0 ? Double(slow) / Double(all) : nil,
      hottestMillidegrees: hottest)
  }
}
