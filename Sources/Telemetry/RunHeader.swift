import FoundationEssentials
import Glibc
import Model
import Platform

/// What a log needs to be understood on its own: written once per file, before the first row.
public struct RunHeader: Sendable, Hashable {
  /// Raised when a column or field changes its meaning; a reader refuses a newer one.
  public static let currentSchema = 1

  /// More layers than any network of ours has; a report keeps figures of each.
  static let mostLayers = 256

  public var schema = RunHeader.currentSchema
  /// Tells the rows of one run from another's.
  public var runID: String
  public var programVersion: String
  /// How the program was built: `release, x86_64, Swift 6.3`.
  public var build: String?
  /// One moment on both clocks: nanoseconds since 1970 (UTC) and on `CLOCK_MONOTONIC`, which dates every row.
  public var wallAnchorNanoseconds: Int64
  public var monotonicAnchorNanoseconds: Int64

  public var machine = MachineFacts()
  public var isa: String?
  /// The source's name and its negotiated format: `/dev/video0`, `640×480 MJPG`.
  public var source: String?
  public var format: String?
  /// The variable TERM.
  public var terminal: String?
  /// The network when the run began.
  public var network: NetworkFacts

  public init(
    runID: String, programVersion: String, wallAnchorNanoseconds: Int64, monotonicAnchorNanoseconds: Int64,
    network: NetworkFacts = NetworkFacts()
  ) {
    self.runID = runID
    self.programVersion = programVersion
    self.wallAnchorNanoseconds = wallAnchorNanoseconds
    self.monotonicAnchorNanoseconds = monotonicAnchorNanoseconds
    self.network = network
  }

  /// A header for a run that begins now on this machine: anchors, a fresh run id, the machine's facts and TERM are filled.
  public init(startingNow programVersion: String, network: NetworkFacts = NetworkFacts()) {
    self.init(
      runID: "", programVersion: programVersion, wallAnchorNanoseconds: Nanoseconds.of(CLOCK_REALTIME).count,
      monotonicAnchorNanoseconds: Nanoseconds.now().count, network: network)
    runID = Self.freshRunID(wallNanoseconds: wallAnchorNanoseconds)
    machine = .current
    build = Self.buildOfThisProgram
    terminal = PathText.variable("TERM")
  }

  private static var buildOfThisProgram: String {
    #if DEBUG
      let kind = "debug"
    #else
      let kind = "release"
    #endif
    #if arch(x86_64)
      let processor = "x86_64"
    #elseif arch(arm64)
      let processor = "aarch64"
    #else
      let processor = "another processor"
    #endif
    #if swift(>=6.4)
      let compiler = "Swift 6.4 or newer"
    #else
      let compiler = "Swift 6.3"
    #endif
    return "\(kind), \(processor), \(compiler)"
  }

  /// `20261123T205216Z-1a2b3c`: sorts by time, and differs between runs of the same second.
  static func freshRunID(wallNanoseconds: Int64) -> String {
    let start = Date(timeIntervalSince1970: Double(wallNanoseconds / 1_000_000_000))
    let time = start.formatted(Date.ISO8601FormatStyle(dateSeparator: .omitted, timeSeparator: .omitted))
    let random = String(UInt32.random(in: 0x100000...0xffffff), radix: 16)
    return "\(time)-\(random)"
  }
}

/// A network that a run used: what its configuration means, layer by layer.
public struct NetworkFacts: Sendable, Hashable {
  /// `nil` in logs that do not say it.
  public var configuration: Configuration?
  /// Of the file that the weights came from; `nil` for random weights.
  public var weightsSHA256: String?
  /// The α whose weights were widened for it; `nil` where they are its own.
  public var widenedFrom: Alpha?
  public var layers: [LayerFacts]

  public init(
    configuration: Configuration? = nil, weightsSHA256: String? = nil, widenedFrom: Alpha? = nil,
    layers: [LayerFacts] = []
  ) {
    self.configuration = configuration
    self.weightsSHA256 = weightsSHA256
    self.widenedFrom = widenedFrom
    self.layers = layers
  }
}

/// One layer of a network as a log has it; shapes are `[H, W, C]` for one image.
public struct LayerFacts: Sendable, Hashable {
  public var name: String
  public var kind = ""
  public var inputShape: [Int] = []
  public var outputShape: [Int] = []
  public var multAdds = 0

  public init(name: String) { self.name = name }

  public init(_ layer: Architecture.Layer) {
    name = layer.name
    kind = layer.kind.rawValue
    inputShape = layer.inputShape
    outputShape = layer.outputShape
    multAdds = layer.multAdds
  }
}

extension Configuration {
  /// `α 0.50  160 px  int8  2 threads`, all that a latency depends on.
  package var title: String {
    "α \(fixed(alpha.rawValue, 2))  \(resolution) px  \(precision)  \(counted(threads, "thread", "threads"))"
  }
}
