/// JSON Lines: one object a line, its kind in `type`. The first line is the run's header.
struct JSONLinesLog: LogEncoder {
  var needsSidecar: Bool { false }

  mutating func appendStart(_ header: RunHeader, to line: LineBuffer) {
    RunHeaderJSON.append(header, to: line)
    line.append(newline)
  }

  func appendNetwork(_ network: NetworkFacts, to line: LineBuffer) {
    RunHeaderJSON.append(network, to: line)
    line.append(newline)
  }

  mutating func appendRow(_ record: borrowing FrameRecord, to line: LineBuffer) {
    line.append("{\"type\":\"frame\"")
    Self.appendFields(record, to: line)
    line.append("}\n")
  }

  /// The record's fields, each after a comma; the trace carries the same ones.
  static func appendFields(
    _ record: borrowing FrameRecord, resolutionKey: String = LogColumn.resolution.rawValue, to line: LineBuffer
  ) {
    for column in LogColumn.all {
      line.append(",\"")
      line.append(text: column == .resolution ? resolutionKey : column.rawValue)
      line.append("\":")
      switch column.value(in: record) {
      case .unknown: line.append("null")
      case .integer(let value): line.append(integer: Int64(value))
      case .thousandths(let value): line.append(thousandths: value)
      case .hundredths(let value): line.append(fixed: value, places: 2, else: "null")
      case .text(let value): line.append(json: value)
      case .flag(let value): line.append(value ? "true" : "false")
      }
    }
    line.append(",\"layers_us\":[")
    for index in record.layerTimes.indices {
      if index > 0 { line.append(comma) }
      line.append(thousandths: record.layerTimes[index].count)
    }
    line.append("],\"top\":[")
    for rank in 0..<min(record.top.count, FrameRecord.topCount) {
      line.append(rank > 0 ? ",{\"class_index\":" : "{\"class_index\":")
      line.append(integer: Int64(record.top[rank].classIndex))
      line.append(",\"label\":")
      line.append(json: record.top[rank].label)
      line.append(",\"probability\":")
      line.append(fixed: Double(record.top[rank].probability), places: probabilityPlaces, else: "null")
      line.append("}")
    }
    line.append("]")
  }
}

private let comma = UInt8(ascii: ",")
private let newline = UInt8(ascii: "\n")
