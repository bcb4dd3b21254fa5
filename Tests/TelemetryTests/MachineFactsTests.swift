import Foundation
import Telemetry
import TestSupport
import Testing

/// A tree of `/proc` and `/sys` files as machines show them, under a temporary folder.
final class RecordedMachine {
  private let folder = TemporaryFolder()
  var root: String { folder.path }

  private init(_ files: [String: String]) throws {
    for (path, content) in files {
      let file = URL(filePath: root + path)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try content.write(to: file, atomically: false, encoding: .utf8)
    }
  }

  /// Raspberry Pi 4 B, Raspberry Pi OS, after some minutes of load.
  static func raspberryPi() throws -> RecordedMachine {
    let cpu =
      "processor\t: %\nBogoMIPS\t: 108.00\nFeatures\t: fp asimd evtstrm crc32 cpuid\nCPU implementer\t: 0x41\n"
      + "CPU architecture: 8\nCPU variant\t: 0x0\nCPU part\t: 0xd08\nCPU revision\t: 3\n\n"
    var files = [
      "/proc/cpuinfo": (0..<4).map { cpu.replacing("%", with: "\($0)") }.joined()
        + "Revision\t: c03114\nSerial\t\t: 10000000aaaaaaaa\nModel\t\t: Raspberry Pi 4 Model B Rev 1.4\n",
      "/proc/sys/kernel/osrelease": "6.1.0-rpi7-rpi-v8\n",
      "/sys/class/thermal/thermal_zone0/type": "cpu-thermal\n",
      "/sys/class/thermal/thermal_zone0/temp": "71065\n",
      "/sys/class/thermal/cooling_device0/type": "rpi-poe-fan\n",
      "/sys/devices/system/cpu/cpufreq/boost": "0\n",
    ]
    for index in 0..<4 {
      files["/sys/devices/system/cpu/cpu\(index)/cpufreq/scaling_governor"] = "ondemand\n"
      files["/sys/devices/system/cpu/cpu\(index)/cpufreq/scaling_cur_freq"] = index == 2 ? "1500000\n" : "600000\n"
    }
    return try RecordedMachine(files)
  }

  /// A board with a Rockchip RK3588: little cores first, zones of their own for each kind.
  static func bigAndLittle() throws -> RecordedMachine {
    let cpus = (0..<8).map { index in
      "processor\t: \(index)\nBogoMIPS\t: 48.00\nCPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x2\n"
        + "CPU part\t: \(index < 4 ? "0xd05" : "0xd0b")\nCPU revision\t: 0\n\n"
    }
    return try RecordedMachine([
      "/proc/cpuinfo": cpus.joined(), "/proc/device-tree/model": "Radxa ROCK 5B\0",
      "/sys/class/thermal/thermal_zone0/type": "gpu-thermal\n",
      "/sys/class/thermal/thermal_zone0/temp": "61000\n",
      "/sys/class/thermal/thermal_zone1/type": "bigcore0-thermal\n",
      "/sys/class/thermal/thermal_zone1/temp": "58200\n",
      "/sys/class/thermal/thermal_zone2/type": "littlecore-thermal\n",
      "/sys/class/thermal/thermal_zone2/temp": "52700\n",
    ])
  }

  /// A laptop: several thermal zones, of which one is the processor's, and a frequency that cannot be told for a moment.
  static func laptop() throws -> RecordedMachine {
    try RecordedMachine([
      "/proc/cpuinfo": "processor\t: 0\nvendor_id\t: GenuineIntel\nmodel\t\t: 142\n"
        + "model name\t: Intel(R) Core(TM) i5-8250U CPU @ 1.60GHz\n\nprocessor\t: 1\n",
      "/proc/sys/kernel/osrelease": "6.1.0-18-amd64\n",
      "/sys/class/thermal/thermal_zone0/type": "acpitz\n",
      "/sys/class/thermal/thermal_zone0/temp": "95000\n",
      "/sys/class/thermal/thermal_zone1/type": "x86_pkg_temp\n",
      "/sys/class/thermal/thermal_zone1/temp": "48000\n",
      "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "powersave\n",
      "/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq": "<unknown>\n",
    ])
  }

  /// A desktop without thermal zones: sensors of the disk and of the processor.
  static func desktop() throws -> RecordedMachine {
    try RecordedMachine([
      "/proc/cpuinfo": "processor\t: 0\nmodel name\t: AMD Ryzen 5 3600 6-Core Processor\n",
      "/sys/class/thermal/cooling_device0/type": "Processor\n",
      "/sys/class/hwmon/hwmon0/name": "nvme\n",
      "/sys/class/hwmon/hwmon0/temp1_input": "88850\n",
      "/sys/class/hwmon/hwmon1/name": "k10temp\n",
      "/sys/class/hwmon/hwmon1/temp1_input": "54375\n",
      "/sys/class/hwmon/hwmon1/temp1_label": "Tctl\n",
      "/sys/class/hwmon/hwmon1/temp3_input": "47000\n",
    ])
  }

  /// A virtual machine that shows nothing of frequency or temperature.
  static func virtual() throws -> RecordedMachine {
    try RecordedMachine(["/proc/cpuinfo": "processor\t: 0\nmodel name\t: AMD EPYC\n"])
  }
}

@Suite struct MachineFactsTests {
  @Test func raspberryPi() throws {
    let machine = try RecordedMachine.raspberryPi()
    let facts = MachineFacts(root: machine.root)
    #expect(facts.cpuModel == "Raspberry Pi 4 Model B Rev 1.4, 4 × Cortex-A72")
    #expect(facts.kernel == "6.1.0-rpi7-rpi-v8")
    #expect(facts.governor == "ondemand")
    #expect(facts.cores == 4)
    #expect(
      MachineSampler(root: machine.root).sample()
        == MachineSample(frequencyKilohertz: 1_500_000, temperatureMillidegrees: 71_065))
  }

  @Test func bigAndLittle() throws {
    let machine = try RecordedMachine.bigAndLittle()
    let facts = MachineFacts(root: machine.root)
    #expect(facts.cpuModel == "Radxa ROCK 5B, 4 × Cortex-A76 + 4 × Cortex-A55")
    #expect(facts.cores == 8)
    #expect(
      MachineSampler(root: machine.root).sample()
        == MachineSample(frequencyKilohertz: nil, temperatureMillidegrees: 58_200))
  }

  @Test func laptop() throws {
    let machine = try RecordedMachine.laptop()
    let facts = MachineFacts(root: machine.root)
    #expect(facts.cpuModel == "Intel(R) Core(TM) i5-8250U CPU @ 1.60GHz")
    #expect(facts.governor == "powersave")
    #expect(facts.cores == 2)
    #expect(
      MachineSampler(root: machine.root).sample()
        == MachineSample(frequencyKilohertz: nil, temperatureMillidegrees: 48_000))
  }

  @Test func sensorsWhereThereAreNoThermalZones() throws {
    let machine = try RecordedMachine.desktop()
    #expect(
      MachineSampler(root: machine.root).sample()
        == MachineSample(frequencyKilohertz: nil, temperatureMillidegrees: 54_375))
  }

  @Test func unknownIsNil() throws {
    let machine = try RecordedMachine.virtual()
    let facts = MachineFacts(root: machine.root)
    #expect(facts.cpuModel == "AMD EPYC")
    #expect(facts.kernel == nil)
    #expect(facts.governor == nil)
    #expect(MachineSampler(root: machine.root).sample() == MachineSample())
    #expect(MachineFacts(root: "/nowhere/at/all") == MachineFacts())
  }

  @Test func thisMachine() {
    let header = RunHeader(startingNow: "0.1.0")
    #expect(header.machine.kernel != nil)
    #expect(header.machine.cores ?? 0 > 0)
    #expect(header.runID != RunHeader(startingNow: "0.1.0").runID)
    #expect(header.wallAnchorNanoseconds > 1_600_000_000_000_000_000)
  }
}
