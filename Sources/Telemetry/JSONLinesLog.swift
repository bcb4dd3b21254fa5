/// JSON Lines: one object a line, its kind in `type`. The first line is the run's header.
struct JSONLinesLog: LogEncoder {
  var needsSidecar: Bool { false }

  mutating func appendStart(_ header: RunHeader, to line: LineBuffer) {
    RunObject(header).append(to: line)
    line.append("\n")
  }

  func appendNetwork(_ network: NetworkFacts, to line: LineBuffer) {
    RunObject(network).append(to: line)
    line.append("\n")
  }

  func appendEvent(_ event: ActionEvent, to line: LineBuffer) {
    event.append(to: line)
    line.append("\n")
  }

  mutating func appendRow(_ record: borrowing FrameRecord, to line: LineBuffer) {
    line.append("{\"type\":\"frame\"")
    LogField.append(FrameRecord.fields, of: record, to: line)
    line.append("}\n")
  }
}
