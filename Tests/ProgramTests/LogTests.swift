import Foundation
import TestSupport
import Testing

/// The log of a run, as a reader finds it.
struct LogTests {
  let folder = TemporaryFolder()

  private func live(_ log: String, frames: Int = 20) throws -> Run {
    try Program.run(
      ["live", "--source", "demo", "--headless", "--frames", "\(frames)", "--log", log], in: folder)
  }

  @Test func everyResultIsARowThatAddsUp() throws {
    let run = try live("x.csv")
    #expect(run.status == 0 && run.lines.count == 20, "\(run)")
    #expect(run.error == "mobilecam: logged 20 results to x.csv\n", "\(run)")
    let table = try Table(csv: folder.text("x.csv"))
    try #require(table.rows.count == 20, "\(table.rows.count) rows")
    for (row, line) in zip(table.rows, run.lines) {
      let network = try #require(row.nanoseconds("network_us"))
      let layers = table.layers.compactMap { row.nanoseconds($0) }
      #expect(layers.count == 30 && network > 0)
      let unaccounted = try #require(row.nanoseconds("unaccounted_us"))
      #expect(layers.reduce(unaccounted, +) == network, "row \(row["sequence"] ?? "")")
      // The same result as on standard output.
      let json = try JSON(line)
      #expect(row["sequence"] == json["sequence"].int.map(String.init))
      #expect(row["top1_label"] == json["top"][0]["label"].string)
      #expect(abs(Double(network) / 1000 - (json["network_us"].double ?? 0)) < 0.001)
      #expect(row["alpha"] == "0.25" && row["resolution_px"] == "224" && row["precision"] == "fp32")
    }
    #expect(table.layers.first == "conv1_us" && table.layers.last == "softmax_us")
    let facts = try JSON(folder.text("x.run.json"))
    #expect(facts["source"].string == "demo reel" && facts["format"].string == "640×480 RGB")
    #expect(facts["alpha"].double == 0.25 && facts["threads"].int == Int(table.rows[0]["threads"] ?? ""))
    #expect(facts["isa"].string == table.rows[0]["isa"] && facts["program_version"].string?.isEmpty == false)
    #expect(facts["layers"].array.count == 30)
    // The file that α = 0.25 ships with, hashed by another program.
    let weights = Checkout.asset("weights/mobilenet_v1_0.25_224.safetensors")
    let sum = try Program.execute("sha256sum", [weights], in: folder)
    #expect(facts["weights_sha256"].string == String(sum.output.prefix(64)), "\(sum)")
  }

  /// Printing the line is what shows the label here, and comes after all else.
  @Test func whatWasShownIsTimed() throws {
    let run = try live("x.csv")
    let rows = try Table(csv: folder.text("x.csv")).rows
    #expect(rows.count == 20)
    for (row, line) in zip(rows, run.lines) {
      let render = try #require(row.nanoseconds("render_us"))
      let whole = try #require(row.nanoseconds("glass_to_label_us"))
      let stages = ["capture_wait_us", "decode_us", "queue_age_us", "preprocess_us", "network_us"].compactMap {
        row.nanoseconds($0)
      }
      #expect(stages.count == 5 && render > 0)
      #expect(whole >= stages.reduce(render, +), "row \(row["sequence"] ?? "")")
      // The line cannot know how long its own printing takes.
      let printed = try JSON(line)["glass_to_label_us"].double ?? 0
      #expect(abs(printed - Double(whole - render) / 1000) < 0.002, "row \(row["sequence"] ?? "")")
    }
  }

  /// Percentiles recomputed from the raw rows by other programs' readers, to the last digit shown.
  @Test(.enabled(if: Self.hasPython, "skipped: no python3"), arguments: ["x.csv", "x.jsonl", "x.trace.json"])
  func theReportAgreesWithItsRows(name: String) throws {
    #expect(try live(name, frames: 125).status == 0)
    let tool = Checkout.root.appending(path: "Tests/Tools/check_logs.py").path
    let check = try Program.execute("python3", [tool, Program.path, name], in: folder)
    #expect(check.status == 0, "\(check)")
    #expect(check.output.contains("125 rows, 1 configurations"), "\(check)")
  }

  static let hasPython: Bool = {
    let environment = ProcessInfo.processInfo.environment
    if Reference.isRequired { return true }
    return (environment["PATH"] ?? "").split(separator: ":").contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/python3")
    }
  }()

  @Test func aLogIsNeverOverwritten() throws {
    _ = try live("x.csv", frames: 2)
    let first = try folder.text("x.csv")
    let run = try live("x.csv", frames: 3)
    #expect(run.status == 0 && run.error.contains("logged 3 results to x-1.csv"), "\(run)")
    #expect(try folder.text("x.csv") == first)
    #expect(try Table(csv: folder.text("x-1.csv")).rows.count == 3)
  }

  @Test func theOtherFormatsParse() throws {
    #expect(try live("x.jsonl", frames: 3).status == 0)
    let lines = try folder.text("x.jsonl").split(separator: "\n")
    // The run's facts, then the results.
    #expect(lines.count >= 4)
    for line in lines { _ = try JSON(line) }
    #expect(try live("x.trace.json", frames: 3).status == 0)
    let trace = try JSON(folder.text("x.trace.json"))
    #expect(trace.isArray || trace["traceEvents"].isArray)
  }

  /// A closed standard output must not make the results land in the next file that is opened.
  @Test func resultsDoNotLandInTheLog() throws {
    let run = try Program.shell("$M live --source demo --headless --frames 3 --log x.csv >&-", in: folder)
    #expect(run.status == 0, "\(run)")
    #expect(try Table(csv: folder.text("x.csv")).rows.count == 3)
  }
}

/// A CSV file (RFC 4180), read without knowing who wrote it.
struct Table {
  struct Row {
    let fields: [String: String]
    subscript(name: String) -> String? { fields[name] }

    /// A column of microseconds with three decimals, exactly.
    func nanoseconds(_ name: String) -> Int? {
      guard let parts = fields[name]?.split(separator: "."), parts.count == 2, parts[1].count == 3 else { return nil }
      return Int(parts[0] + parts[1])
    }
  }

  let columns: [String]
  let rows: [Row]

  /// The columns of layers, in order: those after the guesses.
  var layers: [String] {
    guard let last = columns.lastIndex(where: { $0.hasPrefix("top") }) else { return [] }
    return Array(columns[(last + 1)...])
  }

  struct Malformed: Error, CustomStringConvertible {
    let description: String
  }

  init(csv: String) throws {
    var records: [[String]] = []
    var record: [String] = []
    var isQuoted = false
    var rest = Array(csv.utf8)[...]
    func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
    var bytes: [UInt8] = []
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "\"") where isQuoted && rest.first == byte:
        bytes.append(byte)
        rest.removeFirst()
      case UInt8(ascii: "\""): isQuoted.toggle()
      case UInt8(ascii: ",") where !isQuoted:
        record.append(text(bytes))
        bytes = []
      case UInt8(ascii: "\r") where !isQuoted && rest.first == UInt8(ascii: "\n"):
        rest.removeFirst()
        record.append(text(bytes))
        records.append(record)
        (record, bytes) = ([], [])
      case UInt8(ascii: "\n") where !isQuoted:
        throw Malformed(description: "a bare line feed after row \(records.count)")
      default: bytes.append(byte)
      }
    }
    guard bytes.isEmpty, record.isEmpty, !isQuoted else {
      throw Malformed(description: "the last row is torn: \(text(bytes))")
    }
    guard let header = records.first else { throw Malformed(description: "no header") }
    columns = header
    rows = try records.dropFirst().map { record in
      guard record.count == header.count else {
        throw Malformed(description: "\(record.count) fields under \(header.count) columns: \(record)")
      }
      return Row(fields: Dictionary(zip(header, record)) { first, _ in first })
    }
  }
}
