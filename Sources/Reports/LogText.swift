import Model
import Platform
import Telemetry

// What a report of a log says in words, in text and on the page.

extension RunHeader {
  /// Most telling first; what is unknown is left out.
  var facts: [(String, String)] {
    let facts: [(String, String?)] = [
      ("run", runID), ("program", programVersion.isEmpty ? nil : "mobilecam \(programVersion)"), ("build", build),
      ("CPU", machine.cpuModel), ("cores", machine.cores.map(String.init)), ("instruction set", isa),
      ("kernel", machine.kernel),
      ("governor", machine.governor), ("source", source), ("format", format), ("terminal", terminal),
      ("weights SHA-256", network.weightsSHA256),
      ("widened from", network.widenedFrom.map { "α \(number($0.rawValue))" }),
    ]
    return facts.compactMap { name, value in value.map { (name, Printable.line($0)) } }
  }
}

extension MachineFigures {
  /// What the processor did; `nil` where the log does not say.
  var text: String? {
    var words: [String] = []
    if let low = lowestKilohertz, let high = highestKilohertz {
      words.append(low == high ? "\(high / 1000) MHz" : "\(low / 1000)–\(high / 1000) MHz")
    }
    if let hot = hottestMillidegrees { words.append("up to \(fixed(Double(hot) / 1000, 1)) °C") }
    if let slow = slowShare {
      words.append(
        slow > 0
          ? "throttling seen: \(percent(slow)) of the rows ran below four fifths of the log's highest frequency"
          : "no throttling seen")
    }
    return words.isEmpty ? nil : words.joined(separator: ", ")
  }
}

extension ReportLog {
  var summary: String {
    "\(counted(rows, "row", "rows")) in \(fixed(Double(durationNanoseconds) / 1e9, 1)) s, "
      + "\(counted(runCount, "run", "runs")), \(counted(switchCount, "switch", "switches"))"
  }

  /// Its cut and damaged parts, and what could not be read.
  var damages: [String] {
    let found = [
      tornBytes > 0
        ? "the last row was cut off: \(counted(tornBytes, "byte was", "bytes were")) left out" : nil,
      zeroBytes > 0
        ? "\(counted(zeroBytes, "zero byte was", "zero bytes were")) left out: "
          + "the file was emptied or cut while it was written, and rows are missing" : nil,
      lostRows > 0 ? "\(counted(lostRows, "row was", "rows were")) lost: the log could not keep up" : nil,
      leftOutRows > 0
        ? "\(counted(leftOutRows, "row was", "rows were")) left out: more than \(Self.mostConfigurations) configurations"
        : nil,
    ]
    return found.compactMap { $0 } + notes.map(Printable.line)
  }
}

extension ConfigurationFigures {
  var drops: String {
    func text(_ number: Int?) -> String { number.map(String.init) ?? "unknown" }
    return "driver \(text(driverDrops)), ring \(text(ringDrops)), bad frames \(text(badFrames))"
  }

  /// Stages and layers; only layers have a share.
  static let columns: [Table.Column] =
    [.text("µs", 16)] + ["count", "p50", "p90", "p95", "p99", "max"].map { .number($0, 12) } + [.number("share", 9)]

  var stageRows: [[String]] {
    Stage.allCases.compactMap { stage in self[stage].map { [stage.title] + $0.cells + [""] } }
  }

  var layerRows: [[String]] {
    layers.map { [Printable.line($0.name)] + $0.figures.cells + [percent($0.share)] }
  }
}

extension LatencyFigures {
  var cells: [String] {
    ["\(count)"] + [p50, p90, p95, p99].map { $0.map(microseconds) ?? "–" } + [decimal(max, places: 3)]
  }

  /// With all digits, or with as many significant ones as the percentiles are good for.
  func microseconds(_ nanoseconds: Int64) -> String {
    let text = decimal(nanoseconds, places: 3)
    guard let digits else { return text }
    let decimals = Swift.max(0, 3 - Swift.max(0, String(nanoseconds).count - digits))
    return String(text.dropLast(decimals == 0 ? 4 : 3 - decimals))
  }
}
