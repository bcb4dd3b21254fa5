import Frames
import Glibc
import Model
import Platform
import Telemetry
import Testing

/// SplitMix64: small, and the same everywhere, so that a printed seed repeats a failure.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

/// A seed from `MOBILECAM_SEED`, or a fresh one; printed, so that a failure can be repeated.
func testSeed(_ test: String = #function) -> UInt64 {
  let seed = getenv("MOBILECAM_SEED").flatMap { UInt64(String(cString: $0)) } ?? .random(in: 0...UInt64.max)
  print("\(test): MOBILECAM_SEED=\(seed)")
  return seed
}

/// Makes an empty folder of a new name, which the caller removes.
func makeTemporaryFolder(_ purpose: String) -> String {
  let made = strdup("/tmp/telemetry-\(purpose)-XXXXXX")!
  defer { free(made) }
  precondition(mkdtemp(made) != nil, "no folder could be made in /tmp")
  return String(cString: made)
}

/// A folder that is gone after the test.
final class TemporaryFolder {
  let path: String

  init() {
    path = makeTemporaryFolder("tests")
  }

  func file(_ name: String) -> String { path + "/" + name }

  var names: [String] { Self.names(path) }

  static func names(_ path: String) -> [String] {
    guard let stream = opendir(path) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  deinit {
    for name in names { unlink(file(name)) }
    rmdir(path)
  }
}

func contents(_ path: String) -> [UInt8] {
  let descriptor = open(path, O_RDONLY)
  guard descriptor >= 0 else { return [] }
  defer { close(descriptor) }
  var all: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 65536)
  while case let got = read(descriptor, &chunk, chunk.count), got > 0 { all += chunk[..<got] }
  return all
}

func text(_ path: String) -> String { String(decoding: contents(path), as: UTF8.self) }

func write(_ bytes: some Collection<UInt8>, to path: String) {
  let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
  defer { close(descriptor) }
  let all = Array(bytes)
  var done = 0
  while done < all.count {
    let written = all[done...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    guard written > 0 else { return }
    done += written
  }
}

func write(_ text: String, to path: String) { write(Array(text.utf8), to: path) }

/// Waits until `condition` holds, for at most ten seconds.
func eventually(_ condition: () -> Bool) -> Bool {
  for _ in 0..<1000 {
    if condition() { return true }
    usleep(10_000)
  }
  return false
}

extension Nanoseconds: ExpressibleByIntegerLiteral {
  public init(integerLiteral count: Int64) { self.init(count) }
}

let layerNames =
  ["conv1"] + (1...13).flatMap { ["dw\($0)", "pw\($0)"] } + ["pool", "fc", "softmax"]

func header(layers: [String] = layerNames, runID: String = "run-id") -> RunHeader {
  var header = RunHeader(
    runID: runID, programVersion: "0.1.0", wallAnchorNanoseconds: 1_700_000_000_123_456_789,
    monotonicAnchorNanoseconds: 5_000_000_001,
    layers: layers.map {
      RunHeader.Layer(name: $0, kind: "pointwise", inputShape: [7, 7, 8], outputShape: [7, 7, 16], multAdds: 6272)
    })
  header.configuration = fullRecord().configuration
  header.weightsSHA256 = String(repeating: "0123456789abcdef", count: 4)
  return header
}

/// A record with every field known.
func fullRecord(sequence: Int = 1, network: Nanoseconds = 1_691_234) -> FrameRecord {
  var record = FrameRecord()
  record.sequence = sequence
  record.captured = 5_000_000_000 + Nanoseconds(Int64(sequence) * 33_333_333)
  record.captureClock = .driver
  record.captureWait = 1_000_001
  record.decode = 2_500_500
  record.queueAge = 300_007
  record.preprocess = 410_000
  record.network = network
  record.render = 900_000
  record.glassToLabel = 7_500_123
  record.driverDrops = 0
  record.ringDrops = 12
  record.badFrames = 3
  record.configuration = Configuration(alpha: .half, resolution: 160, threads: 2)
  record.isa = "avx2"
  record.cpuFrequencyKilohertz = 1_800_000
  record.cpuTemperatureMillidegrees = 61_250
  record.top = [
    Prediction(classIndex: 967, label: "espresso", probability: 0.875),
    Prediction(classIndex: 968, label: "cup", probability: 0.0625),
  ]
  record.layerTimes = layerNames.indices.map { Nanoseconds(1000 * Int64($0) + 7) }
  record.unaccounted = network - record.layerTimes.reduce(.zero, +)
  return record
}

let awkwardLabels = [
  "espresso", "", "tabby, tabby cat", "the \"best\" cup", "\"", ",", "a\r\nb", "line\nfeed", "naïve café 日本",
  "tab\tand \u{1}",
  "back\\slash", "{\"a\":[1]}", "'", " leading and trailing ",
  "a label that is long enough to live on the heap, twice over",
]

/// A record in which any field may be unknown or at the edge of what it can hold.
func randomRecord(using random: inout SeededGenerator, layers: Int = layerNames.count) -> FrameRecord {
  func maybe(_ value: @autoclosure () -> Int64) -> Int64? { Bool.random(using: &random) ? value() : nil }
  func time() -> Int64 { Int64.random(in: 0...(1 << Int64.random(in: 1...40, using: &random)), using: &random) }
  var record = FrameRecord()
  record.sequence = Int.random(in: 0...(1 << 40), using: &random)
  record.captured = Nanoseconds(Int64.random(in: 0...(1 << 60), using: &random))
  record.captureClock =
    Bool.random(using: &random) ? CaptureClock.allCases.randomElement(using: &random) : nil
  for stage in Stage.allCases { record[stage] = maybe(time()).map { Nanoseconds($0) } }
  record.driverDrops = maybe(time()).map(Int.init)
  record.ringDrops = maybe(time()).map(Int.init)
  record.badFrames = maybe(time()).map(Int.init)
  record.configuration = Configuration(
    alpha: Alpha.allCases.randomElement(using: &random)!, resolution: Int.random(in: 1...10, using: &random) * 32,
    precision: Precision.allCases.randomElement(using: &random)!, threads: Int.random(in: 1...128, using: &random))
  record.isa = Bool.random(using: &random) ? awkwardLabels.filter { !$0.isEmpty }.randomElement(using: &random) : nil
  record.isWarmUp = .random(using: &random)
  record.isSwitch = .random(using: &random)
  record.cpuFrequencyKilohertz = maybe(time()).map(Int.init)
  record.cpuTemperatureMillidegrees = maybe(Int64.random(in: -40_000...120_000, using: &random)).map(Int.init)
  for _ in 0..<Int.random(in: 0...FrameRecord.topCount, using: &random) {
    record.top.append(
      Prediction(
        classIndex: .random(in: 0...999, using: &random), label: awkwardLabels.randomElement(using: &random)!,
        // Multiples of 2⁻⁸ fit the log's eight decimals to the last bit.
        probability: Float(Int.random(in: 0...256, using: &random)) / 256))
  }
  record.layerTimes = (0..<layers).map { _ in Nanoseconds(time()) }
  record.unaccounted = maybe(Int64.random(in: -1000...1_000_000, using: &random)).map { Nanoseconds($0) }
  return record
}
