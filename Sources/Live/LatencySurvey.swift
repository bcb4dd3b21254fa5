import MobileNet
import Model
import NetworkSelection
import Platform

/// Measures how long other networks take, on the inference thread, in the time that it would sleep between two frames; in
/// turns with the network that runs, so that what was measured under different loads can be compared.
struct LatencySurvey {
  /// What others want to know, and what is known.
  struct State: Sendable {
    /// Networks to be measured, on whatever number of threads runs; nothing is built or run while there are none.
    var wanted: [Configuration] = []
    /// Whether the results are looked at now.
    var isWatched = false
    var tradeOff = TradeOff()

    mutating func want(_ configurations: [Configuration]) {
      let known = Set(wanted)
      wanted += configurations.map { $0.on(threads: 1) }.filter { !known.contains($0) }
    }
  }

  /// What a network came to beside the one that runs.
  struct Measurement {
    let latency: TradeOff.Latency
    let configuration: Configuration
    let running: Configuration
    let runningLatency: TradeOff.Latency
  }

  static let warmUpRuns = 3
  static let timedRuns = 20
  /// A run of the network that runs follows that many of the other.
  static let runsInTurn = 4
  /// At most so long at a stretch, however much time there is.
  private static let longestStretch = Nanoseconds(milliseconds: 8)
  /// Where there is no time between frames: one run that often, if it is no longer than a stretch.
  private static let longestWait = Nanoseconds(milliseconds: 300)
  /// While somebody looks, one network is measured anew that often: something may have disturbed it.
  private static let refreshPeriod = Nanoseconds(seconds: 5)
  /// Where one contradicts another something did, and it is measured sooner.
  private static let doubtfulPeriod = Nanoseconds(seconds: 1)

  private let order: NetworkOrder
  private let now: () -> Nanoseconds
  private var subject: (network: any RunnableNetwork, configuration: Configuration)?
  private var isOrdered = false
  private var lastRun = Nanoseconds.zero
  private var refreshed = 0
  private var runs = 0
  private var fastest = Nanoseconds.zero
  private var times: [Int64] = []
  /// Of the network that runs, meanwhile.
  private var runningTimes: [Int64] = []
  /// Those that cannot be built: no weights for this α (--weights names one file). They stay estimated.
  private var skipped: Set<Configuration> = []

  init(order: NetworkOrder, now: @escaping () -> Nanoseconds = Nanoseconds.now) {
    self.order = order
    self.now = now
  }

  /// Runs the network under survey as often as fits before `end`.
  /// - Parameters:
  ///   - running: the network that runs; it runs once more in the end, so that its next frame finds the caches as always.
  ///   - isPatient: nobody waits for it (the picture is held): a run may take longer than there is time.
  /// - Returns: what was found out, if a measurement has come to its end.
  mutating func work(
    _ state: State, until end: Nanoseconds, running: any RunnableNetwork, isPatient: Bool = false
  ) -> Measurement? {
    guard !state.wanted.isEmpty else { return nil }
    let configuration = running.configuration
    if let subject, subject.configuration.threads != configuration.threads { self.subject = nil }
    guard subject != nil || takeSubject(state, beside: configuration) else { return nil }
    let began = now()
    let stretch = min(end, began + Self.longestStretch)
    let spare = isPatient ? Nanoseconds.zero : running.total
    var isDirty = false
    var measurement: Measurement?
    while let (network, own) = subject {
      let expected = expected(network, running)
      let isOverdue = isPatient || (began - lastRun > Self.longestWait && expected < Self.longestStretch)
      // The first one of a stretch may take all the time until the frame.
      let fits = now() + expected + spare < (isDirty ? stretch : end)
      guard fits || (isOverdue && !isDirty) else { break }
      network.run()
      isDirty = true
      runs += 1
      fastest = runs == 1 ? network.total : min(fastest, network.total)
      if runs > Self.warmUpRuns { times.append(network.total.count) }
      if runs % Self.runsInTurn == 0 { runInTurn(running) }
      if runs == Self.warmUpRuns + Self.timedRuns {
        if let latency = TradeOff.Latency(measured: times),
          let runningLatency = TradeOff.Latency(measured: runningTimes)
        {
          measurement = Measurement(
            latency: latency, configuration: own, running: configuration, runningLatency: runningLatency)
        }
        subject = nil
      }
    }
    if isDirty {
      lastRun = now()
      runInTurn(running)
    }
    return measurement
  }

  private mutating func runInTurn(_ running: any RunnableNetwork) {
    running.run()
    runningTimes.append(running.total.count)
  }

  /// How long the next run may take: by mult-adds with a reserve, or as the fastest so far. Of one or two runs the system
  /// may have interrupted each.
  private func expected(_ network: any RunnableNetwork, _ running: any RunnableNetwork) -> Nanoseconds {
    if runs > Self.warmUpRuns { return fastest }
    let ratio = Double(network.architecture.multAdds) / Double(running.architecture.multAdds)
    let guess = Nanoseconds(Int64(Double(running.total.count) * ratio * 1.5))
    return runs > 0 ? min(fastest, guess) : guess
  }

  /// The next network to measure, once it is built.
  private mutating func takeSubject(_ state: State, beside running: Configuration) -> Bool {
    if isOrdered {
      guard let (configuration, network) = order.take() else { return false }
      isOrdered = false
      guard configuration.threads == running.threads else { return false }
      guard case .success(let network) = network else {
        skipped.insert(configuration)
        return false
      }
      subject = (network, configuration)
      runs = 0
      times.removeAll(keepingCapacity: true)
      runningTimes.removeAll(keepingCapacity: true)
      return true
    }
    let wanted = state.wanted.map { $0.on(threads: running.threads) }
    guard
      let next = state.tradeOff.nextToMeasure(among: wanted, except: skipped)
        ?? nextToRefresh(state, wanted, beside: running)
    else { return false }
    isOrdered = true
    order.place(next)
    return false
  }

  /// In turn, and only those that can be built: those whose measurements contradict each other, or all of them. The one that
  /// runs is measured with each.
  private mutating func nextToRefresh(_ state: State, _ wanted: [Configuration], beside running: Configuration)
    -> Configuration?
  {
    let others = wanted.filter { $0 != running }
    let doubtful = others.filter { state.tradeOff.doubtful.contains($0) }
    let (choices, period) = doubtful.isEmpty ? (others, Self.refreshPeriod) : (doubtful, Self.doubtfulPeriod)
    guard state.isWatched, !choices.isEmpty, now() - lastRun > period else { return nil }
    refreshed = (refreshed + 1) % choices.count
    return skipped.contains(choices[refreshed]) ? nil : choices[refreshed]
  }
}
