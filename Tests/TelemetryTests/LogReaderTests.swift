import Glibc
import Model
import ModelFiles
import Telemetry
import TestSupport
import Testing

/// All of a log, and how its end was.
struct WholeLog {
  var headers: [RunHeader] = []
  var networks: [NetworkFacts] = []
  var rows: [FrameRecord] = []
  var tornBytes = 0

  init(_ path: String) throws {
    let reader = try LogReader(path: path)
    var record = FrameRecord()
    while let item = try reader.next(into: &record) {
      switch item {
      case .header(let header): headers.append(header)
      case .network(let network): networks.append(network)
      case .row: rows.append(record)
      }
    }
    tornBytes = reader.tornBytes
  }
}

func readError(_ path: String) -> String? {
  do {
    _ = try WholeLog(path)
    return nil
  } catch {
    return "\(error)"
  }
}

@discardableResult
func writeLog(_ path: String, _ format: LogFormat, _ records: [FrameRecord], header: RunHeader) throws -> String {
  var options = quietOptions()
  options.queueCapacity = max(2, records.count)
  let log = try LogWriter.open(path: path, format: format, header: header, options: options)
  for record in records { #expect(log.append(record)) }
  #expect(log.close() == .logging)
  return log.path
}

@Suite struct LogReaderTests {
  @Test(arguments: LogFormat.allCases) func writtenAndReadBack(format: LogFormat) throws {
    var random = SplitMix64(state: testSeed())
    for _ in 0..<30 {
      let folder = TemporaryFolder()
      let layers = Array(layerNames.prefix(Int.random(in: 0...layerNames.count, using: &random)))
      let records = (0..<Int.random(in: 0...20, using: &random)).map { _ in
        randomRecord(using: &random, layers: layers.count)
      }
      var start = header(layers: layers, runID: "run \"one\", odd")
      start.machine.cpuModel = awkwardLabels.randomElement(using: &random)
      start.machine.kernel = Bool.random(using: &random) ? "6.1.0-rpi7" : nil
      start.machine.cores = Bool.random(using: &random) ? 4 : nil
      start.source = "/dev/video0"
      start.format = "640×480 MJPG"
      start.network.weightsSHA256 = "98d0"
      let path = folder.file("run" + format.pathExtension)
      try writeLog(path, format, records, header: start)
      let log = try WholeLog(path)
      #expect(log.rows == records)
      // A CSV tells of its run from the first row on.
      #expect(log.headers == (format == .csv && records.isEmpty ? [] : [start]))
      #expect(log.tornBytes == 0)
    }
  }

  @Test(arguments: LogFormat.allCases) func tornAtEveryByte(format: LogFormat) throws {
    let folder = TemporaryFolder()
    let path = folder.file("run" + format.pathExtension)
    var random = SplitMix64(state: testSeed())
    var last = randomRecord(using: &random)
    // Line ends and quotation marks inside a row are what a reader is most easily fooled by.
    last.top = ["the \"best\"\r\ncup", "a\nb,c", "\"\n\"", "plain", "\n"].map {
      Prediction(classIndex: 7, label: $0, probability: 0.25)
    }
    let records = [randomRecord(using: &random), fullRecord(), last]
    try writeLog(path, format, records, header: header())
    let bytes = contents(path)
    let lastStart = try {
      try writeLog(folder.file("two" + format.pathExtension), format, Array(records.dropLast()), header: header())
      return contents(folder.file("two" + format.pathExtension)).count - (format == .trace ? 2 : 0)
    }()
    let rowsEnd = bytes.count - (format == .trace ? 2 : 0)
    for cut in lastStart...bytes.count {
      write(bytes[..<cut], to: path)
      let log = try WholeLog(path)
      #expect(log.rows.count == (cut >= rowsEnd ? 3 : 2), "cut at byte \(cut) of \(bytes.count)")
      #expect(log.rows == Array(records.prefix(log.rows.count)), "cut at byte \(cut)")
    }
  }

  @Test(arguments: LogFormat.allCases) func tornBeforeTheFirstRow(format: LogFormat) throws {
    let folder = TemporaryFolder()
    let path = folder.file("run" + format.pathExtension)
    try writeLog(path, format, [], header: header(layers: ["fc"]))
    let bytes = contents(path)
    // A trace ends with a line that need not be there.
    let startBytes = bytes.count - (format == .trace ? 2 : 0)
    for cut in 0..<bytes.count {
      write(bytes[..<cut], to: path)
      if cut >= startBytes {
        #expect(try WholeLog(path).rows.isEmpty)
      } else {
        #expect(
          readError(path)?.hasPrefix("expected a log of mobilecam in '\(path)', found ") == true, "cut at byte \(cut)")
      }
    }
  }

  @Test(arguments: [LogFormat.csv, .jsonLines]) func logsPutOneBehindTheOther(format: LogFormat) throws {
    let folder = TemporaryFolder()
    let first = folder.file("a" + format.pathExtension)
    let second = folder.file("b" + format.pathExtension)
    try writeLog(first, format, [fullRecord(sequence: 1)], header: header(runID: "one"))
    try writeLog(second, format, [fullRecord(sequence: 2)], header: header(layers: ["x"], runID: "two"))
    write(contents(first) + contents(second), to: first)
    let log = try WholeLog(first)
    #expect(log.headers.map(\.runID) == ["one", "two"])
    #expect(log.headers.map { $0.network.layers.map(\.name) } == [layerNames, ["x"]])
    #expect(log.rows.map(\.sequence) == [1, 2])
  }

  @Test func csvWithoutItsSidecarAndWithLineFeedsOnly() throws {
    let folder = TemporaryFolder()
    let path = folder.file("run.csv")
    try writeLog(path, .csv, [fullRecord()], header: header())
    unlink(folder.file("run.run.json"))
    write(contents(path).filter { $0 != 13 }, to: path)
    let log = try WholeLog(path)
    #expect(log.headers.map(\.runID) == ["run-id"])
    #expect(log.headers.first?.network.layers.map(\.name) == layerNames)
    #expect(log.rows == [fullRecord()])
  }

  /// Fields in another order, white space, an exponent, more decimals and unknown fields: what tools make of a log.
  @Test func jsonAsOtherToolsWriteIt() throws {
    let folder = TemporaryFolder()
    let path = folder.file("run.jsonl")
    write(
      """
      { "layers_us": [1.5, 2e1, 3.0000], "network_us": 24.6250, "new": {"a": [1, "x\\u00e9", null]}, "sequence": 7.0,
      """.replacing("\n", with: " ") + #" "precision": "\u0069nt8", "isa": null, "switch": true, "type": "frame","#
        + #" "top": [{"label": "caf\u00e9 \ud83d\ude00 \"x\"", "probability": 2.5e-1, "class_index": 3}]}"# + "\n\n",
      to: path)
    var expected = FrameRecord()
    expected.sequence = 7
    expected.network = 24_625
    expected.layerTimes = [1500, 20_000, 3000]
    expected.configuration.precision = .int8
    expected.isSwitch = true
    expected.top = [Prediction(classIndex: 3, label: "café 😀 \"x\"", probability: 0.25)]
    #expect(try WholeLog(path).rows == [expected])
  }

  @Test func brokenLinesAreNamed() throws {
    let folder = TemporaryFolder()
    let json = folder.file("a.jsonl")
    var plain = header(layers: [])
    plain.network.configuration = nil
    try writeLog(json, .jsonLines, [fullRecord(), fullRecord()], header: plain)
    let good = text(json)
    write(good.replacing("\"threads\":2", with: "\"threads\":\"two\""), to: json)
    #expect(
      readError(json)
        == "expected a plain value in threads in line 2 of '\(json)', found '\"two\",\"isa\":\"avx2\",\"warm': "
        + "mend or remove that line")
    write(good.replacing("\"threads\":2", with: "\"threads\":two"), to: json)
    #expect(
      readError(json) == "expected an integer in threads in line 2 of '\(json)', found 'two': mend or remove that line")
    write(good.replacing("\"warm_up\"", with: "warm_up"), to: json)
    #expect(
      readError(json)
        == "expected a string in line 2 of '\(json)', found 'warm_up:false,\"switch\":f': mend or remove that line")
    write(good.replacing("1800.000,", with: "1800.000 "), to: json)
    #expect(
      readError(json)
        == "expected '}' in line 2 of '\(json)', found '\"cpu_temperature_c\":61.2': mend or remove that line")
    write(good.replacing("\"schema\":1", with: "\"schema\":2"), to: json)
    #expect(
      readError(json)
        == "expected schema 1 or older (this is an older mobilecam) in line 1 of '\(json)', found schema 2: "
        + "mend or remove that line")

    let csv = folder.file("a.csv")
    try writeLog(csv, .csv, [fullRecord(), fullRecord()], header: header(layers: ["fc"]))
    let rows = text(csv)
    write(rows.replacing("fp32,2,", with: "fp32,2,,"), to: csv)
    #expect(
      readError(csv)
        == "expected true or false in warm_up in line 2 of '\(csv)', found 'avx2': mend or remove that line")
    write(rows.replacing(",0.007\r\n", with: "\r\n"), to: csv)
    #expect(readError(csv) == "expected 46 fields in line 2 of '\(csv)', found 45: mend or remove that line")
    write(rows.replacing("espresso", with: "\"espresso"), to: csv)
    #expect(
      readError(csv) == "expected a comma after field 32 in line 2 of '\(csv)', found 'espresso,0.87500000,968,…': "
        + "mend or remove that line")
    write("a,b\r\n1,2\r\n", to: csv)
    #expect(
      readError(csv)
        == "expected the header row of a mobilecam log (schema,run_id,…) in line 1 of '\(csv)', found 'a,b': "
        + "is it a log of mobilecam?")
    #expect(
      readError(folder.file("none.csv"))
        == "expected to read the log '\(folder.file("none.csv"))', found: No such file or directory; "
        + "check its name and permissions")
  }

  /// One quotation mark that is never closed must not make all rows after it look like a torn end.
  @Test func unclosedQuotationMark() throws {
    let folder = TemporaryFolder()
    let path = folder.file("a.csv")
    try writeLog(path, .csv, [fullRecord(), fullRecord(), fullRecord()], header: header(layers: ["fc"]))
    var rows = text(path).split(separator: "\r\n").map(String.init)
    rows[2] = rows[2].replacing("espresso", with: "\"espresso")
    write(rows.joined(separator: "\r\n") + "\r\n", to: path)
    #expect(
      readError(path)
        == "expected a closing quotation mark in line 3 of '\(path)', found more rows: mend or remove that line")
  }

  /// Whatever bytes a damaged file holds, reading ends with rows or with an error.
  @Test(arguments: LogFormat.allCases) func damageNeverTraps(format: LogFormat) throws {
    let folder = TemporaryFolder()
    let path = folder.file("run" + format.pathExtension)
    var random = SplitMix64(state: testSeed())
    try writeLog(path, format, [fullRecord(), randomRecord(using: &random)], header: header(layers: ["a", "b"]))
    let good = contents(path)
    var failures = 0
    for _ in 0..<300 {
      var bytes = good
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[place] = .random(in: 0...255, using: &random)
        case 1: bytes.remove(at: place)
        default: bytes.insert(Array("\"{}[],:\\\n-.e9".utf8).randomElement(using: &random)!, at: place)
        }
      }
      write(bytes, to: path)
      if readError(path) != nil { failures += 1 }
    }
    #expect(failures > 0)
  }
}
