import Frames
import Model
import Platform
import Telemetry

extension Nanoseconds: ExpressibleByIntegerLiteral {
  public init(integerLiteral count: Int64) { self.init(count) }
}

/// Of MobileNet V1 with separable convolutions.
package let layerNames =
  ["conv1"] + (1...13).flatMap { ["dw\($0)", "pw\($0)"] } + ["pool", "fc", "softmax"]

/// What a log of a run begins with.
package func header(layers: [String] = layerNames, runID: String = "run-id") -> RunHeader {
  var header = RunHeader(
    runID: runID, programVersion: "0.1.0", wallAnchorNanoseconds: 1_700_000_000_123_456_789,
    monotonicAnchorNanoseconds: 5_000_000_001,
    network: NetworkFacts(layers: layers.map(layer)))
  header.network.configuration = fullRecord().configuration
  header.network.weightsSHA256 = String(repeating: "0123456789abcdef", count: 4)
  return header
}

private func layer(_ name: String) -> LayerFacts {
  var layer = LayerFacts(name: name)
  layer.kind = "pointwise"
  layer.inputShape = [7, 7, 8]
  layer.outputShape = [7, 7, 16]
  layer.multAdds = 6272
  return layer
}

/// A record with every field known.
package func fullRecord(sequence: Int = 1, network: Nanoseconds = 1_691_234) -> FrameRecord {
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
  record.crop = Crop(x: 110, y: 30, side: 420)
  record.workers = 1
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
