/// CSV as RFC 4180 has it: a header row, CRLF, quotes where they are needed. Loads in any CSV reader.
///
/// RFC 4180 knows no comments, so that the run's facts lie beside the log (`NAME.run.json`, and `NAME.networks.jsonl` where the
/// run switched), and each row names its run.
struct CSVLog: LogEncoder {
  private var runID = ""
  private var layerCount = 0

  var needsSidecar: Bool { true }

  /// The names of all columns for a network with these layers.
  static func columns(layers: [String]) -> [String] {
    var names = ["schema", "run_id"] + LogColumn.allCases.map(\.rawValue)
    for rank in 1...FrameRecord.topCount {
      names += ["top\(rank)_class", "top\(rank)_label", "top\(rank)_probability"]
    }
    return names + layers.map { $0 + layerSuffix }
  }

  static let layerSuffix = "_us"

  mutating func appendStart(_ header: RunHeader, to line: LineBuffer) {
    runID = header.runID
    layerCount = header.layers.count
    for (index, name) in Self.columns(layers: header.layers.map(\.name)).enumerated() {
      if index > 0 { line.append(comma) }
      line.append(csv: name)
    }
    line.append("\r\n")
  }

  func appendNetwork(_ network: NetworkFacts, to line: LineBuffer) {}

  mutating func appendRow(_ record: borrowing FrameRecord, to line: LineBuffer) {
    line.append(integer: Int64(RunHeader.currentSchema))
    line.append(comma)
    line.append(csv: runID)
    for column in LogColumn.all {
      line.append(comma)
      switch column.value(in: record) {
      case .unknown: break
      case .integer(let value): line.append(integer: Int64(value))
      case .thousandths(let value): line.append(thousandths: value)
      case .hundredths(let value): line.append(fixed: value, places: 2, else: "")
      case .text(let value): line.append(csv: value)
      case .flag(let value): line.append(value ? "true" : "false")
      }
    }
    for rank in 0..<FrameRecord.topCount {
      line.append(comma)
      guard rank < record.top.count else {
        line.append(",,")
        continue
      }
      line.append(integer: Int64(record.top[rank].classIndex))
      line.append(comma)
      line.append(csv: record.top[rank].label)
      line.append(comma)
      line.append(fixed: Double(record.top[rank].probability), places: probabilityPlaces, else: "")
    }
    for index in 0..<layerCount {
      line.append(comma)
      if index < record.layerTimes.count { line.append(thousandths: record.layerTimes[index].count) }
    }
    line.append("\r\n")
  }
}

/// Eight decimals: 1/256, the step of 8-bit scores, is exact in them.
let probabilityPlaces = 8
private let comma = UInt8(ascii: ",")
