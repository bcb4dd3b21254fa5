import MobileNet
import Platform
import Synchronization
import Testing

/// A machine that is told how long runs take on some number of workers, and a clock that shows it.
private struct TestMachine {
  var parallelism: Parallelism
  private(set) var now = Nanoseconds(seconds: 1)
  /// The workers of each run, and when it ended.
  private(set) var runs: [(end: Nanoseconds, workers: Int)] = []

  init(threads: Int) { parallelism = Parallelism(most: threads) }

  /// Runs until a second, one after another or so many a second.
  /// - Parameter run: milliseconds of a run on so many workers, and of these those in which worker 0 ran; is told the run's number.
  mutating func run(until end: Double, rate: Double?, _ run: (_ workers: Int, _ number: Int) -> (Double, Double)) {
    while now < Nanoseconds(seconds: end) {
      let workers = parallelism.workers
      let (time, processor) = run(workers, runs.count)
      let begin = now
      now += Nanoseconds(milliseconds: time)
      parallelism.add(Nanoseconds(milliseconds: time), processor: Nanoseconds(milliseconds: processor), at: now)
      runs.append((now, workers))
      if let rate { now = max(now, begin + Nanoseconds(seconds: 1 / rate)) }
    }
  }

  func workers(from start: Double, to end: Double) -> [Int] {
    runs.filter { Nanoseconds(seconds: start)..<Nanoseconds(seconds: end) ~= $0.end }.map(\.workers)
  }
}

@Suite struct ParallelismTests {
  struct Pace: Sendable {
    let threads: Int
    /// Milliseconds of the network on one thread.
    let alone: Double
    let rate: Double?
  }
  static let paces = [
    Pace(threads: 2, alone: 13, rate: nil), Pace(threads: 2, alone: 13, rate: 30),
    Pace(threads: 2, alone: 0.5, rate: nil),
    Pace(threads: 2, alone: 0.5, rate: 30), Pace(threads: 4, alone: 13, rate: 30),
    Pace(threads: 8, alone: 13, rate: nil),
    Pace(threads: 8, alone: 2, rate: 30), Pace(threads: 3, alone: 5, rate: 60),
  ]

  @Test(arguments: paces) func anIdleMachinesWorkersAllTakePart(_ pace: Pace) {
    var machine = TestMachine(threads: pace.threads)
    machine.run(until: 20, rate: pace.rate) { workers, number in
      // One run of fifty is disturbed.
      let time = pace.alone / Double(workers) * (number % 50 == 49 ? 4 : 1)
      return (time, number % 50 == 49 ? time / 4 : time)
    }
    #expect(machine.runs.allSatisfy { $0.workers == pace.threads })
  }

  /// From 3 to 6 s all cores but one are others': a run with help waits for time slices of theirs.
  @Test(arguments: paces) func downToOneAndBackWithinASecond(_ pace: Pace) {
    var machine = TestMachine(threads: pace.threads)
    func free(_ workers: Int, _: Int) -> (Double, Double) {
      (pace.alone / Double(workers), pace.alone / Double(workers))
    }
    machine.run(until: 3, rate: pace.rate, free)
    machine.run(until: 6, rate: pace.rate) { workers, _ in
      workers == 1 ? (pace.alone, pace.alone) : (2 * pace.alone + Double(workers), pace.alone)
    }
    machine.run(until: 10, rate: pace.rate, free)
    #expect(machine.workers(from: 1, to: 3).allSatisfy { $0 == pace.threads })
    let alone = machine.workers(from: 4, to: 6)
    #expect(Double(alone.filter { $0 == 1 }.count) > 0.75 * Double(alone.count), "\(alone)")
    #expect(machine.workers(from: 7, to: 10).allSatisfy { $0 == pace.threads })
  }

  /// Worker 0 itself is kept from running: fewer workers do not help, and trying costs.
  @Test(arguments: paces) func whatDoesNotHelpIsTriedRarely(_ pace: Pace) {
    var machine = TestMachine(threads: pace.threads)
    machine.run(until: 40, rate: pace.rate) { workers, _ in
      let time = 3 * pace.alone / Double(workers)
      return (time, time / 3)
    }
    let runs = machine.workers(from: 10, to: 40)
    #expect(Double(runs.filter { $0 < pace.threads }.count) <= 0.06 * Double(runs.count))
  }

  @Test func oneThreadStaysOne() {
    var machine = TestMachine(threads: 1)
    machine.run(until: 5, rate: nil) { _, _ in (10, 1) }
    #expect(machine.runs.allSatisfy { $0.workers == 1 })
  }
}

@Suite struct WorkerTeamTests {
  /// Notes who comes, and stays a moment so that others might.
  private final class Meeting: TeamJob, Sendable {
    struct State {
      var inside = 0
      var most = 0
      var workers: Set<Int> = []
    }
    let state = Mutex(State())

    func work(worker: Int) {
      state.withLock {
        $0.inside += 1
        $0.most = max($0.most, $0.inside)
        $0.workers.insert(worker)
      }
      let end = Nanoseconds.now() + Nanoseconds(milliseconds: 0.2)
      while Nanoseconds.now() < end {}
      state.withLock { $0.inside -= 1 }
    }
  }

  @Test func noMoreThanAreWantedComeAndAllThatAreCanCome() throws {
    let team = try WorkerTeam(count: 4)
    for wanted in [4, 1, 2, 3, 4, 2, 1] {
      let meeting = Meeting()
      // As long as it takes: a machine may be busy.
      let end = Nanoseconds.now() + Nanoseconds(seconds: 20)
      while meeting.state.withLock({ $0.most }) < wanted, .now() < end { team.run(meeting, workers: wanted) }
      for _ in 0..<50 { team.run(meeting, workers: wanted) }
      team.forget(meeting)
      #expect(meeting.state.withLock { $0.most } == wanted)
      #expect(meeting.state.withLock { $0.workers.contains(0) })
    }
  }
}

@Suite struct ItemsTests {
  @Test func everythingOnceAndEvenly() {
    for unit in [1, 2, 16] {
      for total in 1...70 {
        for size in 0...75 {
          let items = Items(total: total, size: size, unit: unit)
          let ranges = (0..<items.count).map { items[$0] }
          #expect(ranges.flatMap { Array($0) } == Array(0..<total), "\(total) \(size) \(unit)")
          #expect(ranges.allSatisfy { !$0.isEmpty && $0.lowerBound % unit == 0 && $0.count <= max(size, unit) })
          #expect(items.size == ranges.map(\.count).max())
          // The last unit may be a part.
          #expect(items.size - ranges.dropLast().reduce(items.size) { min($0, $1.count) } <= unit)
        }
      }
    }
  }
}
