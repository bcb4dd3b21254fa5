import Model
import Platform

/// Numbers and names as reports show them.
enum ReportWords {
  static func fixed(_ value: Double, _ places: Int) -> String {
    guard value.isFinite else { return "–" }
    let text = built { $0.append(fixed: value, places: places, else: "") }
    return text.isEmpty ? "\(value)" : text
  }

  /// Nanoseconds as microseconds with all their digits, or with as many significant ones as they are good for.
  static func microseconds(_ nanoseconds: Int64, digits: Int? = nil) -> String {
    let text = built { $0.append(thousandths: nanoseconds) }
    guard let digits else { return text }
    let decimals = max(0, 3 - max(0, String(nanoseconds).count - digits))
    return String(text.dropLast(decimals == 0 ? 4 : 3 - decimals))
  }

  static func milliseconds(_ nanoseconds: Int64, _ places: Int = 2) -> String {
    fixed(Double(nanoseconds) / 1e6, places) + " ms"
  }

  static func percent(_ share: Double, _ places: Int = 1) -> String { fixed(share * 100, places) + " %" }

  static func seconds(_ nanoseconds: Int64) -> String { fixed(Double(nanoseconds) / 1e9, 1) + " s" }

  static func name(_ configuration: Configuration) -> String {
    let threads = configuration.threads == 1 ? "1 thread" : "\(configuration.threads) threads"
    return "α \(fixed(configuration.alpha.rawValue, 2))  \(configuration.resolution) px  \(configuration.precision)  "
      + threads
  }

  static func count(_ number: Int, _ one: String, _ many: String) -> String { "\(number) \(number == 1 ? one : many)" }

  static func unknown(_ number: Int?) -> String { number.map(String.init) ?? "unknown" }

  /// What the processor did, in words; `nil` where the log does not say.
  static func machine(_ figures: MachineFigures) -> String? {
    var words: [String] = []
    if let low = figures.lowestKilohertz, let high = figures.highestKilohertz {
      words.append(low == high ? "\(high / 1000) MHz" : "\(low / 1000)–\(high / 1000) MHz")
    }
    if let hot = figures.hottestMillidegrees { words.append("up to \(fixed(Double(hot) / 1000, 1)) °C") }
    if let slow = figures.slowShare {
      words.append(
        slow > 0
          ? "throttling seen: \(percent(slow)) of the rows ran below four fifths of the log's highest frequency"
          : "no throttling seen")
    }
    return words.isEmpty ? nil : words.joined(separator: ", ")
  }

  /// The run's facts, most telling first; what is unknown is left out.
  static func facts(_ header: RunHeader) -> [(String, String)] {
    let facts: [(String, String?)] = [
      ("run", header.runID),
      ("program", header.programVersion.isEmpty ? nil : "mobilecam \(header.programVersion)"), ("build", header.build),
      ("CPU", header.cpuModel), ("cores", header.cores.map(String.init)), ("instruction set", header.isa),
      ("kernel", header.kernel), ("governor", header.governor), ("source", header.source), ("format", header.format),
      ("terminal", header.terminal), ("weights SHA-256", header.weightsSHA256),
    ]
    return facts.compactMap { name, value in value.map { (name, visible($0)) } }
  }

  /// What a log says of its cut and damaged parts, and what could not be read.
  static func damages(_ log: ReportLog) -> [String] {
    var words: [String] = []
    if log.tornBytes > 0 {
      words.append("the last row was cut off: \(count(log.tornBytes, "byte was", "bytes were")) left out")
    }
    if log.zeroBytes > 0 {
      words.append(
        "\(count(log.zeroBytes, "zero byte was", "zero bytes were")) left out: "
          + "the file was emptied or cut while it was written, and rows are missing")
    }
    if log.lostRows > 0 {
      words.append("\(count(log.lostRows, "row was", "rows were")) lost: the log could not keep up")
    }
    if log.leftOutRows > 0 {
      words.append(
        "\(count(log.leftOutRows, "row was", "rows were")) left out: more than \(ReportLog.mostConfigurations) configurations"
      )
    }
    return words + log.notes.map(visible)
  }

  /// On one line, and without what would steer the terminal, or the page, that shows it.
  static func visible(_ text: String) -> String { Printable.line(text) }

  static func padded(_ text: String, _ width: Int, left: Bool = false) -> String {
    let space = String(repeating: " ", count: max(0, width - text.count))
    return left ? text + space : space + text
  }

  private static func built(_ fill: (LineBuffer) -> Void) -> String {
    let line = LineBuffer(capacity: 32)
    fill(line)
    return String(decoding: line.bytes, as: UTF8.self)
  }
}
