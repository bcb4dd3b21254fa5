import Frames
import Glibc
import Model
import ModelFiles
import Platform
import Telemetry
import TestSupport
import Testing

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

/// Waits until `condition` holds, long enough for a busy machine.
func eventually(_ condition: () -> Bool) -> Bool {
  for _ in 0..<4000 {
    if condition() { return true }
    usleep(10_000)
  }
  return false
}

let awkwardLabels = [
  "espresso", "", "tabby, tabby cat", "the \"best\" cup", "\"", ",", "a\r\nb", "line\nfeed", "naïve café 日本",
  "tab\tand \u{1}",
  "back\\slash", "{\"a\":[1]}", "'", " leading and trailing ",
  "a label that is long enough to live on the heap, twice over",
]

/// A record in which any field may be unknown or at the edge of what it can hold.
func randomRecord(using random: inout SplitMix64, layers: Int = layerNames.count) -> FrameRecord {
  func maybe(_ value: @autoclosure () -> Int64) -> Int64? { Bool.random(using: &random) ? value() : nil }
  func time() -> Int64 { Int64.random(in: 0...(1 << Int64.random(in: 1...40, using: &random)), using: &random) }
  var record = FrameRecord()
  record.sequence = Int.random(in: 0...(1 << 40), using: &random)
  record.captured = Nanoseconds(Int64.random(in: 0...(1 << 60), using: &random))
  record.captureClock =
    Bool.random(using: &random) ? CaptureClock.allCases.randomElement(using: &random) : nil
  let stages: [WritableKeyPath<FrameRecord, Nanoseconds?>] = [
    \.captureWait, \.decode, \.queueAge, \.preprocess, \.network, \.render, \.glassToLabel,
  ]
  for stage in stages { record[keyPath: stage] = maybe(time()).map { Nanoseconds($0) } }
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
