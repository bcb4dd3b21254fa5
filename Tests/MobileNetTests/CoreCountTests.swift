import MobileNet
import Testing

/// Which cores are worth a thread, from what `/sys/devices/system/cpu` says on machines of several kinds.
struct CoreCountTests {
  private func count(_ cpus: [Int], _ file: (Int, String) -> String?) -> Int { WorkerTeam.coreCount(of: cpus, file) }

  @Test func hyperthreadsShareACore() {
    let found = count(Array(0..<8)) { cpu, name in
      switch name {
      case "topology/physical_package_id": "0\n"
      case "topology/core_id": "\(cpu / 2)\n"
      default: nil
      }
    }
    #expect(found == 4)
  }

  /// RK3588: both kinds of cores are counted from 0, and capacities of equal cores differ a little.
  @Test(arguments: [(0..<8, 4), (0..<4, 4), (3..<5, 1)]) func bigCoresAmongLittleOnes(cpus: Range<Int>, expected: Int) {
    let found = count(Array(cpus)) { cpu, name in
      switch name {
      case "cpu_capacity": ["414", "414", "414", "414", "1010", "1010", "1024", "1024"][cpu] + "\n"
      case "topology/physical_package_id": "0\n"
      case "topology/cluster_id": "\(max(cpu / 2 - 1, 0))\n"
      case "topology/core_id": "\(cpu < 4 ? cpu : cpu % 2)\n"
      default: nil
      }
    }
    #expect(found == expected)
  }

  @Test func nothingIsSaidOfThem() {
    #expect(count([0, 2, 5]) { _, _ in nil } == 3)
    #expect(count([]) { _, _ in nil } == 0)
  }
}
