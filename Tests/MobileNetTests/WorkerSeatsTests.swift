import CSystem
import Glibc
import MobileNet
import Platform
import Testing

@Suite(.enabled(if: WorkerSeats.allowed(thread: 0).count > 1, "one CPU: nowhere to move to"))
struct WorkerSeatsTests {
  /// Runs `body` on a thread of its own, which is held on one CPU until it changes that itself.
  private func onOneCPU(_ body: @escaping @Sendable (Int) -> Void) throws {
    let cpu = WorkerSeats.allowed(thread: 0)[0]
    try SystemThread(name: "seated") {
      var mask = [UInt8](repeating: 0, count: 128)
      mask[cpu / 8] = 1 << UInt8(cpu % 8)
      mobilecam_set_affinity(mask, UInt(mask.count))
      body(cpu)
    }.join()
  }

  @Test func aWorkerThatWakesOnTheCallersPlaceMovesAway() throws {
    let seats = WorkerSeats(count: 2)
    try onOneCPU { cpu in
      seats.tell()
      seats.settle(worker: 1, of: 2)
      #expect(sched_getcpu() != cpu)
      #expect(WorkerSeats.allowed(thread: 0) == WorkerSeats.allowed(thread: getpid()).filter { $0 != cpu })
    }
  }

  @Test func oneThatWakesAloneStaysAsItIs() throws {
    let seats = WorkerSeats(count: 2)
    try onOneCPU { cpu in
      seats.settle(worker: 1, of: 2)
      #expect(WorkerSeats.allowed(thread: 0) == [cpu])
    }
  }

  /// They must share CPUs anyhow; one that has moved away before may go anywhere again.
  @Test func whereWorkersAreMoreThanPlacesNobodyIsHeldAnywhere() throws {
    let all = WorkerSeats.allowed(thread: 0)
    let seats = WorkerSeats(count: all.count + 1)
    try onOneCPU { cpu in
      seats.tell()
      seats.settle(worker: 1, of: all.count + 1)
      #expect(WorkerSeats.allowed(thread: 0) == [cpu], "never moved, never changed")
      seats.settle(worker: 1, of: 2)
      #expect(WorkerSeats.allowed(thread: 0) == all.filter { $0 != cpu })
      seats.settle(worker: 1, of: all.count + 1)
      #expect(WorkerSeats.allowed(thread: 0) == all)
    }
  }

  @Test func whoSleepsTakesNobodysPlace() throws {
    let seats = WorkerSeats(count: 3)
    try onOneCPU { cpu in
      seats.settle(worker: 1, of: 2)
      seats.leave(worker: 1)
      seats.settle(worker: 2, of: 2)
      #expect(WorkerSeats.allowed(thread: 0) == [cpu])
    }
  }
}
