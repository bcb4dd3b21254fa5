import Capture
import MobileNet
import ModelFiles
import NetworkSelection
import Platform
import Playback
import Telemetry
import Terminal

/// All that the doctor judges by, found on this machine or made up by a test.
package struct DoctorFacts: Sendable {
  package struct Processor: Sendable {
    package var machine: MachineFacts
    /// Kernels that it can run, the plainest first.
    package var kernels: [String]
    package var isX86: Bool
    package var temperatureMillidegrees: Int?
    /// How often it has been slowed down for its heat since it was switched on; `nil` where nobody counts.
    package var throttleCount: Int?
    /// What a Raspberry Pi's firmware says of its supply and its heat (`vcgencmd get_throttled`); `nil` elsewhere.
    package var firmwareFlags: Int?

    package init(
      machine: MachineFacts, kernels: [String], isX86: Bool = true, temperatureMillidegrees: Int? = nil,
      throttleCount: Int? = nil, firmwareFlags: Int? = nil
    ) {
      self.machine = machine
      self.kernels = kernels
      self.isX86 = isX86
      self.temperatureMillidegrees = temperatureMillidegrees
      self.throttleCount = throttleCount
      self.firmwareFlags = firmwareFlags
    }
  }

  package struct Weights: Sendable {
    /// Width multipliers that trained weights are there for.
    package var alphas: [Double]
    /// Files that cannot be used, and why.
    package var problems: [String]

    package init(alphas: [Double], problems: [String] = []) {
      self.alphas = alphas
      self.problems = problems
    }
  }

  package var nodes: [String]
  package var closedNodes: [ClosedNode]
  package var cameras: [Camera]
  /// By the camera's path.
  package var usbMegabitsPerSecond: [String: Double]
  package var terminal: TerminalFacts
  package var processor: Processor
  package var weights: Weights

  package init(
    nodes: [String], closedNodes: [ClosedNode] = [], cameras: [Camera], usbMegabitsPerSecond: [String: Double] = [:],
    terminal: TerminalFacts, processor: Processor, weights: Weights
  ) {
    self.nodes = nodes
    self.closedNodes = closedNodes
    self.cameras = cameras
    self.usbMegabitsPerSecond = usbMegabitsPerSecond
    self.terminal = terminal
    self.processor = processor
    self.weights = weights
  }

  static func current() -> DoctorFacts {
    let cameras = CameraCatalog.cameras()
    var speeds: [String: Double] = [:]
    for camera in cameras { speeds[camera.path] = CameraCatalog.usbMegabitsPerSecond(of: camera.path) }
    return DoctorFacts(
      nodes: CameraCatalog.nodes(), closedNodes: CameraCatalog.closedNodes(), cameras: cameras,
      usbMegabitsPerSecond: speeds, terminal: .current(), processor: currentProcessor(), weights: currentWeights())
  }

  private static func currentProcessor() -> Processor {
    var processor = Processor(
      machine: .current,
      kernels: InstructionSets.availableReal.map(\.name), isX86: false,
      temperatureMillidegrees: MachineSampler().sample().temperatureMillidegrees,
      throttleCount: number(in: "/sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count"),
      firmwareFlags: firmwareFlags())
    #if arch(x86_64)
      processor.isX86 = true
    #endif
    return processor
  }

  private static func currentWeights() -> Weights {
    var weights = Weights(alphas: [])
    // A place that is empty or not there is no problem; a file in one that cannot be read is.
    for place in WeightPlaces.usual(assets: try? Assets.directory()) where holdsWeights(place) {
      do {
        let collection = try WeightCollection(path: place)
        weights.alphas += collection.files.map(\.alpha.rawValue)
        weights.problems += collection.problems.map(\.message)
      } catch {
        weights.problems.append("\(error)")
      }
    }
    return weights
  }

  private static func holdsWeights(_ folder: String) -> Bool {
    var isHolding = false
    try? Folder.forEach(in: folder) { name, _ in
      isHolding = name.hasSuffix(".safetensors") || name.hasSuffix(".tflite")
      return !isHolding
    }
    return isHolding
  }

  /// Hexadecimal; the folder is `soc`, or `soc@` and its address.
  private static func firmwareFlags() -> Int? {
    let devices = "/sys/devices/platform"
    let chips = ((try? Folder.names(in: devices)) ?? []).filter { $0.hasPrefix("soc") }
    return chips.lazy.compactMap { File.text(of: "\(devices)/\($0)/\($0):firmware/get_throttled") }.first
      .flatMap { Int($0.prefix { $0.isHexDigit }, radix: 16) }
  }

  private static func number(in path: String) -> Int? {
    File.text(of: path).flatMap { Int($0.prefix { ("0"..."9").contains($0) }) }
  }
}
