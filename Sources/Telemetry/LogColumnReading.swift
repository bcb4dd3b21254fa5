import Frames
import Model
import Platform

extension LogColumn {
  static let all = Array(LogColumn.allCases)
  /// Far more than an instruction set's name has.
  private static let longestText = 256

  /// Puts a value as it stands in a log (a number, `true`, a string without its quotation marks) into `record`. Returns
  /// what was expected if the value is of another kind, else `nil`.
  func set(_ bytes: UnsafeBufferPointer<UInt8>, in record: inout FrameRecord) -> String? {
    switch self {
    case .sequence: return Self.integer(bytes) { record.sequence = $0 }
    case .captured: return Self.thousandths(bytes) { record.captured = Nanoseconds($0) }
    case .captureClock:
      guard let clock = CaptureClock(rawValue: String(decoding: bytes, as: UTF8.self)) else {
        return "driver, dequeue or schedule"
      }
      record.captureClock = clock
      return nil
    case .captureWait: return Self.thousandths(bytes) { record.captureWait = Nanoseconds($0) }
    case .decode: return Self.thousandths(bytes) { record.decode = Nanoseconds($0) }
    case .queueAge: return Self.thousandths(bytes) { record.queueAge = Nanoseconds($0) }
    case .preprocess: return Self.thousandths(bytes) { record.preprocess = Nanoseconds($0) }
    case .network: return Self.thousandths(bytes) { record.network = Nanoseconds($0) }
    case .render: return Self.thousandths(bytes) { record.render = Nanoseconds($0) }
    case .glassToLabel: return Self.thousandths(bytes) { record.glassToLabel = Nanoseconds($0) }
    case .driverDrops: return Self.integer(bytes) { record.driverDrops = $0 }
    case .ringDrops: return Self.integer(bytes) { record.ringDrops = $0 }
    case .badFrames: return Self.integer(bytes) { record.badFrames = $0 }
    case .logLost: return Self.integer(bytes) { record.logLost = $0 }
    case .alpha:
      guard let hundredths = LogNumber.scaled(bytes, places: 2) else {
        return LogNumber.expected("a number", insteadOf: bytes)
      }
      guard let alpha = Alpha(rawValue: Double(hundredths) / 100) else { return "0.25, 0.5, 0.75 or 1" }
      record.configuration.alpha = alpha
      return nil
    case .resolution: return Self.integer(bytes) { record.configuration.resolution = $0 }
    case .precision:
      guard let precision = Precision(rawValue: String(decoding: bytes, as: UTF8.self)) else { return Precision.list }
      record.configuration.precision = precision
      return nil
    case .threads: return Self.integer(bytes) { record.configuration.threads = $0 }
    case .isa:
      guard bytes.count <= Self.longestText else { return "at most \(Self.longestText) bytes" }
      record.isa = String(decoding: bytes, as: UTF8.self)
      return nil
    case .warmUp: return Self.flag(bytes) { record.isWarmUp = $0 }
    case .isSwitch: return Self.flag(bytes) { record.isSwitch = $0 }
    case .cpuFrequency: return Self.thousandths(bytes) { record.cpuFrequencyKilohertz = Int($0) }
    case .cpuTemperature: return Self.thousandths(bytes) { record.cpuTemperatureMillidegrees = Int($0) }
    case .unaccounted: return Self.thousandths(bytes) { record.unaccounted = Nanoseconds($0) }
    }
  }

  /// Whether JSON holds the value as a string.
  var isText: Bool {
    switch self {
    case .captureClock, .precision, .isa: true
    default: false
    }
  }

  @inline(__always)
  private static func integer(_ bytes: UnsafeBufferPointer<UInt8>, _ put: (Int) -> Void) -> String? {
    guard let value = LogNumber.integer(bytes) else { return LogNumber.expected("an integer", insteadOf: bytes) }
    put(Int(value))
    return nil
  }

  @inline(__always)
  private static func thousandths(_ bytes: UnsafeBufferPointer<UInt8>, _ put: (Int64) -> Void) -> String? {
    guard let value = LogNumber.thousandths(bytes) else { return LogNumber.expected("a number", insteadOf: bytes) }
    put(value)
    return nil
  }

  private static func flag(_ bytes: UnsafeBufferPointer<UInt8>, _ put: (Bool) -> Void) -> String? {
    switch bytes.first {
    case UInt8(ascii: "t") where bytes.elementsEqual("true".utf8): put(true)
    case UInt8(ascii: "f") where bytes.elementsEqual("false".utf8): put(false)
    default: return "true or false"
    }
    return nil
  }
}

extension FrameRecord {
  /// As new, but with its buffers.
  mutating func clear() {
    var top = exchange(&self.top, with: [])
    var layers = exchange(&layerTimes, with: [])
    top.removeAll(keepingCapacity: true)
    layers.removeAll(keepingCapacity: true)
    self = FrameRecord()
    self.top = top
    layerTimes = layers
  }
}
