import Model

/// CSV as RFC 4180 has it: a header row, CRLF, quotes where they are needed. Loads in any CSV reader.
///
/// RFC 4180 knows no comments, so that the run's facts lie beside the log (`NAME.run.json`, `NAME.networks.jsonl` where the
/// run switched, and `NAME.events.jsonl` where a rule fired), and each row names its run.
struct CSVLog: LogEncoder {
  private var runID = ""
  private var layerCount = 0

  var needsSidecar: Bool { true }

  /// The names of all columns for a network with these layers.
  static func columns(layers: [String]) -> [String] {
    var names = ["schema", "run_id"] + FrameRecord.columns.map(\.name)
    for rank in 1...FrameRecord.topCount { names += guessColumns.map { "top\(rank)_\($0)" } }
    return names + layers.map { $0 + layerSuffix }
  }

  static let layerSuffix = "_us"
  /// What the fields of a guess are called.
  static let guessColumns = ["class", "label", "probability"]

  mutating func appendStart(_ header: RunHeader, to line: LineBuffer) {
    runID = header.runID
    layerCount = header.network.layers.count
    for (index, name) in Self.columns(layers: header.network.layers.map(\.name)).enumerated() {
      if index > 0 { line.append(comma) }
      line.append(name, as: .csv)
    }
    line.append("\r\n")
  }

  func appendNetwork(_ network: NetworkFacts, to line: LineBuffer) {}
  func appendEvent(_ event: ActionEvent, to line: LineBuffer) {}

  mutating func appendRow(_ record: borrowing FrameRecord, to line: LineBuffer) {
    line.append(Int64(RunHeader.currentSchema))
    line.append(comma)
    line.append(runID, as: .csv)
    for column in FrameRecord.columns {
      line.append(comma)
      column.append(record, as: .csv, to: line)
    }
    for rank in 0..<FrameRecord.topCount {
      for field in Prediction.fields {
        line.append(comma)
        if rank < record.top.count { field.append(record.top[rank], as: .csv, to: line) }
      }
    }
    for index in 0..<layerCount {
      line.append(comma)
      if index < record.layerTimes.count { line.append(record.layerTimes[index].count, places: 3) }
    }
    line.append("\r\n")
  }
}

private let comma = UInt8(ascii: ",")
