import Platform

/// The machine as the kernel describes it; what it does not say is `nil`.
public struct MachineFacts: Sendable, Hashable {
  public var cpuModel: String?
  public var kernel: String?
  public var governor: String?
  public var cores: Int?

  /// A machine of which nothing is known.
  public init() {}

  /// Reads `/proc` and `/sys` below `root`, which tests point at a recorded tree.
  public init(root: String) {
    let files = FactFiles(root: root)
    let cpuinfo = files.text("/proc/cpuinfo") ?? ""
    let board = Self.cpuModel(cpuinfo) ?? files.text("/proc/device-tree/model").flatMap(FactFiles.trimmed)
    let model = [board, ARMCores.text(cpuinfo)].compactMap { $0 }.joined(separator: ", ")
    cpuModel = model.isEmpty ? nil : model
    kernel = files.text("/proc/sys/kernel/osrelease").flatMap(FactFiles.trimmed)
    governor = files.text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor").flatMap(FactFiles.trimmed)
    let processors = FactFiles.values(of: "processor", in: cpuinfo).count
    cores = processors > 0 ? processors : nil
  }

  public static var current: MachineFacts { MachineFacts(root: "") }

  /// x86 says `model name`; a Raspberry Pi `Model`, other boards `Hardware`.
  private static func cpuModel(_ cpuinfo: String) -> String? {
    for key in ["model name", "Model", "Hardware"] {
      if let value = FactFiles.values(of: key, in: cpuinfo).first, !value.isEmpty { return value }
    }
    return nil
  }
}

/// What changes while a run goes on: throttled boards have fooled many.
public struct MachineSample: Sendable, Hashable {
  /// The fastest core's frequency now.
  public var frequencyKilohertz: Int?
  /// The processor's temperature, or the hottest zone's where none is named as the processor's.
  public var temperatureMillidegrees: Int?

  public init(frequencyKilohertz: Int? = nil, temperatureMillidegrees: Int? = nil) {
    self.frequencyKilohertz = frequencyKilohertz
    self.temperatureMillidegrees = temperatureMillidegrees
  }
}

/// Reads `MachineSample`s; finds once where the kernel keeps them, then only reads those files.
public struct MachineSampler: Sendable {
  private let frequencyFiles: [String]
  private let temperatureFiles: [String]

  /// - Parameter root: what `/sys` lies below; tests point it at a recorded tree.
  public init(root: String = "") {
    let files = FactFiles(root: root)
    let cpus = "/sys/devices/system/cpu"
    frequencyFiles = files.names(in: cpus)
      .filter { $0.hasPrefix("cpu") && Int($0.dropFirst(3)) != nil }
      .map { root + "\(cpus)/\($0)/cpufreq/scaling_cur_freq" }
      .filter { FactFiles(root: "").text($0) != nil }
    let zones = Self.thermalZones(files)
    temperatureFiles = (zones.isEmpty ? Self.sensors(files) : zones).map { root + $0 }
  }

  /// Those that are named as the processor's, else all.
  private static func thermalZones(_ files: FactFiles) -> [String] {
    let thermal = "/sys/class/thermal"
    let zones = files.names(in: thermal)
      .filter { $0.hasPrefix("thermal_zone") && files.integer("\(thermal)/\($0)/temp") != nil }
    let processorZones = zones.filter { zone in
      let type = (files.text("\(thermal)/\(zone)/type") ?? "").lowercased()
      return ["cpu", "x86_pkg", "soc", "core", "package"].contains { type.contains($0) }
    }
    return (processorZones.isEmpty ? zones : processorZones).map { "\(thermal)/\($0)/temp" }
  }

  /// Drivers of processors' own sensors: Intel's, AMD's, and those of boards. Disks and network cards have some too.
  private static let processorSensors: Set<String> = [
    "coretemp", "k8temp", "k10temp", "zenpower", "fam15h_power", "via_cputemp", "cpu_thermal", "soc_thermal",
    "scpi_sensors",
  ]

  private static func sensors(_ files: FactFiles) -> [String] {
    let monitors = "/sys/class/hwmon"
    return files.names(in: monitors).flatMap { monitor -> [String] in
      let folder = "\(monitors)/\(monitor)"
      guard let driver = files.text(folder + "/name").flatMap(FactFiles.trimmed), processorSensors.contains(driver)
      else {
        return []
      }
      return files.names(in: folder)
        .filter { $0.hasPrefix("temp") && $0.hasSuffix("_input") && files.integer("\(folder)/\($0)") != nil }
        .map { "\(folder)/\($0)" }
    }
  }

  public func sample() -> MachineSample {
    let files = FactFiles(root: "")
    return MachineSample(
      frequencyKilohertz: frequencyFiles.compactMap(files.integer).filter { $0 > 0 }.max(),
      temperatureMillidegrees: temperatureFiles.compactMap(files.integer).max())
  }
}

/// Small files of the kernel's, read whole.
struct FactFiles {
  let root: String

  /// /proc/cpuinfo has some kilobytes for each of a server's hundreds of processors.
  func text(_ path: String) -> String? { File.text(of: root + path, limit: 4 << 20) }

  func integer(_ path: String) -> Int? { text(path).flatMap(Self.trimmed).flatMap { Int($0) } }

  func names(in folder: String) -> [String] { (try? Folder.names(in: root + folder)) ?? [] }

  /// Without white space and the NUL that device-tree strings end in; `nil` if nothing is left.
  static func trimmed(_ text: String) -> String? {
    let isEdge: (Character) -> Bool = { $0.isWhitespace || $0 == "\0" }
    let kept = text.drop(while: isEdge).reversed().drop(while: isEdge).reversed()
    return kept.isEmpty ? nil : String(kept)
  }

  /// The values of `key : value` lines.
  static func values(of key: String, in text: String) -> [String] {
    text.split(separator: "\n").compactMap { line in
      let parts = line.split(separator: ":", maxSplits: 1)
      guard let name = parts.first, trimmed(String(name)) == key else { return nil }
      return parts.count > 1 ? trimmed(String(parts[1])) ?? "" : ""
    }
  }
}
