import CCPU
import CSystem
import Glibc
import Platform
import Synchronization

/// What a team runs, as often as it likes: worker 0 always calls `work`, every other one that comes in time does.
///
/// A job must be able to finish with any number of workers, and knows by itself when it is done: nobody waits for a worker that
/// the system does not let run, unless it is in the middle of something. Such a one may still be inside `work` when the next
/// run of the same job has begun.
package protocol TeamJob: AnyObject {
  func work(worker: Int)
}

/// Threads that are started once and run jobs together: the caller is worker 0.
///
/// While jobs follow each other within some tens of microseconds the workers spin, and no call into the kernel is made; after
/// that they sleep on a futex, so that a held or slow camera does not burn a core.
///
/// Unchecked, since `threads` is written by `init` alone.
public final class WorkerTeam: @unchecked Sendable {
  public let count: Int

  /// The parts that the threads share. They outlive the team's object, so that its end can be told to them.
  private final class Shared: Sendable {
    /// The number of the job, for sleeping on.
    let generation = CacheLine<UInt32>(0)
    let sleepers = CacheLine<UInt32>(0)
    /// Workers inside the job, and `closed` where nobody may enter.
    let gate = CacheLine<UInt32>(Shared.closed)
    static let closed: UInt32 = 1 << 31
    /// How many may be inside.
    let places = CacheLine<UInt32>(0)
    /// Written while the gate is closed and nobody is inside.
    nonisolated(unsafe) unowned(unsafe) var job: (any TeamJob)?
    nonisolated(unsafe) var isEnding = false
    /// Workers beside the caller.
    let others: Int
    let seats: WorkerSeats

    init(count: Int) {
      others = count - 1
      seats = WorkerSeats(count: count)
    }

    /// Another job, or none, once nobody is inside the one before.
    func change(to next: (any TeamJob)?) {
      gate.atomic.pointee.bitwiseOr(Shared.closed, ordering: .acquiringAndReleasing)
      var rounds = 0
      while gate.atomic.pointee.load(ordering: .acquiring) != Shared.closed {
        rounds &+= 1
        if rounds < WorkerTeam.spinsBeforeSleep { mobilecam_pause() } else { sched_yield() }
      }
      job = next
      if next != nil { gate.atomic.pointee.store(0, ordering: .releasing) }
    }

    /// False if there is no job, or enough are inside it.
    func enter() -> Bool {
      let places = places.atomic.pointee.load(ordering: .relaxed)
      var state = gate.atomic.pointee.load(ordering: .relaxed)
      while state & Self.closed == 0, state < places {
        let (done, now) = gate.atomic.pointee.weakCompareExchange(
          expected: state, desired: state + 1, ordering: .acquiring)
        if done { return true }
        state = now
      }
      return false
    }

    func leave() { gate.atomic.pointee.subtract(1, ordering: .releasing) }

    /// A worker's life: jobs until the team ends.
    func serve(worker: Int) {
      mobilecam_prefer_short_slices()
      var (seen, isWanted): (UInt32, Bool) = (0, true)
      while true {
        seen = awaitJob(after: seen, worker: worker, spins: isWanted ? WorkerTeam.spinsBeforeSleep : 0)
        if isEnding { return }
        isWanted = enter()
        guard isWanted else { continue }
        seats.settle(worker: worker, of: 1 + Int(places.atomic.pointee.load(ordering: .relaxed)))
        work(worker)
        leave()
      }
    }

    /// Not inlined: what is retained for the call is released before the worker counts as gone, for the job may end then.
    @inline(never)
    private func work(_ worker: Int) { job?.work(worker: worker) }

    private func awaitJob(after seen: UInt32, worker: Int, spins: Int) -> UInt32 {
      var rounds = 0
      while true {
        let now = generation.atomic.pointee.load(ordering: .sequentiallyConsistent)
        if now != seen { return now }
        rounds &+= 1
        if rounds < spins {
          mobilecam_pause()
          continue
        }
        seats.leave(worker: worker)
        sleepers.atomic.pointee.add(1, ordering: .sequentiallyConsistent)
        if generation.atomic.pointee.load(ordering: .sequentiallyConsistent) == seen {
          mobilecam_futex_wait(generation.address, seen)
        }
        sleepers.atomic.pointee.subtract(1, ordering: .sequentiallyConsistent)
      }
    }

    /// Wakes as many of those who sleep as are wanted beside those who do not.
    func announce(wanted: Int) {
      seats.tell()
      generation.atomic.pointee.wrappingAdd(1, ordering: .sequentiallyConsistent)
      let asleep = Int(sleepers.atomic.pointee.load(ordering: .sequentiallyConsistent))
      let missing = wanted - (others - asleep)
      if missing > 0, asleep > 0 { mobilecam_futex_wake(generation.address, Int32(missing)) }
    }
  }

  private let shared: Shared
  private var threads: [SystemThread] = []

  /// Rounds of `pause` before a worker with nothing to do sleeps: some 50 µs.
  static let spinsBeforeSleep = 2_000

  public static let countRange = 1...256

  /// - Precondition: `countRange` contains `count`.
  /// - Throws: `UserError` where the system gives no further thread.
  public init(count: Int) throws(UserError) {
    precondition(Self.countRange.contains(count))
    self.count = count
    shared = Shared(count: count)
    for worker in 1..<max(count, 1) {
      threads.append(try SystemThread(name: "worker \(worker)") { [shared] in shared.serve(worker: worker) })
    }
  }

  /// Ends the workers. A job must not be running.
  deinit {
    shared.isEnding = true
    shared.announce(wanted: count - 1)
    for thread in threads { thread.join() }
  }

  /// Calls `job.work`, here and on the workers that come, and returns when it has returned here.
  /// - Parameter workers: as many are asked, this one among them.
  package func run(_ job: any TeamJob, workers: Int) {
    guard min(workers, count) > 1 else { return job.work(worker: 0) }
    if shared.job !== job { shared.change(to: job) }
    shared.places.atomic.pointee.store(UInt32(workers - 1), ordering: .relaxed)
    shared.announce(wanted: workers - 1)
    job.work(worker: 0)
  }

  /// Waits until nobody is inside this job any more, which is about to go.
  package func forget(_ job: any TeamJob) {
    if shared.job === job { shared.change(to: nil) }
  }

  /// Cores that this process may run on and that are worth a thread.
  public static func physicalCoreCount() -> Int {
    let allowed = WorkerSeats.allowed(thread: 0)
    guard !allowed.isEmpty else { return 1 }
    let cores = coreCount(of: allowed) { File.text(of: "/sys/devices/system/cpu/cpu\($0)/\($1)") }
    return min(max(cores, 1), countRange.upperBound)
  }

  /// Of these CPUs the physical cores, for hyperthreads share the multipliers that the kernels keep busy; and of cores of two
  /// kinds the big ones, for each layer takes as long as the slowest thread. Arm counts cores in each cluster anew.
  /// - Parameter read: a file of a CPU's folder in `/sys`.
  package static func coreCount(of cpus: [Int], _ read: (Int, String) -> String?) -> Int {
    func number(_ cpu: Int, _ name: String) -> Int? { read(cpu, name).flatMap { Int($0.prefix { $0.isNumber }) } }
    let capacities = cpus.map { number($0, "cpu_capacity") ?? 0 }
    let most = capacities.max() ?? 0
    let big = zip(cpus, capacities).filter { 2 * $1 >= most }.map(\.0)
    return Set(
      big.map { cpu in
        ["physical_package_id", "cluster_id", "core_id"].map {
          read(cpu, "topology/\($0)") ?? ($0 == "core_id" ? "\(cpu)" : "")
        }
        .joined(separator: "/")
      }
    ).count
  }
}

/// An atomic alone on its cache line, at an address that a futex can wait on. Unchecked, since the pointer to it never changes.
final class CacheLine<Value: AtomicRepresentable>: @unchecked Sendable {
  let atomic: UnsafeMutablePointer<Atomic<Value>>

  init(_ value: consuming Value) {
    let raw = UnsafeMutableRawPointer.allocate(byteCount: 128, alignment: 128)
    atomic = raw.bindMemory(to: Atomic<Value>.self, capacity: 1)
    atomic.initialize(to: Atomic(value))
  }

  deinit {
    atomic.deinitialize(count: 1)
    UnsafeMutableRawPointer(atomic).deallocate()
  }

  var address: UnsafeRawPointer { UnsafeRawPointer(atomic) }
}
