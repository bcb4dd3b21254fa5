import CCPU
import Glibc
import Synchronization

/// What a team runs: every worker calls `work` once, and meets the others in `WorkerTeam.barrier`.
protocol TeamJob: AnyObject {
  func work(worker: Int)
}

/// Threads that are started once and run jobs together: the caller is worker 0.
///
/// While jobs follow each other within some tens of microseconds the workers spin, and no call into the kernel is made; after
/// that they sleep on a futex, so that a held or slow camera does not burn a core.
public final class WorkerTeam: @unchecked Sendable {
  public let count: Int

  /// Fields that different threads write, each on a cache line of its own.
  private let generation = CacheLine<UInt32>(0)
  private let sleepers = CacheLine<UInt32>(0)
  private let arrived = CacheLine<UInt32>(0)
  private let phase = CacheLine<UInt32>(0)
  private let running = CacheLine<UInt32>(0)
  private nonisolated(unsafe) var job: (any TeamJob)?
  private var threads: [pthread_t] = []

  /// Rounds of `pause` before a waiting worker sleeps: some 50 µs.
  private static let spinsBeforeSleep = 2_000
  /// Rounds before a barrier gives its core away, for teams larger than the free cores.
  private static let spinsBeforeYield = 10_000

  public static let countRange = 1...256

  /// - Precondition: `countRange` contains `count`.
  public init(count: Int) {
    precondition(Self.countRange.contains(count))
    self.count = count
    for worker in 1..<max(count, 1) {
      let start = Unmanaged.passRetained(Start(team: TeamLoop(self), worker: worker))
      var thread = pthread_t()
      let status = pthread_create(
        &thread, nil,
        { argument in
          let start = Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
          mobilecam_name_thread("worker \(start.worker)")
          start.team.run(worker: start.worker)
          return nil
        }, start.toOpaque())
      precondition(status == 0, "pthread_create failed: \(String(cString: strerror(status)))")
      threads.append(thread)
    }
  }

  /// Ends the workers. A job must not be running.
  deinit {
    job = nil
    generation.atomic.pointee.add(1, ordering: .releasing)
    mobilecam_futex_wake(generation.address, .max)
    for thread in threads { pthread_join(thread, nil) }
  }

  /// Runs `job.work` on every worker and returns when all have.
  func run(_ job: any TeamJob) {
    guard count > 1 else { return job.work(worker: 0) }
    self.job = job
    running.atomic.pointee.store(UInt32(count - 1), ordering: .relaxed)
    generation.atomic.pointee.add(1, ordering: .sequentiallyConsistent)
    if sleepers.atomic.pointee.load(ordering: .sequentiallyConsistent) > 0 {
      mobilecam_futex_wake(generation.address, .max)
    }
    job.work(worker: 0)
    Self.spin { running.atomic.pointee.load(ordering: .acquiring) == 0 }
    self.job = nil
  }

  /// Returns in every worker once all have called it. What they wrote before is visible after.
  func barrier() {
    guard count > 1 else { return }
    let current = phase.atomic.pointee.load(ordering: .acquiring)
    if arrived.atomic.pointee.add(1, ordering: .acquiringAndReleasing).newValue == UInt32(count) {
      arrived.atomic.pointee.store(0, ordering: .relaxed)
      phase.atomic.pointee.add(1, ordering: .releasing)
    } else {
      Self.spin { phase.atomic.pointee.load(ordering: .acquiring) != current }
    }
  }

  private static func spin(until done: () -> Bool) {
    var rounds = 0
    while !done() {
      rounds &+= 1
      if rounds < spinsBeforeYield { mobilecam_pause() } else { sched_yield() }
    }
  }

  /// The loop must not keep the team alive, or it would never end: it holds the team's parts.
  private struct TeamLoop: @unchecked Sendable {
    let generation: CacheLine<UInt32>
    let sleepers: CacheLine<UInt32>
    let running: CacheLine<UInt32>
    unowned(unsafe) let team: WorkerTeam

    init(_ team: WorkerTeam) {
      generation = team.generation
      sleepers = team.sleepers
      running = team.running
      self.team = team
    }

    func run(worker: Int) {
      var seen: UInt32 = 0
      while true {
        var rounds = 0
        while generation.atomic.pointee.load(ordering: .acquiring) == seen {
          rounds &+= 1
          if rounds < WorkerTeam.spinsBeforeSleep {
            mobilecam_pause()
          } else {
            sleepers.atomic.pointee.add(1, ordering: .sequentiallyConsistent)
            if generation.atomic.pointee.load(ordering: .sequentiallyConsistent) == seen {
              mobilecam_futex_wait(generation.address, seen)
            }
            sleepers.atomic.pointee.subtract(1, ordering: .sequentiallyConsistent)
          }
        }
        seen &+= 1
        guard let job = team.job else { return }
        job.work(worker: worker)
        running.atomic.pointee.subtract(1, ordering: .releasing)
      }
    }
  }

  private final class Start {
    let team: TeamLoop
    let worker: Int
    init(team: TeamLoop, worker: Int) {
      self.team = team
      self.worker = worker
    }
  }

  /// Physical cores that this process may run on: hyperthreads share the multipliers that the kernels keep busy.
  public static func physicalCoreCount() -> Int {
    var mask = [UInt8](repeating: 0, count: 1024)
    let length = mobilecam_affinity(&mask, UInt(mask.count))
    guard length > 0 else { return 1 }
    let allowed = (0..<length * 8).filter { mask[$0 / 8] >> UInt8($0 % 8) & 1 == 1 }
    func read(_ cpu: Int, _ name: String) -> String? {
      guard let file = fopen("/sys/devices/system/cpu/cpu\(cpu)/topology/\(name)", "r") else { return nil }
      defer { fclose(file) }
      var line = [CChar](repeating: 0, count: 64)
      return fgets(&line, 64, file).map { String(cString: $0) }
    }
    let cores = Set(allowed.map { "\(read($0, "physical_package_id") ?? "")/\(read($0, "core_id") ?? "\($0)")" })
    return min(max(cores.count, 1), countRange.upperBound)
  }
}

/// An atomic alone on its cache line, at an address that a futex can wait on.
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
