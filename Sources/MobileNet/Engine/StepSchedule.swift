import CCPU
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
  /// Time of the last run.
  private(set) var total = Nanoseconds.zero
  /// Time of each layer in the last run. A fused block's time is divided between its two layers by the time that the workers
  /// spent in each.
  private(set) var layerTimes: [Nanoseconds]
  var unaccounted: Nanoseconds { total - layerTimes.reduce(.zero, +) }

  /// Next item of each worker's own share of each step, `[steps][workers]`.
  private let claims: [CacheLine<Int>]
  /// Items of each step that are not done yet.
  private let pending: [CacheLine<Int>]
  private let stamps: UnsafeMutablePointer<UInt64>
  /// Ticks in the two parts of each fused step, `[workers][steps][2]`, a worker's on lines of its own.
  private let partTicks: UnsafeMutablePointer<UInt64>
  private let partTicksStride: Int
  private unowned(unsafe) var stepWorker: (any StepWorker)?

  init(steps: [Step], layers: Int, team: WorkerTeam) {
    self.steps = steps
    self.team = team
    layerTimes = Array(repeating: .zero, count: layers)
    claims = (0..<steps.count * team.count).map { _ in CacheLine(0) }
    pending = steps.map { CacheLine($0.items) }
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

  func run(_ stepWorker: any StepWorker) {
    let start = Nanoseconds.now()
    self.stepWorker = stepWorker
    for claim in claims { claim.atomic.pointee.store(0, ordering: .relaxed) }
    for index in steps.indices { pending[index].atomic.pointee.store(steps[index].items, ordering: .relaxed) }
    partTicks.update(repeating: 0, count: partTicksStride * team.count)
    let startTicks = mobilecam_ticks()
    stamps[0] = startTicks
    team.run(self)
    let endTicks = mobilecam_ticks()
    self.stepWorker = nil
    total = .now() - start
    guard timesLayers else { return }
    attribute(nanosecondsPerTick: Double(total.count) / Double(max(endTicks &- startTicks, 1)))
  }

  func work(worker: Int) {
    let workers = team.count
    for (index, step) in steps.enumerated() {
      // Each worker begins with its own share of the items, so that it reads rows it wrote; then it helps the others.
      for turn in 0..<workers {
        let owner = (worker + turn) % workers
        let share = step.items * owner / workers..<step.items * (owner + 1) / workers
        let claim = claims[index * workers + owner]
        while true {
          let item = share.lowerBound + claim.atomic.pointee.add(1, ordering: .relaxed).oldValue
          guard item < share.upperBound else { break }
          stepWorker!.perform(step: index, item: item, worker: worker)
          // Whoever ends a step notes when: worker 0 may be asleep while the others do its work. The clock is read before
          // the step is given free, for a worker may lose the processor here while another ends the steps that follow.
          let now = ticks()
          if pending[index].atomic.pointee.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 {
            stamps[index + 1] = now
          }
        }
      }
      // The step is done when its items are, whether or not every worker came.
      WorkerTeam.spin { pending[index].atomic.pointee.load(ordering: .acquiring) == 0 }
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
