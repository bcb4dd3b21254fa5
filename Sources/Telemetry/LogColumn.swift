import Model
import Platform

/// The columns of a log that every row has, by the names they carry in CSV and JSON Lines; units stand in the names.
///
/// The one place where a column is tied to a record's field: both writers and both readers go through it. Guesses and
/// layers follow these columns (`CSVLog`, `JSONLinesLog`). `docs/log-schema.md` says what each one means.
enum LogColumn: String, CaseIterable {
  case sequence
  case captured = "captured_us"
  case captureClock = "capture_clock"
  case captureWait = "capture_wait_us"
  case decode = "decode_us"
  case queueAge = "queue_age_us"
  case preprocess = "preprocess_us"
  case network = "network_us"
  case render = "render_us"
  case glassToLabel = "glass_to_label_us"
  case driverDrops = "driver_drops"
  case ringDrops = "ring_drops"
  case badFrames = "bad_frames"
  case logLost = "log_lost"
  case alpha
  case resolution = "resolution_px"
  case precision
  case threads
  case isa
  case warmUp = "warm_up"
  case isSwitch = "switch"
  case cpuFrequency = "cpu_mhz"
  case cpuTemperature = "cpu_temperature_c"
  case unaccounted = "unaccounted_us"

  enum Value {
    case unknown
    case integer(Int)
    /// Thousandths of the column's unit: nanoseconds in a column of microseconds.
    case thousandths(Int64)
    case hundredths(Double)
    case text(String)
    case flag(Bool)
  }

  func value(in record: borrowing FrameRecord) -> Value {
    func thousandths(_ value: Int64?) -> Value { value.map { .thousandths($0) } ?? .unknown }
    func time(_ value: Nanoseconds?) -> Value { thousandths(value?.count) }
    func integer(_ value: Int?) -> Value { value.map { .integer($0) } ?? .unknown }
    switch self {
    case .sequence: return .integer(record.sequence)
    case .captured: return .thousandths(record.captured.count)
    case .captureClock: return record.captureClock.map { .text($0.rawValue) } ?? .unknown
    case .captureWait: return time(record.captureWait)
    case .decode: return time(record.decode)
    case .queueAge: return time(record.queueAge)
    case .preprocess: return time(record.preprocess)
    case .network: return time(record.network)
    case .render: return time(record.render)
    case .glassToLabel: return time(record.glassToLabel)
    case .driverDrops: return integer(record.driverDrops)
    case .ringDrops: return integer(record.ringDrops)
    case .badFrames: return integer(record.badFrames)
    case .logLost: return .integer(record.logLost)
    case .alpha: return .hundredths(record.configuration.alpha.rawValue)
    case .resolution: return .integer(record.configuration.resolution)
    case .precision: return .text(record.configuration.precision.rawValue)
    case .threads: return .integer(record.configuration.threads)
    case .isa: return record.isa.map { .text($0) } ?? .unknown
    case .warmUp: return .flag(record.isWarmUp)
    case .isSwitch: return .flag(record.isSwitch)
    case .cpuFrequency: return thousandths(record.cpuFrequencyKilohertz.map(Int64.init))
    case .cpuTemperature: return thousandths(record.cpuTemperatureMillidegrees.map(Int64.init))
    case .unaccounted: return time(record.unaccounted)
    }
  }
}
