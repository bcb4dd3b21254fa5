import CSystem
import Glibc
import Synchronization

/// Which CPU each worker of a team is on, so that none sits on another's.
///
/// A system may wake a worker on the CPU of the thread that wakes it though others are idle: a virtual machine's idle CPUs
/// count as taken. There it takes the time of the one that it should help. A worker that finds itself so moves away, and leaves itself
/// all CPUs but those of the workers before it; where the system sees to it by itself, nothing is ever changed.
package final class WorkerSeats: Sendable {
  /// The CPU that each worker was on last; −1 while it sleeps.
  private let cpus: [CacheLine<Int32>]
  /// Workers that have left themselves some CPUs only.
  private let areConfined: [CacheLine<Bool>]
  /// CPUs that the process might use when the team was made.
  private let most: Int

  package init(count: Int) {
    cpus = (0..<count).map { _ in CacheLine(-1) }
    areConfined = (0..<count).map { _ in CacheLine(false) }
    most = Self.allowed(thread: 0).count
  }

  /// Worker 0 tells where it is, before it wakes others.
  package func tell() { cpus[0].atomic.pointee.store(sched_getcpu(), ordering: .relaxed) }

  /// A worker is about to sleep.
  package func leave(worker: Int) { cpus[worker].atomic.pointee.store(-1, ordering: .relaxed) }

  /// A worker that begins looks where it is.
  /// - Parameter workers: that take part; where they are more than there are CPUs, nobody has one of its own.
  package func settle(worker: Int, of workers: Int) {
    let own = sched_getcpu()
    cpus[worker].atomic.pointee.store(own, ordering: .relaxed)
    let isCrowded = workers > most
    guard isCrowded ? areConfined[worker].atomic.pointee.load(ordering: .relaxed) : isTaken(own, before: worker) else {
      return
    }
    // Of the process's first thread, which is what somebody who changes it later names.
    let allowed = Self.allowed(thread: getpid())
    let free = isCrowded ? allowed : allowed.filter { !isTaken(Int32($0), before: worker) }
    guard let last = free.last else { return }
    var mask = [UInt8](repeating: 0, count: (last / 64 + 1) * 8)
    for cpu in free { mask[cpu / 8] |= 1 << UInt8(cpu % 8) }
    mobilecam_set_affinity(mask, UInt(mask.count))
    areConfined[worker].atomic.pointee.store(!isCrowded, ordering: .relaxed)
    cpus[worker].atomic.pointee.store(sched_getcpu(), ordering: .relaxed)
  }

  private func isTaken(_ cpu: Int32, before worker: Int) -> Bool {
    cpus[..<worker].contains { $0.atomic.pointee.load(ordering: .relaxed) == cpu }
  }

  /// CPUs that a thread may run on, in order; 0 is the one that asks.
  package static func allowed(thread: pid_t) -> [Int] {
    var mask = [UInt8](repeating: 0, count: 1024)
    let length = max(mobilecam_affinity(thread, &mask, UInt(mask.count)), 0)
    return (0..<length * 8).filter { mask[$0 / 8] >> UInt8($0 % 8) & 1 == 1 }
  }
}
