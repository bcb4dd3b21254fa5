import Frames
import MobileNet
import Model
import Platform
import Synchronization

/// Measures how long other networks take, on the inference thread, in the time that it would sleep between two frames; in
/// turns with the network that runs, so that what was measured under different loads can be compared.
///
/// `work` belongs to the inference thread; the rest may be called from any thread.
final class LatencySurvey: @unchecked Sendable {
  private static let warmUpRuns = 3
  private static let timedRuns = 20
  /// At most so long at a stretch, however much time there is.
  private static let longestStretch = Nanoseconds(milliseconds: 8)
  /// Where there is no time between frames: one run that often, if it is no longer than a stretch.
  private static let longestWait = Nanoseconds(milliseconds: 300)

  private let workshop: Workshop
  /// A run of the network that runs follows that many of the other.
  private static let runsInTurn = 4
  /// While somebody looks, one network is measured anew that often: something may have disturbed it.
  private static let refreshPeriod = Nanoseconds(seconds: 5)

  private let wanted = Mutex<[Configuration]>([])
  private let watched = Atomic(false)
  private let results = Mutex(TradeOff())

  // The inference thread's.
  private var subject: (network: any RunnableNetwork, choice: Configuration)?
  private var isBuilding = false
  private var lastRun = Nanoseconds.zero
  private var refreshed = 0
  private var runs = 0
  private var fastest = Nanoseconds.zero
  private var times: [Int64] = []
  /// Of the network that runs, meanwhile.
  private var liveTimes: [Int64] = []
  private var skipped: Set<Configuration> = []
  /// Threads that all times are taken with.
  private var threads: Int?

  init(workshop: Workshop) { self.workshop = workshop }

  /// Measures these too; nothing is built or run before somebody wants to know.
  func want(_ choices: [Configuration]) {
    wanted.withLock { wanted in wanted += choices.filter { !wanted.contains($0) } }
  }

  /// Whether the results are looked at now.
  func watch(_ isWatched: Bool) { watched.store(isWatched, ordering: .relaxed) }

  var tradeOff: TradeOff { results.withLock { $0 } }

  /// Runs the network under survey as often as fits before `end`.
  /// - Parameters:
  ///   - live: the network that runs; it runs once more in the end, so that its next frame finds the caches as always.
  ///   - isPatient: nobody waits for `live` (the picture is held): a run may take longer than there is time.
  func work(until end: Nanoseconds, live: any RunnableNetwork, settings: Configuration, isPatient: Bool = false) {
    guard wanted.withLock({ !$0.isEmpty }) else { return }
    restartIfChanged(settings)
    guard subject != nil || takeSubject(settings) else { return }
    let began = Nanoseconds.now()
    let stretch = min(end, began + Self.longestStretch)
    let spare = isPatient ? Nanoseconds.zero : live.total
    var isDirty = false
    while let (network, choice) = subject {
      let expected = expected(network, live)
      let isOverdue = isPatient || (began - lastRun > Self.longestWait && expected < Self.longestStretch)
      // The first one of a stretch may take all the time until the frame.
      let fits = .now() + expected + spare < (isDirty ? stretch : end)
      guard fits || (isOverdue && !isDirty) else { break }
      network.run()
      isDirty = true
      runs += 1
      fastest = runs == 1 ? network.total : min(fastest, network.total)
      if runs > Self.warmUpRuns { times.append(network.total.count) }
      if runs % Self.runsInTurn == 0 { runInTurn(live) }
      if runs == Self.warmUpRuns + Self.timedRuns { finish(choice, beside: settings) }
    }
    guard isDirty else { return }
    lastRun = .now()
    runInTurn(live)
  }

  private func runInTurn(_ live: any RunnableNetwork) {
    live.run()
    liveTimes.append(live.total.count)
  }

  /// How long the next run may take: by mult-adds with a reserve, or as the fastest so far. Of one or two runs the system
  /// may have interrupted each.
  private func expected(_ network: any RunnableNetwork, _ live: any RunnableNetwork) -> Nanoseconds {
    if runs > Self.warmUpRuns { return fastest }
    let ratio = Double(network.architecture.multAdds) / Double(live.architecture.multAdds)
    let guess = Nanoseconds(Int64(Double(live.total.count) * ratio * 1.5))
    return runs > 0 ? min(fastest, guess) : guess
  }

  private func restartIfChanged(_ settings: Configuration) {
    guard threads != settings.threads else { return }
    threads = settings.threads
    subject = nil
    skipped = []
    results.withLock { $0 = TradeOff() }
  }

  /// The next network to measure, once it is built.
  private func takeSubject(_ settings: Configuration) -> Bool {
    if isBuilding {
      guard let (network, built) = workshop.takeForSurvey() else { return false }
      isBuilding = false
      guard built.threads == settings.threads else { return false }
      guard let network else {
        // No weights for this α (--weights names one file): it stays estimated.
        skipped.insert(built)
        return false
      }
      subject = (network, built)
      runs = 0
      times.removeAll(keepingCapacity: true)
      liveTimes.removeAll(keepingCapacity: true)
      return true
    }
    let choices = wanted.withLock { $0 }.map { $0.on(threads: settings.threads) }
    guard
      let choice = results.withLock({ $0.nextToMeasure(among: choices, except: skipped) }) ?? choiceToRefresh(choices)
    else { return false }
    isBuilding = true
    workshop.requestForSurvey(choice)
    return false
  }

  /// In turn, and only those that can be built.
  private func choiceToRefresh(_ choices: [Configuration]) -> Configuration? {
    guard watched.load(ordering: .relaxed), .now() - lastRun > Self.refreshPeriod else { return nil }
    refreshed = (refreshed + 1) % choices.count
    let choice = choices[refreshed]
    return skipped.contains(choice) ? nil : choice
  }

  private func finish(_ choice: Configuration, beside running: Configuration) {
    if let latency = TradeOff.Latency(measured: times), let now = TradeOff.Latency(measured: liveTimes) {
      results.withLock { $0.record(latency, of: choice, beside: running, at: now) }
    }
    subject = nil
  }
}
