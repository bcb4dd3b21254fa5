import Glibc

/// What a log needs to be understood on its own: written once per file, before the first row.
public struct RunHeader: Sendable, Hashable {
  /// One layer of the network as it was when the run began; shapes are `[H, W, C]` for one image.
  public struct Layer: Sendable, Hashable {
    public var name: String
    public var kind: String
    public var inputShape: [Int]
    public var outputShape: [Int]
    public var multAdds: Int

    public init(name: String, kind: String = "", inputShape: [Int] = [], outputShape: [Int] = [], multAdds: Int = 0) {
      self.name = name
      self.kind = kind
      self.inputShape = inputShape
      self.outputShape = outputShape
      self.multAdds = multAdds
    }
  }

  /// Raised when a column or field changes its meaning; a reader refuses a newer one.
  public static let currentSchema = 1

  public var schema = RunHeader.currentSchema
  /// Tells the rows of one run from another's.
  public var runID: String
  public var programVersion: String
  /// One moment on both clocks: nanoseconds since 1970 (UTC) and on `CLOCK_MONOTONIC`, which dates every row.
  public var wallAnchorNanoseconds: Int64
  public var monotonicAnchorNanoseconds: Int64

  public var cpuModel: String?
  public var kernel: String?
  public var governor: String?
  public var cores: Int?
  public var isa: String?
  /// The source's name and its negotiated format: `/dev/video0`, `640×480 MJPG`.
  public var source: String?
  public var format: String?
  /// The variable TERM.
  public var terminal: String?
  public var weightsSHA256: String?
  public var layers: [Layer]

  public init(
    runID: String, programVersion: String, wallAnchorNanoseconds: Int64, monotonicAnchorNanoseconds: Int64,
    layers: [Layer] = []
  ) {
    self.runID = runID
    self.programVersion = programVersion
    self.wallAnchorNanoseconds = wallAnchorNanoseconds
    self.monotonicAnchorNanoseconds = monotonicAnchorNanoseconds
    self.layers = layers
  }

  /// A header for a run that begins now on this machine: anchors, a fresh run id, the machine's facts and TERM are filled.
  public init(startingNow programVersion: String, layers: [Layer] = [], facts: MachineFacts = .current) {
    self.init(
      runID: "", programVersion: programVersion, wallAnchorNanoseconds: clockNanoseconds(CLOCK_REALTIME),
      monotonicAnchorNanoseconds: clockNanoseconds(CLOCK_MONOTONIC), layers: layers)
    runID = Self.freshRunID(wallNanoseconds: wallAnchorNanoseconds)
    cpuModel = facts.cpuModel
    kernel = facts.kernel
    governor = facts.governor
    cores = facts.cores
    terminal = getenv("TERM").map { String(cString: $0) }
  }

  /// `20261123T205216Z-1a2b3c`: sorts by time, and differs between runs of the same second.
  static func freshRunID(wallNanoseconds: Int64) -> String {
    var seconds = time_t(wallNanoseconds / 1_000_000_000)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func padded(_ value: Int32, _ width: Int) -> String {
      let digits = String(value)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    let date = padded(parts.tm_year + 1900, 4) + padded(parts.tm_mon + 1, 2) + padded(parts.tm_mday, 2)
    let clock = padded(parts.tm_hour, 2) + padded(parts.tm_min, 2) + padded(parts.tm_sec, 2)
    let random = String(UInt32.random(in: 0x100000...0xffffff), radix: 16)
    return "\(date)T\(clock)Z-\(random)"
  }
}

func clockNanoseconds(_ clock: clockid_t) -> Int64 {
  var t = timespec()
  clock_gettime(clock, &t)
  return Int64(t.tv_sec) * 1_000_000_000 + Int64(t.tv_nsec)
}
