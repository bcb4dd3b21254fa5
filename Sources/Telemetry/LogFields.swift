import Frames
import Model
import Platform

/// The columns of a log that every row has, by the names they carry in CSV and JSON Lines; units stand in the names.
/// `docs/log-schema.md` says what each one means.
extension FrameRecord {
  static let columns: [LogField<FrameRecord>] = [
    .integer("sequence", { $0.sequence }, { $0.sequence = $1 }),
    .time("captured_us", { $0.captured }, { $0.captured = $1 }),
    .word("capture_clock", { $0.captureClock }, { $0.captureClock = $1 }),
    .time("capture_wait_us", { $0.captureWait }, { $0.captureWait = $1 }),
    .time("decode_us", { $0.decode }, { $0.decode = $1 }),
    .time("queue_age_us", { $0.queueAge }, { $0.queueAge = $1 }),
    .time("preprocess_us", { $0.preprocess }, { $0.preprocess = $1 }),
    .time("network_us", { $0.network }, { $0.network = $1 }),
    .time("render_us", { $0.render }, { $0.render = $1 }),
    .time("glass_to_label_us", { $0.glassToLabel }, { $0.glassToLabel = $1 }),
    .integer("driver_drops", { $0.driverDrops }, { $0.driverDrops = $1 }),
    .integer("ring_drops", { $0.ringDrops }, { $0.ringDrops = $1 }),
    .integer("bad_frames", { $0.badFrames }, { $0.badFrames = $1 }),
    .integer("log_lost", { $0.logLost }, { $0.logLost = $1 }),
    .alpha("alpha", { $0.configuration.alpha }, { $0.configuration.alpha = $1 }),
    .integer("resolution_px", { $0.configuration.resolution }, { $0.configuration.resolution = $1 }),
    .word("precision", { $0.configuration.precision }, { $0.configuration.precision = $1 }),
    .integer("threads", { $0.configuration.threads }, { $0.configuration.threads = $1 }),
    .text("isa", mostBytes: 256, { $0.isa }, { $0.isa = $1 }),
    .flag("warm_up", { $0.isWarmUp }, { $0.isWarmUp = $1 }),
    .flag("switch", { $0.isSwitch }, { $0.isSwitch = $1 }),
    .thousandths(
      "cpu_mhz", { $0.cpuFrequencyKilohertz.map(Int64.init) }, { $0.cpuFrequencyKilohertz = Int($1) }),
    .thousandths(
      "cpu_temperature_c", { $0.cpuTemperatureMillidegrees.map(Int64.init) },
      { $0.cpuTemperatureMillidegrees = Int($1) }),
    .time("unaccounted_us", { $0.unaccounted }, { $0.unaccounted = $1 }),
    crop("crop_x", \.x), crop("crop_y", \.y), crop("crop_side", \.side),
    .integer("workers", { $0.workers }, { $0.workers = $1 }),
  ]

  private static func crop(_ name: String, _ part: WritableKeyPath<Crop, Int> & Sendable) -> LogField<FrameRecord> {
    .integer(name, { $0.crop?[keyPath: part] }) { record, value in
      var crop = record.crop ?? Crop(x: 0, y: 0, side: 0)
      crop[keyPath: part] = value
      record.crop = crop
    }
  }

  /// A row of JSON has two arrays beyond the columns; in CSV each element is a column of its own.
  static let fields = columns + [layersField, guessesField]
  static let fieldsButGuesses = columns + [layersField]

  private static let layersField: LogField<FrameRecord> = .array(
    "layers_us", most: RunHeader.mostLayers, of: "layers", { $0.layerTimes },
    append: { _, time, line in line.append(time.count, places: 3) },
    read: { (record, scanner) throws(Mismatch) in
      record.layerTimes.append(Nanoseconds(try LogNumber.units(try scanner.literal(), places: 3)))
    })

  private static let guessesField: LogField<FrameRecord> = .array(
    "top", most: 1000, of: "guesses", { $0.top.count > topCount ? Array($0.top.prefix(topCount)) : $0.top },
    append: { _, guess, line in
      line.append("{")
      LogField.append(Prediction.fields, of: guess, isFirst: true, to: line)
      line.append("}")
    },
    read: { (record, scanner) throws(Mismatch) in
      var guess = Prediction.unknown
      try LogField.read(Prediction.fields, &scanner, into: &guess)
      record.top.append(guess)
    })
}

extension Prediction {
  static let unknown = Prediction(classIndex: 0, probability: .nan)

  static let fields: [LogField<Prediction>] = [
    .integer("class_index", { $0.classIndex }, { $0.classIndex = $1 }),
    .text("label", { $0.label }, { $0.label = $1 }),
    .probability("probability", { $0.probability }, { $0.probability = $1 }),
  ]
}

/// What a run, or a network that it switched to, is as one JSON object: a JSON Lines log's line, what lies beside a CSV log,
/// a trace's metadata.
struct RunObject {
  var header = RunHeader(runID: "", programVersion: "", wallAnchorNanoseconds: 0, monotonicAnchorNanoseconds: 0)
  // A configuration whose parts are not all there is none.
  private var alpha: Alpha?
  private var resolution: Int?
  private var precision: Precision?
  private var threads: Int?
  private var isRun = true

  private init() {}

  init(_ header: RunHeader) {
    self.header = header
    alpha = header.network.configuration?.alpha
    resolution = header.network.configuration?.resolution
    precision = header.network.configuration?.precision
    threads = header.network.configuration?.threads
  }

  init(_ network: NetworkFacts) {
    var header = Self().header
    header.network = network
    self.init(header)
    isRun = false
  }

  func append(to line: LineBuffer) {
    line.append(isRun ? "{\"type\":\"run\"" : "{\"type\":\"network\"")
    LogField.append(isRun ? Self.runFields : Self.networkFields, of: self, to: line)
    line.append("}")
  }

  static func readHeader(_ scanner: inout JSONScanner) throws(Mismatch) -> RunHeader {
    var object = RunObject()
    try LogField.read(runFields, &scanner, into: &object)
    object.header.network.configuration = object.configuration
    return object.header
  }

  /// `nil` for a network whose configuration is not told.
  static func readNetwork(_ scanner: inout JSONScanner) throws(Mismatch) -> NetworkFacts? {
    var object = RunObject()
    try LogField.read(networkFields, &scanner, into: &object)
    object.header.network.configuration = object.configuration
    return object.configuration == nil ? nil : object.header.network
  }

  private var configuration: Configuration? {
    guard let alpha, let resolution, let precision, let threads else { return nil }
    return Configuration(alpha: alpha, resolution: resolution, precision: precision, threads: threads)
  }

  static let runFields: [LogField<RunObject>] =
    [
      .integer("schema", { $0.header.schema }, { $0.header.schema = $1 }),
      .text("run_id", { $0.header.runID }, { $0.header.runID = $1 }),
      .text("program_version", { $0.header.programVersion }, { $0.header.programVersion = $1 }),
      .text("build", { $0.header.build }, { $0.header.build = $1 }),
      .thousandths("wall_anchor_us", { $0.header.wallAnchorNanoseconds }, { $0.header.wallAnchorNanoseconds = $1 }),
      .thousandths(
        "monotonic_anchor_us", { $0.header.monotonicAnchorNanoseconds }, { $0.header.monotonicAnchorNanoseconds = $1 }),
      .text("cpu_model", { $0.header.machine.cpuModel }, { $0.header.machine.cpuModel = $1 }),
      .text("kernel", { $0.header.machine.kernel }, { $0.header.machine.kernel = $1 }),
      .text("governor", { $0.header.machine.governor }, { $0.header.machine.governor = $1 }),
      .integer("cores", { $0.header.machine.cores }, { $0.header.machine.cores = $1 }),
      .text("isa", { $0.header.isa }, { $0.header.isa = $1 }),
      .text("source", { $0.header.source }, { $0.header.source = $1 }),
      .text("format", { $0.header.format }, { $0.header.format = $1 }),
      .text("terminal", { $0.header.terminal }, { $0.header.terminal = $1 }),
    ] + networkFields

  static let networkFields: [LogField<RunObject>] = [
    .alpha("alpha", { $0.alpha }, { $0.alpha = $1 }),
    .integer("resolution_px", { $0.resolution }, { $0.resolution = $1 }),
    .word("precision", { $0.precision }, { $0.precision = $1 }),
    .integer("threads", { $0.threads }, { $0.threads = $1 }),
    .text("weights_sha256", { $0.header.network.weightsSHA256 }, { $0.header.network.weightsSHA256 = $1 }),
    .alpha("widened_from", { $0.header.network.widenedFrom }, { $0.header.network.widenedFrom = $1 }),
    .array(
      "layers", most: RunHeader.mostLayers, of: "layers", { $0.header.network.layers },
      append: { index, layer, line in
        line.append("{\"index\":")
        line.append(Int64(index))
        LogField.append(LayerFacts.fields, of: layer, to: line)
        line.append("}")
      },
      read: { (object, scanner) throws(Mismatch) in
        var layer = LayerFacts(name: "")
        try LogField.read(LayerFacts.fields, &scanner, into: &layer)
        object.header.network.layers.append(layer)
      }),
  ]
}

extension LayerFacts {
  static let fields: [LogField<LayerFacts>] = [
    .text("name", { $0.name }, { $0.name = $1 }),
    .text("kind", { $0.kind }, { $0.kind = $1 }),
    shape("input_shape", { $0.inputShape }, { $0.inputShape.append($1) }),
    shape("output_shape", { $0.outputShape }, { $0.outputShape.append($1) }),
    .integer("mult_adds", { $0.multAdds }, { $0.multAdds = $1 }),
  ]

  private static func shape(
    _ name: String, _ get: @escaping @Sendable (borrowing Self) -> [Int],
    _ add: @escaping @Sendable (inout Self, Int) -> Void
  ) -> LogField<Self> {
    .array(
      name, most: 8, of: "sides", get, append: { _, side, line in line.append(Int64(side)) },
      read: { (layer, scanner) throws(Mismatch) in
        add(&layer, Int(try LogNumber.units(try scanner.literal(), places: 0)))
      })
  }
}
