import CCPU
import CSystem
import Glibc
import Platform
import Synchronization

/// Whoever does the work of a schedule's steps.
protocol StepWorker: AnyObject {
  /// Does one item of a step; items of a step may run at once on several workers.
  func perform(step: Int, item: Int, worker: Int)
}

/// Runs steps one after another on a team: each step is cut into items, any worker takes any item, and the next step begins
/// when all items are done. Measures the time of each.
final class StepSchedule: TeamJob {
  struct Step {
    let items: Int
    /// Indices in `Architecture.layers` of the layers that this step computes: one, or two for a fused block.
    let layers: Range<Int>
  }

  let steps: [Step]
  let team: WorkerTeam
  /// Off, a run measures `total` alone: what the layers' times cost is the difference.
  var timesLayers = true
  /// How many workers the next run asks for.
  private var parallelism: Parallelism
  /// How many the last run asked for.
  private(set) var workers = 0
  /// Time of the last run.
  private(set) var total = Nanoseconds.zero
  /// Time of each layer in the last run. A fused block's time is divided between its two layers by the time that the workers
  /// spent in each.
  private(set) var layerTimes: [Nanoseconds]
  var unaccounted: Nanoseconds { total - layerTimes.reduce(.zero, +) }

  /// The number of the run, by which a worker that comes late sees that its own is over.
  private let number = CacheLine<UInt32>(0)
  /// Next item of each worker's own share of each step, `[steps][workers]`; the run's number in the upper half.
  private let claims: [CacheLine<UInt64>]
  /// Items of each step that are not done yet.
  private let pending: [CacheLine<Int>]
  /// Of each step the last run in which it was done.
  private let done: [CacheLine<UInt32>]
  /// Workers asleep on one of `done`.
  private let sleepers = CacheLine<UInt32>(0)
  private let stamps: UnsafeMutablePointer<UInt64>
  /// Ticks in the two parts of each fused step, `[workers][steps][2]`, a worker's on lines of its own.
  private let partTicks: UnsafeMutablePointer<UInt64>
  private let partTicksStride: Int
  private unowned(unsafe) var stepWorker: (any StepWorker)?

  init(steps: [Step], layers: Int, team: WorkerTeam) {
    precondition(steps.allSatisfy { $0.items > 0 }, "nobody ends a step without items")
    self.steps = steps
    self.team = team
    parallelism = Parallelism(most: team.count)
    layerTimes = Array(repeating: .zero, count: layers)
    claims = (0..<steps.count * team.count).map { _ in CacheLine(0) }
    pending = steps.map { CacheLine($0.items) }
    done = steps.map { _ in CacheLine(0) }
    stamps = .allocate(capacity: steps.count + 1)
    stamps.initialize(repeating: 0, count: steps.count + 1)
    partTicksStride = (2 * steps.count + 15) / 16 * 16
    partTicks = .allocate(capacity: partTicksStride * team.count)
    partTicks.initialize(repeating: 0, count: partTicksStride * team.count)
  }

  deinit {
    stamps.deallocate()
    partTicks.deallocate()
  }

  /// Waits until no worker is inside any more. To be called before the schedule goes; where it has run, on the thread that its team's
  /// jobs are run on. One that has never run may go anywhere: its team has not heard of it.
  func end() {
    if number.atomic.pointee.load(ordering: .relaxed) > 0 { team.forget(self) }
  }

  func run(_ stepWorker: any StepWorker) {
    workers = parallelism.workers
    let startProcessor = processorTime()
    let (start, startTicks) = (Nanoseconds.now(), mobilecam_ticks())
    self.stepWorker = stepWorker
    // Nobody takes an item of the run before any more, whose items are all done: a late worker finds other numbers.
    let run = number.atomic.pointee.load(ordering: .relaxed) &+ 1
    for claim in claims { claim.atomic.pointee.store(UInt64(run) << 32, ordering: .relaxed) }
    for index in steps.indices { pending[index].atomic.pointee.store(steps[index].items, ordering: .relaxed) }
    partTicks.update(repeating: 0, count: partTicksStride * team.count)
    // Before the number is there: a worker that was late for the run before begins as soon as it is.
    stamps[0] = mobilecam_ticks()
    number.atomic.pointee.store(run, ordering: .releasing)
    team.run(self, workers: workers)
    let (end, endTicks) = (Nanoseconds.now(), mobilecam_ticks())
    total = end - start
    parallelism.add(total, processor: processorTime() - startProcessor, at: end)
    guard timesLayers else { return }
    attribute(nanosecondsPerTick: Double(total.count) / Double(max(endTicks &- startTicks, 1)))
  }

  /// Of worker 0; not asked for where there is nobody else, for it is a call into the kernel.
  private func processorTime() -> Nanoseconds { team.count > 1 ? .of(CLOCK_THREAD_CPUTIME_ID) : .zero }

  func work(worker: Int) {
    let workers = team.count
    let run = number.atomic.pointee.load(ordering: .acquiring)
    for (index, step) in steps.enumerated() {
      // Each worker begins with its own share of the items, so that it reads rows it wrote; then it helps the others.
      for turn in 0..<workers {
        let owner = (worker + turn) % workers
        let share = step.items * owner / workers..<step.items * (owner + 1) / workers
        while let place = claim(index * workers + owner, of: share.count, in: run) {
          perform(step: index, item: share.lowerBound + place, worker: worker)
          // Whoever ends a step notes when: worker 0 may be asleep while the others do its work. The clock is read before
          // the step is given free, for a worker may lose the processor here while another ends the steps that follow.
          let now = ticks()
          if pending[index].atomic.pointee.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 {
            stamps[index + 1] = now
            finish(index, in: run)
          }
        }
      }
      // The step is done when its items are, whether or not every worker came.
      guard awaitEnd(of: index, in: run) else { return }
    }
  }

  /// Not inlined: what is retained for the call is released before the item counts as done, and its owner may go. While items
  /// are left there is a run, and with it a worker.
  @inline(never)
  private func perform(step: Int, item: Int, worker: Int) {
    stepWorker!.perform(step: step, item: item, worker: worker)
  }

  /// The next item of a share; `nil` where all are taken, or the run is over.
  @inline(__always)
  private func claim(_ index: Int, of count: Int, in run: UInt32) -> Int? {
    let claim = claims[index].atomic
    var state = claim.pointee.load(ordering: .relaxed)
    while UInt32(truncatingIfNeeded: state >> 32) == run {
      let place = Int(UInt32(truncatingIfNeeded: state))
      guard place < count else { return nil }
      let (isTaken, now) = claim.pointee.weakCompareExchange(
        expected: state, desired: state + 1, ordering: .acquiringAndReleasing)
      if isTaken { return place }
      state = now
    }
    return nil
  }

  private func finish(_ step: Int, in run: UInt32) {
    done[step].atomic.pointee.store(run, ordering: .sequentiallyConsistent)
    if sleepers.atomic.pointee.load(ordering: .sequentiallyConsistent) > 0 {
      mobilecam_futex_wake(done[step].address, .max)
    }
  }

  /// Waits for what other workers are about to do. Spinning is short: on a busy machine it takes the time of those who could help.
  /// - Returns: false where the run is over.
  private func awaitEnd(of step: Int, in run: UInt32) -> Bool {
    var rounds = 0
    while true {
      let last = done[step].atomic.pointee.load(ordering: .acquiring)
      if last == run { return true }
      if number.atomic.pointee.load(ordering: .relaxed) != run { return false }
      rounds &+= 1
      if rounds < WorkerTeam.spinsBeforeSleep {
        mobilecam_pause()
        continue
      }
      sleepers.atomic.pointee.add(1, ordering: .sequentiallyConsistent)
      if done[step].atomic.pointee.load(ordering: .sequentiallyConsistent) == last {
        mobilecam_futex_wait(done[step].address, last)
      }
      sleepers.atomic.pointee.subtract(1, ordering: .sequentiallyConsistent)
    }
  }

  /// The clock of `addParts`; 0 where nothing is to be measured.
  @inline(__always) func ticks() -> UInt64 { timesLayers ? mobilecam_ticks() : 0 }

  /// Adds to the time that a worker spent in the two parts of a fused step.
  func addParts(step: Int, worker: Int, first: UInt64, second: UInt64) {
    let parts = partTicks + worker * partTicksStride + 2 * step
    parts[0] &+= first
    parts[1] &+= second
  }

  /// Turns time stamps into the layers' times.
  private func attribute(nanosecondsPerTick: Double) {
    for (index, step) in steps.enumerated() {
      // Never negative, even where the clocks of two processors are not quite the same.
      let time = Double(max(0, Int64(bitPattern: stamps[index + 1] &- stamps[index]))) * nanosecondsPerTick
      guard step.layers.count == 2 else {
        layerTimes[step.layers.lowerBound] = Nanoseconds(Int64(time))
        continue
      }
      var parts: (UInt64, UInt64) = (0, 0)
      for worker in 0..<team.count {
        parts.0 += partTicks[worker * partTicksStride + 2 * index]
        parts.1 += partTicks[worker * partTicksStride + 2 * index + 1]
      }
      let first = Int64(time * Double(parts.0) / Double(max(parts.0 + parts.1, 1)))
      layerTimes[step.layers.lowerBound] = Nanoseconds(first)
      layerTimes[step.layers.lowerBound + 1] = Nanoseconds(Int64(time) - first)
    }
  }
}
