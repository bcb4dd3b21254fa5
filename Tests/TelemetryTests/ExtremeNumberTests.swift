import Foundation
import Model
import Reports
import Telemetry
import TestSupport
import Testing

/// Every number of a log, replaced by numbers that no program of ours writes: the report is made, or refused in words.
@Suite struct ExtremeNumberTests {
  static let numbers = [
    "0", "-1", "2147483648", "4294967296", "9007199254740992", "9223372036854775807", "-9223372036854775807",
    "-9223372036854775808", "9223372036854775808", "18446744073709551616", "9223372036854775.807",
    "-9223372036854775.807", "-9223372036854775.808", "9223372036854775.808", "92233720368547758.07",
    "-92233720368547758.08", "1e308", "-1e308", "1e-308", "1e999", "1e15", "-1e15", "inf", "nan", "-", "", "1e", "+1",
    String(repeating: "9", count: 400), "0." + String(repeating: "9", count: 400),
  ]

  /// Where numbers stand: behind a colon, a comma or a bracket.
  private func numbers(_ bytes: [UInt8]) -> [Range<Int>] {
    var found: [Range<Int>] = []
    var at = 0
    while at < bytes.count {
      let isDigit: (UInt8) -> Bool = { ($0 >= 48 && $0 <= 57) || $0 == 45 || $0 == 46 }
      guard isDigit(bytes[at]), at == 0 || [58, 44, 91, 10].contains(bytes[at - 1]) else {
        at += 1
        continue
      }
      let end = bytes[at...].firstIndex { !isDigit($0) } ?? bytes.count
      if end == bytes.count || [44, 93, 125, 13, 10].contains(bytes[end]) { found.append(at..<end) }
      at = end
    }
    return found
  }

  private func lineNumbers(_ places: [Range<Int>], _ bytes: [UInt8]) -> [[Range<Int>]] {
    var lines: [[Range<Int>]] = []
    var last = -1
    for place in places {
      let line = bytes[..<place.lowerBound].count { $0 == 10 }
      if line != last { lines.append([]) }
      last = line
      lines[lines.count - 1].append(place)
    }
    return lines
  }

  private func records() -> [FrameRecord] {
    (1...3).map { sequence in
      var record = fullRecord(sequence: sequence)
      record.layerTimes = [5, 7]
      record.isSwitch = sequence == 2
      record.configuration.resolution = sequence == 1 ? 160 : 224
      return record
    }
  }

  private func replaced(_ bytes: [UInt8], _ places: [(Range<Int>, String)]) -> [UInt8] {
    var result: [UInt8] = []
    var at = 0
    for (place, text) in places {
      result += bytes[at..<place.lowerBound]
      result += text.utf8
      at = place.upperBound
    }
    return result + bytes[at...]
  }

  /// The text and the page of a report, free of what is no number; the messages where it was refused.
  private func check(_ path: String, _ what: @autoclosure () -> String) {
    var report = Report(paths: [path])
    for failure in report.failures {
      #expect(failure.message.contains(" in line "), "\(what()): \(failure.message)")
    }
    for index in report.logs.indices {
      // Notes quote what was found, and the folder's name has random letters.
      report.logs[index].notes = []
      report.logs[index].path = "run"
    }
    let all = report.text + report.page.html
    for garbage in ["nan", "NaN", "inf", "Inf", "=\"\""] {
      #expect(all.withCString { strstr($0, garbage) } == nil, "\(what()): \(garbage)")
    }
  }

  @Test(arguments: LogFormat.allCases) func inEveryPlaceOfALog(format: LogFormat) throws {
    let folder = TemporaryFolder()
    let path = folder.file("run" + format.pathExtension)
    var options = quietOptions()
    options.describe = { NetworkFacts(configuration: $0, layers: header(layers: ["a", "b"]).network.layers) }
    let log = try LogWriter.open(path: path, format: format, header: header(layers: ["a", "b"]), options: options)
    for record in records() { log.append(record) }
    log.close()
    for name in folder.names {
      let file = folder.file(name)
      let good = contents(file)
      let places = numbers(good)
      #expect(places.count > 15, "\(name)")
      for place in places {
        for number in Self.numbers {
          // A file that is cut to nothing is flushed to the disk; a new one is not.
          unlink(file)
          write(replaced(good, [(place, number)]), to: file)
          check(path, "\(name), byte \(place.lowerBound): \(number)")
        }
      }
      write(good, to: file)
    }
  }

  /// The same field in all rows, so that sums and differences of them do not fit either.
  @Test(arguments: LogFormat.allCases) func inEveryRow(format: LogFormat) throws {
    let folder = TemporaryFolder()
    let path = folder.file("run" + format.pathExtension)
    try writeLog(path, format, records(), header: header(layers: ["a", "b"]))
    let good = contents(path)
    let lines = lineNumbers(numbers(good), good)
    let most = try #require(lines.map(\.count).max())
    let rows = lines.filter { $0.count == most }
    #expect(rows.count == 3 && most > 20)
    for field in 0..<most {
      for number in Self.numbers where number.first?.isNumber == true || number.count > 3 {
        let turned = number.hasPrefix("-") ? String(number.dropFirst()) : "-" + number
        for pattern in [[number, number, number], [number, turned, number], [turned, number, "0"]] {
          unlink(path)
          write(replaced(good, zip(rows, pattern).map { ($0[field], $1) }), to: path)
          check(path, "field \(field) of all rows: \(pattern)")
        }
      }
    }
  }

  /// Put one behind the other, runs add up, too.
  @Test func inSeveralRuns() throws {
    let folder = TemporaryFolder()
    let path = folder.file("run.jsonl")
    for field in ["captured_us", "log_lost", "driver_drops", "sequence", "cpu_mhz"] {
      for number in Self.numbers where number.first?.isNumber == true {
        let lines = (1...3).flatMap { run in
          [#"{"type":"run","schema":1,"run_id":"\#(run)"}"#]
            + ["0", number, number].map { #"{"type":"frame","network_us":1,"\#(field)":\#($0)}"# }
        }
        write(lines.joined(separator: "\n") + "\n", to: path)
        check(path, "\(field): \(number)")
      }
    }
  }

  /// More of anything than there can be is refused, and costs neither the memory nor the time of it.
  @Test func endlessArrays() throws {
    let folder = TemporaryFolder()
    let many = (0..<200_000).map { _ in "1" }.joined(separator: ",")
    let nested = String(repeating: "[", count: 100_000)
    let layers = (0..<100_000).map { _ in "{}" }.joined(separator: ",")
    let columns = "schema,run_id," + (0..<1000).map { "l\($0)_us" }.joined(separator: ",")
    let cases = [
      ("a.jsonl", #"{"type":"frame","layers_us":[\#(many)]}"#, "at most 256 layers in layers_us in line 1"),
      ("a.jsonl", #"{"type":"run","layers":[\#(layers)]}"#, "at most 256 layers in layers in line 1"),
      ("a.jsonl", #"{"type":"run","layers":[{"input_shape":[\#(many)]}]}"#, "at most 8 sides in input_shape"),
      ("a.jsonl", #"{"type":"frame","x":\#(nested)}"#, "at most 64 levels of nesting"),
      ("a.jsonl", #"{"type":"run","source":"\#(many)"}"#, "at most 65536 bytes in source"),
      ("a.jsonl", #"{"type":"frame","precision":"\#(many)"}"#, "expected fp32, int8, bf16 or fp16 in precision"),
      (
        "a.trace.json", "[\n" + #"{"name":"result","args":{"type":"frame","layers_us":[\#(many)]}}"#,
        "at most 256 layers"
      ),
      ("a.csv", columns, "at most 256 layers in line 1"),
    ]
    for (name, line, expected) in cases {
      write(line + "\n", to: folder.file(name))
      let message = Report(paths: [folder.file(name)]).failures.first?.message ?? ""
      #expect(message.contains(expected), "\(line.prefix(40)): \(message)")
    }
  }

  /// Probabilities of weights that overflow: unknown in every format, and read again.
  @Test func probabilitiesThatAreNone() throws {
    let folder = TemporaryFolder()
    var record = fullRecord()
    record.top = [Float.nan, .infinity, -.infinity, 1e30, 0.5].enumerated().map {
      Prediction(classIndex: $0.offset, label: "a", probability: $0.element)
    }
    let result = ResultLine()
    let line = String(decoding: result.bytes(of: record), as: UTF8.self)
    _ = try JSONSerialization.jsonObject(with: Data(line.utf8))
    #expect(line.components(separatedBy: #""probability":null"#).count == 5, "\(line)")
    for format in LogFormat.allCases {
      let path = folder.file("run" + format.pathExtension)
      try writeLog(path, format, [record], header: header())
      if format == .trace { _ = try JSONSerialization.jsonObject(with: Data(contents(path))) }
      let guesses = try #require(WholeLog(path).rows.first?.top)
      #expect(guesses.map(\.classIndex) == Array(0..<5))
      #expect(guesses.map(\.probability.isNaN) == [true, true, true, true, false], "\(format)")
      #expect(Report(paths: [path]).failures.isEmpty)
    }
  }
}
