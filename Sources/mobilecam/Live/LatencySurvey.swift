import Frames
import MobileNet
import Synchronization

/// Measures how long the other pairs take, on the inference thread, in the time that it would sleep between two frames.
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
  /// While somebody looks, one pair is measured anew that often: the machine's load changes.
  private static let refreshPeriod = Nanoseconds(seconds: 5)

  private let wanted = Atomic(false)
  private let watched = Atomic(false)
  private let results = Mutex(TradeOff())

  // The inference thread's.
  private var subject: (network: any RunnableNetwork, pair: NetworkPair)?
  private var isBuilding = false
  private var lastRun = Nanoseconds.zero
  private var refreshed = 0
  private var runs = 0
  private var fastest = Nanoseconds.zero
  private var times: [Int64] = []
  private var skipped: Set<NetworkPair> = []
  /// What all times are taken with.
  private var base: Settings?

  init(workshop: Workshop) { self.workshop = workshop }

  /// Begins, or goes on; nothing is built or run before somebody wants to know.
  func want() { wanted.store(true, ordering: .relaxed) }

  /// Whether the results are looked at now.
  func watch(_ isWatched: Bool) { watched.store(isWatched, ordering: .relaxed) }

  var tradeOff: TradeOff { results.withLock { $0 } }

  /// Runs the network under survey as often as fits before `end`.
  /// - Parameters:
  ///   - live: the network that runs; it runs once more in the end, so that its next frame finds the caches as always.
  ///   - isPatient: nobody waits for `live` (the picture is held): a run may take longer than there is time.
  func work(until end: Nanoseconds, live: any RunnableNetwork, settings: Settings, isPatient: Bool = false) {
    guard wanted.load(ordering: .relaxed) else { return }
    restartIfChanged(settings)
    guard subject != nil || takeSubject(settings) else { return }
    let began = Nanoseconds.now()
    let stretch = min(end, began + Self.longestStretch)
    let spare = isPatient ? Nanoseconds.zero : live.total
    var isDirty = false
    while let (network, pair) = subject {
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
      if runs == Self.warmUpRuns + Self.timedRuns { finish(pair) }
    }
    guard isDirty else { return }
    lastRun = .now()
    if !isPatient { live.run() }
  }

  /// How long the next run may take: by mult-adds with a reserve, or as the fastest so far. Of one or two runs the system
  /// may have interrupted each.
  private func expected(_ network: any RunnableNetwork, _ live: any RunnableNetwork) -> Nanoseconds {
    if runs > Self.warmUpRuns { return fastest }
    let ratio = Double(network.architecture.multAdds) / Double(live.architecture.multAdds)
    let guess = Nanoseconds(Int64(Double(live.total.count) * ratio * 1.5))
    return runs > 0 ? min(fastest, guess) : guess
  }

  private func restartIfChanged(_ settings: Settings) {
    guard base?.threads != settings.threads || base?.precision != settings.precision else { return }
    base = settings
    subject = nil
    skipped = []
    results.withLock { $0 = TradeOff() }
  }

  /// The next network to measure, once it is built.
  private func takeSubject(_ settings: Settings) -> Bool {
    if isBuilding {
      guard let (network, built) = workshop.takeForSurvey() else { return false }
      isBuilding = false
      guard built.threads == settings.threads, built.precision == settings.precision else { return false }
      let pair = NetworkPair(alpha: built.alpha, resolution: built.resolution)
      guard let network else {
        // No weights for this α (--weights names one file): it stays estimated.
        skipped.insert(pair)
        return false
      }
      subject = (network, pair)
      runs = 0
      times.removeAll(keepingCapacity: true)
      return true
    }
    guard let pair = results.withLock({ $0.nextToMeasure(except: skipped) }) ?? pairToRefresh() else { return false }
    var wanted = settings
    wanted.alpha = pair.alpha
    wanted.resolution = pair.resolution
    isBuilding = true
    workshop.requestForSurvey(wanted)
    return false
  }

  /// In turn, and only those that can be built.
  private func pairToRefresh() -> NetworkPair? {
    guard watched.load(ordering: .relaxed), .now() - lastRun > Self.refreshPeriod else { return nil }
    refreshed = (refreshed + 1) % NetworkPair.standard.count
    let pair = NetworkPair.standard[refreshed]
    return skipped.contains(pair) ? nil : pair
  }

  private func finish(_ pair: NetworkPair) {
    if let latency = TradeOff.Latency(measured: times) { results.withLock { $0.record(latency, of: pair) } }
    subject = nil
  }
}
