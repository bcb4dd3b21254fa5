import Platform

/// How many of a team's workers a network's runs ask for: what the machine gives, measured.
///
/// All of them, until worker 0 runs for clearly less than the whole time: it waits for workers that do not run, or one of them is on its
/// core. Half as many are tried for some runs, and stay where their mean time is clearly less; the mean, since what such
/// waits cost is in the few runs that they hit. While fewer than all run, twice as many are tried now and then. What did not
/// help is tried ever more rarely until the times change, for trying costs as well.
package struct Parallelism {
  /// Workers of the team.
  let most: Int
  /// For the next run.
  package var workers: Int { trial?.workers ?? chosen }

  private var chosen: Int
  /// Since the last trial, or since there was last enough of it to judge by.
  private var window = Window()
  private var trial: Trial?
  private var nextDown = Nanoseconds.zero
  private var nextUp = Nanoseconds.zero
  private var pauseDown = Self.pause
  /// Where half as many did not help one alone may: it waits for nobody.
  private var triesOne = false
  /// The mean that fewer could not better.
  private var unbeaten: Double?

  /// Long enough to hold some of the system's time slices, and so many runs that one does not decide.
  private static let windowTime = Nanoseconds(milliseconds: 50)
  private static let windowRuns = 4
  /// Between two trials, and at most.
  private static let pause = Nanoseconds(milliseconds: 250)
  private static let longestPause = Nanoseconds(seconds: 4)
  /// Of the time, worker 0 does not run.
  private static let disturbed = 0.1
  /// Another number of workers must take at most so much of the mean time.
  private static let clearly = 0.9
  /// Where means differ more the machine has changed.
  private static let change = 1.5

  private struct Window {
    var runs = 0
    var time = Nanoseconds.zero
    /// That worker 0 did not run, but for the one run that was hit most: one is nobody's fault.
    var lost = Nanoseconds.zero
    var mostLost = Nanoseconds.zero
    var began: Nanoseconds?
    var mean: Double { Double(time.count) / Double(max(runs, 1)) }
  }

  /// As many runs as the window before it had.
  private struct Trial {
    let workers: Int
    let before: Window
    var runs = 0
    var time = Nanoseconds.zero

    /// `nil` while it is open.
    var isWon: Bool? {
      let limit = clearly * before.mean * Double(before.runs)
      if Double(time.count) > limit { return false }
      return runs < before.runs ? nil : true
    }
  }

  package init(most: Int) {
    self.most = most
    chosen = most
  }

  /// What a run on `workers` took.
  /// - Parameters:
  ///   - processor: time that worker 0 ran in it.
  ///   - now: its end.
  package mutating func add(_ time: Nanoseconds, processor: Nanoseconds, at now: Nanoseconds) {
    guard most > 1 else { return }
    if trial != nil {
      trial!.runs += 1
      trial!.time = trial!.time + time
      if let isWon = trial!.isWon { end(trial!, isWon: isWon, at: now) }
      return
    }
    window.runs += 1
    window.time = window.time + time
    let lost = time - processor
    window.lost += min(lost, window.mostLost)
    window.mostLost = max(lost, window.mostLost)
    let began = window.began ?? now - time
    window.began = began
    guard window.runs >= Self.windowRuns, now - began >= Self.windowTime else { return }
    begin(after: window, at: now)
    window = Window()
  }

  /// A trial, if it is time for one.
  private mutating func begin(after window: Window, at now: Nanoseconds) {
    if let mean = unbeaten, max(mean / window.mean, window.mean / mean) > Self.change {
      unbeaten = nil
      pauseDown = Self.pause
      nextDown = min(nextDown, now + pauseDown)
    }
    let isDisturbed = Double(window.lost.count) > Self.disturbed * Double(window.time.count)
    if isDisturbed, chosen > 1, now >= nextDown {
      trial = Trial(workers: triesOne ? 1 : (chosen + 1) / 2, before: window)
    } else if chosen < most, now >= nextUp {
      trial = Trial(workers: min(2 * chosen, most), before: window)
    }
  }

  private mutating func end(_ trial: Trial, isWon: Bool, at now: Nanoseconds) {
    let isDown = trial.workers < chosen
    self.trial = nil
    if isWon { chosen = trial.workers }
    switch (isDown, isWon) {
    case (true, true):
      (unbeaten, pauseDown, triesOne) = (nil, Self.pause, false)
      nextUp = now + Self.pause
    case (true, false):
      unbeaten = trial.before.mean
      triesOne = trial.workers > 1
      // Both are tried at once, then not for a while.
      guard !triesOne else { break }
      nextDown = now + pauseDown
      pauseDown = min(Nanoseconds(2 * pauseDown.count), Self.longestPause)
    case (false, true): nextDown = now + Self.pause
    // One pace: nothing tells from fewer workers that more would be given again.
    case (false, false): nextUp = now + Self.pause
    }
  }
}
