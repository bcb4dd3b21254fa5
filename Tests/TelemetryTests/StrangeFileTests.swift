import Foundation
import Glibc
import Model
import Platform
import Reports
import Telemetry
import TestSupport
import Testing

/// Files that are no logs, or logs in an unusual dress, and what may lie beside one.
@Suite struct StrangeFileTests {
  private func log(_ format: LogFormat, rows: Int = 3) throws -> [UInt8] {
    let folder = TemporaryFolder()
    let path = folder.file("run" + format.pathExtension)
    try writeLog(path, format, (0..<rows).map { fullRecord(sequence: $0) }, header: header(layers: ["fc"]))
    return contents(path)
  }

  private func failure(_ path: String) -> String? { Report(paths: [path]).failures.first?.message }

  /// What there is is said, and that it could not be read.
  @Test func noLogs() throws {
    let csv = String(decoding: try log(.csv), as: UTF8.self)
    let rows = csv.split(separator: "\r\n").map(String.init)
    let stray = csv.replacing("1,run-id,0,", with: "1,run-id,\"0,")
    let files: [(name: String, bytes: [UInt8], found: String)] = [
      ("empty.csv", [], "an empty file"), ("empty.jsonl", [], "an empty file"),
      ("blank.csv", Array("\n\r\n \n".utf8), "nothing but blank lines"),
      ("blank.trace.json", Array("\n\n".utf8), "nothing but blank lines"),
      ("zeros.jsonl", [UInt8](repeating: 0, count: 5000), "nothing but 5000 zero bytes"),
      ("text.csv", Array("hello\nyou\n".utf8), "the header row of a mobilecam log (schema,run_id,…) in line 1"),
      ("text.csv", Array("hello".utf8), "found 'hello' and no line end"),
      ("cut.csv", Array(csv.utf8.prefix(30)), "only a part of its first line, 30 bytes"),
      ("cut.jsonl", Array(try log(.jsonLines).prefix(30)), "only a part of its first line, 30 bytes"),
      ("cut.trace.json", Array(try log(.trace).prefix(100)), "a JSON array without a run"),
      ("array.json", Array("[\n1\n]\n".utf8), "expected '{' in line 2"),
      ("array.json", Array("[]\n".utf8), "in line 1"),
      ("array.json", Array("[\n]\n".utf8), "a JSON array without a run"),
      ("array.json", Array("[\n{\"name\":\"x\",\"ph\":\"X\"}\n]\n".utf8), "a JSON array without a run"),
      ("object.json", Array("{\"a\":1}\n".utf8), "JSON that is no run and no result"),
      ("object.json", Array("{\n  \"a\": 1\n}\n".utf8), "in line 1 of"),
      ("object.json", Array("{\"a\":1}".utf8), "JSON that is no run and no result"),
      ("stray.csv", Array(stray.utf8), "a closing quotation mark in line 2"),
      (
        "stray.csv", Array((stray.components(separatedBy: "\r\n").prefix(2) + [""]).joined(separator: "\r\n").utf8),
        "a closing quotation mark in line 2"
      ),
      ("stray.csv", Array(csv.replacing("schema,", with: "schema,\"").utf8), "in line 1"),
      (
        "stray.csv", Array(csv.replacing(",sequence,", with: ",\"sequence,").utf8), "a closing quotation mark in line 1"
      ),
      (
        "stray.csv", Array((rows[0] + "\r\n" + rows[1].replacing("espresso", with: "\"") + "\r\n").utf8),
        "a closing quotation mark in line 2"
      ),
      (
        "long.csv", Array((rows[0] + "\r\n\"" + String(repeating: rows[1] + "\r\n", count: 100_000)).utf8),
        "a closing quotation mark in line 2"
      ),
      ("utf16.csv", [0xFF, 0xFE] + csv.utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }, "UTF-16"),
      ("utf16.csv", [0xFE, 0xFF] + csv.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }, "UTF-16"),
      ("utf16.csv", csv.utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }, "UTF-16"),
      ("utf16.csv", csv.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }, "UTF-16"),
      ("run.csv", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3], "gzip"),
    ]
    let folder = TemporaryFolder()
    for (name, bytes, found) in files {
      let path = folder.file(name)
      write(bytes, to: path)
      let message = failure(path) ?? "read"
      #expect(message.contains(found) && message.contains(path), "\(name), \(bytes.prefix(40)): \(message)")
      // A log beside it is told of all the same.
      let good = folder.file("good.jsonl")
      write(try log(.jsonLines), to: good)
      #expect(Report(paths: [path, good]).text.contains("good.jsonl: 3 rows"))
      unlink(path)
    }
  }

  @Test(arguments: LogFormat.allCases) func otherDresses(format: LogFormat) throws {
    let folder = TemporaryFolder()
    let path = folder.file("run" + format.pathExtension)
    let good = try log(format)
    let lines = good.filter { $0 != 13 }
    let dresses: [(String, [UInt8])] = [
      ("a byte order mark", [0xEF, 0xBB, 0xBF] + good),
      ("line feeds", lines), ("CRLF", lines.flatMap { $0 == 10 ? [13, 10] : [$0] }),
      ("blank lines", lines.flatMap { $0 == 10 ? [10, 10, 32, 10] : [$0] }),
      ("blank lines first", [10, 13, 10] + good),
      ("a byte order mark and blank lines", [0xEF, 0xBB, 0xBF, 10] + good),
    ]
    for (dress, bytes) in dresses {
      write(bytes, to: path)
      #expect(try WholeLog(path).rows.map(\.sequence) == [0, 1, 2], "\(dress)")
    }
    write(try log(format, rows: 0), to: path)
    #expect(Report(paths: [path]).text.contains(": 0 rows in 0.0 s"), "a run that was killed before its first row")
  }

  /// Nobody waits for what may never come.
  @Test func whatIsNoFile() throws {
    let folder = TemporaryFolder()
    let pipe = folder.file("pipe.csv")
    mkfifo(pipe, 0o600)
    mkdir(folder.file("folder"), 0o755)
    symlink(pipe, folder.file("link.jsonl"))
    defer { rmdir(folder.file("folder")) }
    for (path, found) in [
      (pipe, "a pipe"), (folder.file("folder"), "a folder"), (folder.file("link.jsonl"), "a pipe"),
      ("/dev/zero", "a character device"), ("/dev/null", "a character device"),
    ] {
      let message = failure(path) ?? "read"
      #expect(message.contains("expected a log, found \(found) of the name '\(path)'"), "\(message)")
    }
  }

  /// `report <(zcat x.csv.gz)`: the writer may be slower than the reader.
  @Test(arguments: LogFormat.allCases) func aPipeThatTheCallerMade(format: LogFormat) throws {
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    let (reading, writing) = (ends[0], ends[1])
    defer { close(reading) }
    let bytes = try log(format)
    let thread = try SystemThread(name: "writing") {
      var rest = bytes[...]
      while !rest.isEmpty {
        let part = Array(rest.prefix(700))
        _ = part.withUnsafeBytes { Glibc.write(writing, $0.baseAddress, $0.count) }
        rest = rest.dropFirst(part.count)
        usleep(2000)
      }
      close(writing)
    }
    #expect(try WholeLog("/dev/fd/\(reading)").rows.map(\.sequence) == [0, 1, 2])
    thread.join()
  }

  // MARK: Beside a log

  @Test func whatLiesBesideALog() throws {
    let folder = TemporaryFolder()
    let path = folder.file("run.csv")
    try writeLog(path, .csv, [fullRecord()], header: header(layers: ["fc"]))
    let (sidecar, networks) = (folder.file("run.run.json"), folder.file("run.networks.jsonl"))
    let good = text(sidecar)
    let pretty = good.replacing(",\"", with: ",\n  \"").replacing("{", with: "{\n")
    let big = good.replacing("\"source\":null", with: "\"x\":\"\(String(repeating: "y", count: 8 << 20))\"")
    for name in [sidecar, networks] {
      let cases: [(String, () -> Void, String?)] = [
        ("none", {}, nil), ("a pipe", { mkfifo(name, 0o600) }, "found a pipe"),
        ("a folder", { mkdir(name, 0o755) }, "found a folder"),
        ("a device", { symlink("/dev/zero", name) }, "found a character device"),
        ("8 MB", { write(big, to: name) }, "expected at most 1 MB, found more"),
        ("no JSON", { write("hello\n", to: name) }, "expected '{', found 'hello"),
        (
          "an extreme number", { write("{\"alpha\":1e999}\n", to: name) },
          "expected a number that 64 bits hold in alpha"
        ),
      ]
      for (what, make, note) in cases {
        unlink(sidecar)
        if name == networks { write(good, to: sidecar) }
        make()
        let report = Report(paths: [path])
        #expect(report.text.contains("1 row in") && report.failures.isEmpty, "\(what)")
        if let note {
          #expect(report.text.contains("'\(name)' was left out: \(note)"), "\(what): \(report.text)")
          #expect(report.page.html.contains("was left out: "), "\(what)")
        } else {
          #expect(!report.text.contains("left out"), "\(what)")
        }
        unlink(name)
        rmdir(name)
      }
    }
    write(pretty, to: sidecar)
    #expect(try WholeLog(path).headers == [header(layers: ["fc"])], "a tool has spread it over lines")
  }

  /// A table put together of many runs: what lies beside it is read once.
  @Test(.timeLimit(.minutes(10))) func manyRuns() throws {
    let folder = TemporaryFolder()
    let path = folder.file("run.csv")
    try writeLog(path, .csv, [fullRecord()], header: header(layers: ["fc"]))
    let sidecar = text(folder.file("run.run.json"))
    write(
      sidecar.replacing("\"source\":null", with: "\"x\":\"\(String(repeating: "y", count: 1_000_000))\""),
      to: folder.file("run.run.json"))
    let lines = text(path).split(separator: "\r\n")
    var table = String(lines[0] + "\r\n")
    for run in 0..<20_000 { table += lines[1].replacing("run-id", with: run % 2 == 0 ? "run-id" : "\(run)") + "\r\n" }
    write(table, to: path)
    var report = Report(logs: [])
    let time = processorTime { report = Report(paths: [path]) }
    #expect(report.text.contains("20000 rows in ") && report.text.contains("20000 runs"))
    #expect(time < Nanoseconds(seconds: 10))
    #expect(report.logs[0].headers.count == 10 && report.page.html.contains("… and 19990 more runs"))
  }

  // MARK: Names

  /// Names are bytes: one that is no UTF-8 names the file that it says.
  @Test(arguments: LogFormat.allCases) func namesThatAreNoText(format: LogFormat) throws {
    let folder = TemporaryFolder()
    let path = PathText.text(
      of: Array(folder.path.utf8) + Array("/caf".utf8) + [0xE9] + Array(format.pathExtension.utf8))
    var options = quietOptions()
    options.describe = { NetworkFacts(configuration: $0, layers: []) }
    for number in 0...1 {
      let log = try LogWriter.open(path: path, format: format, header: header(layers: ["fc"]), options: options)
      var record = fullRecord()
      record.configuration.alpha = .one
      log.append(record)
      #expect(log.close() == .logging)
      #expect(
        log.path == (number == 0 ? path : path.replacing(format.pathExtension, with: "-1" + format.pathExtension)))
      let whole = try WholeLog(log.path)
      #expect(whole.rows.count == 1 && whole.networks.count == 1)
      #expect(whole.headers == [header(layers: ["fc"])], "the facts beside it are found")
    }
    let names = try Platform.Folder.names(in: folder.path)
    let endings = format == .csv ? [".csv", ".networks.jsonl", ".run.json"] : [format.pathExtension]
    let stem = PathText.text(of: Array("caf".utf8) + [0xE9])
    #expect(Set(names) == Set(endings.flatMap { [stem + $0, stem + "-1" + $0] }))
    let report = Report(paths: [path])
    #expect(report.text.contains("caf\\xE9") && report.page.html.contains("caf\\xE9"))
    for name in names { File.remove(folder.path + "/" + name) }
  }
}

/// Text that is not ours must steer neither the terminal nor the page that shows it.
@Suite struct HostileTextTests {
  static let hostile =
    "a\u{1B}[31m\u{7}\u{8}\r\n\t\u{7F}\u{85}\u{9B}2J\u{202E}\u{2066}\u{200E}\u{2028}\u{2029}\u{FEFF}\u{FFFF}\u{E0041}<b>&\"'\\ é日😀"

  private func steers(_ text: String) -> Bool {
    text.unicodeScalars.contains { ($0 != "\n" && Printable.steers($0)) || $0 == "\t" }
  }

  @Test(arguments: LogFormat.allCases) func inALog(format: LogFormat) throws {
    let folder = TemporaryFolder()
    let path = folder.file("run" + format.pathExtension)
    var start = header(layers: [Self.hostile], runID: Self.hostile)
    start.programVersion = Self.hostile
    start.build = Self.hostile
    start.machine.cpuModel = Self.hostile
    start.machine.kernel = Self.hostile
    start.machine.governor = Self.hostile
    start.isa = Self.hostile
    start.source = Self.hostile
    start.format = Self.hostile
    start.terminal = Self.hostile
    start.network.weightsSHA256 = Self.hostile
    start.network.layers[0].kind = Self.hostile
    var record = fullRecord()
    record.isa = Self.hostile
    record.isSwitch = true
    record.layerTimes = [1]
    record.top = [Prediction(classIndex: 1, label: Self.hostile, probability: 0.5)]
    try writeLog(path, format, [record], header: start)
    let whole = try WholeLog(path)
    #expect(whole.rows == [record] && whole.headers == [start], "nothing of it is lost")
    let report = Report(paths: [path, path])
    #expect(report.failures.isEmpty)
    #expect(!steers(report.text) && !steers(report.page.html))
    #expect(report.text.contains(#"a\x1B[31m\x07"#) && report.text.contains(#"\u{202E}"#))
    #expect(!report.page.html.contains("<b>") && report.page.html.contains("&lt;b&gt;&amp;&quot;&#39;"))
    #expect(format == .csv || !steers(text(path)), "JSON may be looked at, too")
  }

  @Test func inALineOfAHeadlessRun() throws {
    var record = fullRecord()
    record.isa = Self.hostile
    record.top = [Prediction(classIndex: 1, label: Self.hostile, probability: 0.5)]
    let line = ResultLine()
    let bytes = Data(line.bytes(of: record))
    #expect(!steers(String(decoding: bytes, as: UTF8.self)))
    let object = try #require(try JSONSerialization.jsonObject(with: bytes) as? [String: Any])
    let top = try #require((object["top"] as? [[String: Any]])?.first)
    #expect((top["label"] as? String)?.unicodeScalars.elementsEqual(Self.hostile.unicodeScalars) == true)
    #expect((object["isa"] as? String)?.unicodeScalars.elementsEqual(Self.hostile.unicodeScalars) == true)
  }
}
