import Platform

/// Chrome's trace event format, as an array with one event per line, for Perfetto (ui.perfetto.dev) and chrome://tracing.
///
/// Each frame gives a group of events, written at once: slices per thread (decode; preprocess and the network with its
/// layers inside; draw), an asynchronous span from glass to label, counters for drops, and last an instant `result`
/// whose `args` hold the whole record, so that a trace loses nothing. A line begins with the comma that separates it
/// from the one before: a file that was cut off at a line's end lacks only the closing bracket, which readers forgive.
struct TraceLog: LogEncoder {
  private enum Track: Int, CaseIterable {
    case capture = 1
    case inference
    case screen
  }

  private var layerNames: [String] = []
  /// Where each track's last slice ended: slices of one track must not overlap, and stages are measured one by one.
  private var trackEnds = [Nanoseconds](repeating: Nanoseconds(.min), count: Track.allCases.count + 1)

  var needsSidecar: Bool { false }

  mutating func appendStart(_ header: RunHeader, to line: LineBuffer) {
    layerNames = header.network.layers.map(\.name)
    line.append("[\n{\"name\":\"process_name\",\"ph\":\"M\",\"pid\":1,\"args\":{\"name\":\"mobilecam\"}}\n")
    for track in Track.allCases {
      begin("thread_name", "M", on: track, to: line)
      line.append(",\"args\":{\"name\":")
      line.append("\(track)", as: .json)
      line.append("}}\n")
    }
    append(RunObject(header), "mobilecam_run", to: line)
  }

  func appendNetwork(_ network: NetworkFacts, to line: LineBuffer) {
    append(RunObject(network), "mobilecam_network", to: line)
  }

  func appendEvent(_ event: ActionEvent, to line: LineBuffer) {
    begin("mobilecam_event", "i", on: .inference, at: event.captured, to: line)
    line.append(",\"s\":\"p\",\"args\":")
    event.append(to: line)
    line.append("}\n")
  }

  private func append(_ object: RunObject, _ name: String, to line: LineBuffer) {
    begin(name, "M", to: line)
    line.append(",\"args\":")
    object.append(to: line)
    line.append("}\n")
  }

  func appendEnd(to line: LineBuffer) { line.append("]\n") }

  mutating func appendRow(_ record: borrowing FrameRecord, to line: LineBuffer) {
    let captured = record.captured
    let wait = record.captureWait ?? .zero
    let decode = record.decode ?? .zero
    let preprocess = record.preprocess ?? .zero
    let network = record.network ?? .zero
    let render = record.render ?? .zero

    // Where the way to the network is not known stage by stage, reckon back from the label.
    var start = captured + wait + decode + (record.queueAge ?? .zero)
    if record.queueAge == nil, let whole = record.glassToLabel {
      start = max(start, captured + whole - render - network - preprocess)
    }

    appendSpan(record, to: line)
    if record.decode != nil {
      appendSlice("decode", on: .capture, from: captured + wait, lasting: decode, to: line)
    }
    if record.preprocess != nil {
      appendSlice("preprocess", on: .inference, from: start, lasting: preprocess, to: line)
    }
    if record.network != nil {
      let whole = appendSlice("network", on: .inference, from: start + preprocess, lasting: network, to: line)
      var next = whole.lowerBound
      for index in 0..<min(layerNames.count, record.layerTimes.count) {
        let end = min(whole.upperBound, next + max(.zero, record.layerTimes[index]))
        appendSlice(layerNames[index], on: .inference, next, end, to: line)
        next = end
      }
    }
    let networkEnd = start + preprocess + network
    if record.render != nil {
      let from = record.glassToLabel.map { captured + $0 - render } ?? networkEnd
      appendSlice("draw", on: .screen, from: from, lasting: render, to: line)
    }
    appendCounters(record, at: networkEnd, to: line)
    if record.isSwitch { appendSwitch(record, at: start, to: line) }

    // Last, so that a torn group is a row that is not there.
    begin("result", "i", on: .inference, at: networkEnd, to: line)
    line.append(",\"s\":\"t\",\"args\":{\"type\":\"frame\"")
    LogField.append(FrameRecord.fields, of: record, to: line)
    line.append("}}\n")
  }

  // MARK: Events

  /// An event up to its own fields and its end.
  private func begin(
    _ name: String, _ phase: StaticString, on track: Track? = nil, at time: Nanoseconds? = nil, to line: LineBuffer
  ) {
    line.append(",{\"name\":")
    line.append(name, as: .json)
    line.append(",\"ph\":\"")
    line.append(phase)
    line.append("\",\"pid\":1")
    if let track {
      line.append(",\"tid\":")
      line.append(Int64(track.rawValue))
    }
    if let time {
      line.append(",\"ts\":")
      line.append(time.count, places: 3)
    }
  }

  @discardableResult
  private mutating func appendSlice(
    _ name: String, on track: Track, from: Nanoseconds, lasting: Nanoseconds, to line: LineBuffer
  ) -> Range<Nanoseconds> {
    let start = max(from, trackEnds[track.rawValue])
    let end = max(start, from + max(.zero, lasting))
    trackEnds[track.rawValue] = end
    appendSlice(name, on: track, start, end, to: line)
    return start..<end
  }

  private func appendSlice(
    _ name: String, on track: Track, _ start: Nanoseconds, _ end: Nanoseconds, to line: LineBuffer
  ) {
    begin(name, "X", on: track, at: start, to: line)
    line.append(",\"dur\":")
    line.append((end - start).count, places: 3)
    line.append("}\n")
  }

  /// Frames overlap on their way (one is captured while another is looked at), which slices cannot show: asynchronous.
  private func appendSpan(_ record: borrowing FrameRecord, to line: LineBuffer) {
    let whole = record.glassToLabel.flatMap { $0 >= .zero ? $0 : nil }
    let captured = record.captured
    // The way of a frame whose label was never shown ends at the network.
    let end = whole.map { captured + $0 } ?? Nanoseconds(.max)
    if whole != nil { appendAsync("glass to label", "b", captured, record.sequence, to: line) }
    var next = captured
    if let wait = record.captureWait {
      appendAsync("capture wait", "b", next, record.sequence, to: line)
      next = min(end, next + max(.zero, wait))
      appendAsync("capture wait", "e", next, record.sequence, to: line)
    }
    if let age = record.queueAge {
      next = min(end, next + max(.zero, record.decode ?? .zero))
      appendAsync("queue", "b", next, record.sequence, to: line)
      next = min(end, next + max(.zero, age))
      appendAsync("queue", "e", next, record.sequence, to: line)
    }
    if whole != nil { appendAsync("glass to label", "e", end, record.sequence, to: line) }
  }

  private func appendAsync(
    _ name: String, _ phase: StaticString, _ at: Nanoseconds, _ sequence: Int, to line: LineBuffer
  ) {
    begin(name, phase, on: .capture, at: at, to: line)
    line.append(",\"cat\":\"frame\",\"id\":")
    line.append(Int64(sequence))
    line.append("}\n")
  }

  private func appendCounters(_ record: borrowing FrameRecord, at: Nanoseconds, to line: LineBuffer) {
    appendCounter("driver drops", record.driverDrops, at, to: line)
    appendCounter("ring drops", record.ringDrops, at, to: line)
    appendCounter("bad frames", record.badFrames, at, to: line)
    if record.logLost > 0 { appendCounter("log rows lost", record.logLost, at, to: line) }
    appendCounter("CPU kHz", record.cpuFrequencyKilohertz, at, to: line)
    appendCounter("CPU m°C", record.cpuTemperatureMillidegrees, at, to: line)
  }

  private func appendCounter(_ name: String, _ value: Int?, _ at: Nanoseconds, to line: LineBuffer) {
    guard let value else { return }
    begin(name, "C", at: at, to: line)
    line.append(",\"args\":{\"value\":")
    line.append(Int64(value))
    line.append("}}\n")
  }

  private func appendSwitch(_ record: borrowing FrameRecord, at: Nanoseconds, to line: LineBuffer) {
    let it = record.configuration
    let name = "switch to α \(fixed(it.alpha.rawValue, 2)), \(it.resolution) px, \(it.precision), threads \(it.threads)"
    begin(name, "i", on: .inference, at: at, to: line)
    line.append(",\"s\":\"p\"}\n")
  }
}
