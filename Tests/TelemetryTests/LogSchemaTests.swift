import Glibc
import Platform
import Reports
import Telemetry
import TestSupport
import Testing

/// Holds the writers to `docs/log-schema.md`, and the document to the writers.
@Suite struct LogSchemaTests {
  /// The first cells of the table below a heading (or the `number`-th table of it), without their back quotes.
  func names(_ heading: String, table number: Int = 0, cell: Int = 0) throws -> [String] {
    let document = text(Checkout.root.path + "/docs/log-schema.md")
    let section = try #require(document.split(separator: "\n## ").first { $0.hasPrefix(heading + "\n") })
    var tables: [[String]] = []
    var isInTable = false
    for line in section.split(separator: "\n", omittingEmptySubsequences: false) {
      guard line.hasPrefix("|") else {
        isInTable = false
        continue
      }
      if !isInTable { tables.append([]) }
      isInTable = true
      let cells = line.split(separator: "|").map { $0.trimmingPrefix(" ") }
      guard cells.count > cell, cells[cell].hasPrefix("`") else { continue }
      // Fields that mean the same share a line.
      for name in cells[cell].split(separator: ", ") where name.hasPrefix("`") {
        tables[tables.count - 1].append(String(name.dropFirst().prefix { $0 != "`" }))
      }
    }
    return try #require(tables.count > number ? tables[number] : nil)
  }

  /// The keys of a JSON object on one line, in order, outermost level only.
  func keys(_ line: some StringProtocol) -> [String] {
    var keys: [String] = []
    var depth = 0
    var isInString = false
    var string = ""
    var last = ""
    for character in line {
      if isInString {
        if character == "\"" {
          isInString = false
          last = string
        } else {
          string.append(character)
        }
        continue
      }
      switch character {
      case "\"":
        isInString = true
        string = ""
      case "{", "[": depth += 1
      case "}", "]": depth -= 1
      case ":": if depth == 1 { keys.append(last) }
      default: break
      }
    }
    return keys
  }

  func lines(_ format: LogFormat) throws -> [Substring] {
    let folder = TemporaryFolder()
    let path = folder.file("run" + format.pathExtension)
    try writeLog(path, format, [fullRecord()], header: header(layers: ["conv1", "dw1"]))
    return text(path).split { $0.isNewline }
  }

  @Test func csvColumns() throws {
    let guesses = try names("Guesses")
    let expected =
      try names("Columns")
      + (1...5).flatMap { rank in guesses.map { $0.replacing("N", with: "\(rank)") } }
      + ["conv1", "dw1"].flatMap { layer in try names("Layers").map { $0.replacing("LAYER", with: layer) } }
    #expect(try lines(.csv)[0].split(separator: ",").map(String.init) == expected)
  }

  @Test func jsonFields() throws {
    let columns = try names("Columns").filter { $0 != "schema" && $0 != "run_id" }
    let line = try lines(.jsonLines)[1]
    #expect(keys(line) == ["type"] + columns + (try names("Layers", cell: 1)) + ["top"])
    let top = try #require(line.firstRange(of: "\"top\":["))
    let guess = line[top.upperBound...].prefix { $0 != "}" } + "}"
    #expect(keys(guess) == (try names("Guesses", cell: 1)))
  }

  @Test func runFacts() throws {
    let line = try lines(.jsonLines)[0]
    #expect(keys(line) == (try names("Run")))
    let layers = try #require(line.firstRange(of: "\"layers\":["))
    let layer = line[layers.upperBound...].prefix { $0 != "}" } + "}"
    #expect(keys(layer) == (try names("Run", table: 1)))
  }

  @Test func networksOfASwitch() throws {
    let folder = TemporaryFolder()
    var options = quietOptions()
    options.describe = { NetworkFacts(configuration: $0, layers: header(layers: ["conv1"]).network.layers) }
    var first = fullRecord()
    first.configuration.alpha = .quarter
    for format in LogFormat.allCases {
      let log = try LogWriter.open(
        path: folder.file("run" + format.pathExtension), format: format, header: header(), options: options)
      log.append(first)
      log.close()
    }
    let expected = try names("Networks")
    let lines = text(folder.file("run.jsonl")).split(separator: "\n")
    #expect(keys(lines[1]) == expected)
    #expect(text(folder.file("run.networks.jsonl")) == lines[1] + "\n")
    #expect(
      text(folder.file("run.trace.json")).contains("\"mobilecam_network\",\"ph\":\"M\",\"pid\":1,\"args\":" + lines[1]))
  }

  @Test func eventsOfRules() throws {
    let folder = TemporaryFolder()
    var event = ActionEvent(
      rule: "cup>0.5", label: "a \"cup\"", probability: 0.625, sequence: 7, captured: Nanoseconds(1_234_567))
    event.duration = Nanoseconds(12_345_678)
    event.exitStatus = 3
    event.output = "no\u{1b}\n"
    for format in LogFormat.allCases {
      let log = try LogWriter.open(
        path: folder.file("run" + format.pathExtension), format: format, header: header(), options: quietOptions())
      log.append(fullRecord())
      #expect(log.append(event))
      log.append(fullRecord(sequence: 2))
      log.close()
      #expect(!log.append(event))
      // Whoever reads results does not mind.
      let report = try ReportLog(path: folder.file("run" + format.pathExtension))
      #expect(report.rows == 2 && report.notes.isEmpty)
    }
    let line = try #require(text(folder.file("run.jsonl")).split(separator: "\n").first { $0.contains("\"event\"") })
    #expect(keys(line) == (try names("Events")))
    #expect(
      line == """
        {"type":"event","rule":"cup>0.5","label":"a \\"cup\\"","probability":0.62500000,"sequence":7,"captured_us":1234.567,\
        "duration_us":12345.678,"exit_status":3,"failure":null,"output":"no\\u001b\\n"}
        """)
    #expect(text(folder.file("run.events.jsonl")) == line + "\n")
    #expect(
      text(folder.file("run.trace.json")).contains(
        "{\"name\":\"mobilecam_event\",\"ph\":\"i\",\"pid\":1,\"tid\":2,\"ts\":1234.567,\"s\":\"p\",\"args\":\(line)}\n"
      ))
    #expect(text(Checkout.root.path + "/docs/log-schema.md").contains("`mobilecam_event`"))
    // A log beside which events lie already is no place for another.
    for name in ["run.csv", "run.run.json"] { File.remove(folder.file(name)) }
    let again = try LogWriter.open(
      path: folder.file("run.csv"), format: .csv, header: header(), options: quietOptions())
    again.close()
    #expect(again.path == folder.file("run-1.csv"))
  }

  @Test func eventsAndTheLimitOfAFile() throws {
    let folder = TemporaryFolder()
    var options = quietOptions()
    options.maxBytes = 4000
    options.keep = 3
    let log = try LogWriter.open(
      path: folder.file("run.csv"), format: .csv, header: header(layers: ["conv1"]), options: options)
    let event = ActionEvent(rule: "cup>0.5", label: "cup", probability: 1, sequence: 7, captured: .zero)
    for number in 1...60 {
      log.append(fullRecord(sequence: number))
      log.append(event)
      while log.rowsWritten < number { usleep(1000) }
    }
    log.close()
    #expect(log.fileCount == 3)
    // Those of files that were deleted went with them.
    let names = try Folder.names(in: folder.path)
    #expect(
      names.count { $0.hasSuffix(".events.jsonl") } <= 3 && names.contains { $0.hasSuffix(".events.jsonl") }, "\(names)"
    )
  }

  @Test func csvSidecarIsTheRun() throws {
    let folder = TemporaryFolder()
    try writeLog(folder.file("a.csv"), .csv, [], header: header())
    try writeLog(folder.file("a.jsonl"), .jsonLines, [], header: header())
    #expect(text(folder.file("a.run.json")) == text(folder.file("a.jsonl")))
  }

  @Test func traceEvents() throws {
    var record = fullRecord()
    record.isSwitch = true
    record.logLost = 1
    let folder = TemporaryFolder()
    let path = folder.file("run.trace.json")
    try writeLog(path, .trace, [record], header: header(layers: ["conv1"]))
    let document = text(Checkout.root.path + "/docs/log-schema.md")
    var found: Set<String> = []
    for line in text(path).split(separator: "\n") {
      guard let start = line.firstRange(of: "{\"name\":\"") else { continue }
      found.insert(String(line[start.upperBound...].prefix { $0 != "\"" }))
    }
    for name in found where !["process_name", "thread_name", "conv1"].contains(name) {
      let shown = name.hasPrefix("switch to") ? "switch to …" : name
      #expect(document.contains("`\(shown)`"), "the trace's event '\(shown)' is in the document")
    }
    #expect(found.count >= 14)
  }
}

@Suite struct ResultLineTests {
  @Test func fieldsOfALogInTheWordsOfTheCommandLine() {
    var record = fullRecord()
    record.layerTimes = [88_123]
    let line = ResultLine()
    let widened = String(decoding: line.bytes(of: record, widenedFrom: .quarter), as: UTF8.self)
    #expect(widened.hasPrefix(#"{"type":"frame","trained":true,"widened_from":0.25,"sequence":1"#))
    for _ in 1...2 {
      let found = String(decoding: line.bytes(of: record), as: UTF8.self)
      #expect(
        found == """
          {"type":"frame","trained":true,"widened_from":null,"sequence":1,"captured_us":5033333.333,"capture_clock":"driver","capture_wait_us":1000.001,\
          "decode_us":2500.500,"queue_age_us":300.007,"preprocess_us":410.000,"network_us":1691.234,"render_us":900.000,\
          "glass_to_label_us":7500.123,"driver_drops":0,"ring_drops":12,"bad_frames":3,"log_lost":0,"alpha":0.50,\
          "resolution":160,"precision":"fp32","threads":2,"isa":"avx2","warm_up":false,"switch":false,\
          "cpu_mhz":1800.000,"cpu_temperature_c":61.250,"unaccounted_us":1256.024,"crop_x":110,"crop_y":30,"crop_side":420,"workers":1,"layers_us":[88.123],\
          "top":[{"class_index":967,"label":"espresso","probability":0.87500000},\
          {"class_index":968,"label":"cup","probability":0.06250000}]}

          """)
    }
  }
}
