import Foundation
import Model
import Platform
import Reports
import Telemetry
import TestSupport
import Testing

/// Logs that somebody else empties or cuts while they are written (`: > log`, logrotate's copytruncate).
@Suite struct CutLogTests {
  private func log(_ path: String, _ format: LogFormat, _ change: (inout LogWriter.Options) -> Void = { _ in }) throws
    -> LogWriter
  {
    var options = quietOptions()
    change(&options)
    return try LogWriter.open(path: path, format: format, header: header(layers: ["conv1", "fc"]), options: options)
  }

  /// How many rows there are in the whole lines of a log's first bytes.
  private func rows(_ bytes: some Collection<UInt8>, _ format: LogFormat) -> Int {
    let lines = bytes.split(separator: 10, omittingEmptySubsequences: false).dropLast()
      .map { String(decoding: $0, as: UTF8.self) }
    return switch format {
    case .csv: max(0, lines.count - 1)
    case .jsonLines: lines.count { $0.contains(#""type":"frame""#) }
    case .trace: lines.count { $0.contains(#""name":"result""#) }
    }
  }

  /// What is left goes on in whole rows, behind a start in any case; whether the writer looks at the file before the next
  /// row comes, or that row tells.
  @Test(arguments: LogFormat.allCases) func whatIsLeftGoesOn(format: LogFormat) throws {
    let start = try {
      let folder = TemporaryFolder()
      let log = try log(folder.file("run" + format.pathExtension), format)
      let start = contents(log.path).count
      log.close()
      return start
    }()
    for left in [0, 1, start / 2, start - 1, start, start + 1, start + 100, start + 1000, start + 2000] {
      for pause: UInt32 in [0, 250_000] {
        let folder = TemporaryFolder()
        let path = folder.file("run" + format.pathExtension)
        let log = try log(path, format)
        for sequence in 1...5 { log.append(fullRecord(sequence: sequence)) }
        #expect(eventually { log.rowsWritten == 5 })
        let before = contents(path)
        guard left <= before.count else { continue }
        #expect(truncate(path, left) == 0)
        usleep(pause)
        for sequence in 6...8 { log.append(fullRecord(sequence: sequence)) }
        #expect(log.close() == .logging)

        let what: Comment = "\(left) bytes left of \(before.count), \(pause) µs until the next row"
        #expect(log.cuts == (left < before.count ? 1 : 0), what)
        let kept = left < start ? 0 : rows(before.prefix(left), format)
        let whole = try WholeLog(path)
        #expect(Set(whole.headers.map(\.runID)) == ["run-id"], what)
        #expect(whole.rows.map(\.sequence) == Array(1...8).filter { $0 <= kept || $0 > 5 }, what)
        #expect(whole.tornBytes == 0 && !contents(path).contains(0), what)
        if format == .trace { _ = try JSONSerialization.jsonObject(with: Data(contents(path))) }
      }
    }
  }

  /// What others wrote there stays.
  @Test func whatIsThereIsNotLost() throws {
    let folder = TemporaryFolder()
    let path = folder.file("run.csv")
    let log = try log(path, .csv)
    log.append(fullRecord(sequence: 1))
    #expect(eventually { log.rowsWritten == 1 })
    // In one step, as a tool that opens with O_TRUNC and writes at once.
    write("not ours\n", to: path)
    log.append(fullRecord(sequence: 2))
    log.close()
    let lines = text(path).split { $0.isNewline }
    #expect(lines.count == 3 && lines[0] == "not ours" && lines[1].hasPrefix("schema,run_id"), "\(lines)")
  }

  /// Emptied at any moment, also between a look at the file and a row.
  @Test(arguments: LogFormat.allCases) func emptiedAgainAndAgain(format: LogFormat) throws {
    let folder = TemporaryFolder()
    let path = folder.file("run" + format.pathExtension)
    let log = try log(path, format)
    let times = Monitor((count: 0, isOver: false))
    // A thread, since tasks of tests share few of them.
    let emptying = try SystemThread(name: "emptying") {
      while !times.withLock({ $0.isOver }) {
        truncate(path, 0)
        times.withLock { $0.count += 1 }
        usleep(200)
      }
    }
    func append(_ sequences: ClosedRange<Int>) {
      for sequence in sequences { while !log.append(fullRecord(sequence: sequence)) { usleep(100) } }
    }
    // Until it was often enough, which depends on what else the machine does.
    var last = 0
    repeat {
      append(last + 1...last + 20_000)
      last += 20_000
    } while log.cuts <= 10 && last < 1_000_000
    times.withLock { $0.isOver = true }
    emptying.join()
    append(last + 1...last + 10)
    #expect(log.close() == .logging)
    let count = times.withLock { $0.count }
    #expect(count > 10 && log.cuts > 10, "\(count) times, \(log.cuts) seen")
    let whole = try WholeLog(path)
    let sequences = whole.rows.map(\.sequence)
    #expect(sequences == sequences.sorted() && sequences.suffix(10) == Array(last + 1...last + 10))
    #expect(!contents(path).contains(0) && whole.tornBytes == 0)
  }

  /// The size limit looks at the file, not at what was ever written to it.
  @Test func limitedSizeFollowsTheFile() throws {
    let folder = TemporaryFolder()
    let path = folder.file("run.jsonl")
    let log = try log(path, .jsonLines) { $0.maxBytes = 20_000 }
    for sequence in 1...60 {
      log.append(fullRecord(sequence: sequence))
      guard sequence % 10 == 0 else { continue }
      #expect(eventually { log.rowsWritten == sequence })
      if sequence < 60 { #expect(truncate(path, 0) == 0) }
    }
    log.close()
    #expect(folder.names == ["run.jsonl"])
    #expect(try WholeLog(path).rows.map(\.sequence) == Array(51...60))
  }

  /// Networks that were described in the file are described again; those beside it are still there.
  @Test(arguments: LogFormat.allCases) func networksAreDescribedAgain(format: LogFormat) throws {
    let folder = TemporaryFolder()
    let path = folder.file("run" + format.pathExtension)
    let log = try log(path, format) {
      $0.describe = { NetworkFacts(configuration: $0, layers: header(layers: ["conv1"]).network.layers) }
    }
    var record = fullRecord()
    record.configuration.alpha = .quarter
    log.append(record)
    #expect(eventually { log.rowsWritten == 1 })
    #expect(truncate(path, 0) == 0)
    log.append(record)
    log.close()
    #expect(try WholeLog(path).networks.map(\.configuration?.alpha) == [.quarter])
    let beside = text(folder.file("run.networks.jsonl")).split(separator: "\n")
    #expect(beside.count == (format == .csv ? 1 : 0))
  }

  /// The part of a file that was emptied while a program wrote on at its old place: older versions left such logs.
  @Test(arguments: LogFormat.allCases) func zerosAreToldOf(format: LogFormat) throws {
    let folder = TemporaryFolder()
    let path = folder.file("run" + format.pathExtension)
    try writeLog(path, format, (1...4).map { fullRecord(sequence: $0) }, header: header(layers: ["fc"]))
    let good = contents(path)
    // Where each row ends.
    let ends = good.indices.filter { good[$0] == 10 && rows(good[...$0], format) > rows(good[..<$0], format) }.map {
      $0 + 1
    }
    try #require(ends.count == 4)
    let cases: [(zeros: Range<Int>, rows: [Int]?)] = [
      // From the start to a row's end, or into a row; a CSV's columns have no names then.
      (0..<ends[1], format == .csv ? nil : [3, 4]), (0..<ends[1] + 20, format == .csv ? nil : nil),
      // In the middle: whole rows, a row's end and the next one's, the last row.
      (ends[0]..<ends[1], [1, 3, 4]), (ends[0] - 20..<ends[1], [3, 4]), (ends[2]..<ends[3], [1, 2, 3]),
      (0..<good.count, nil),
    ]
    for (zeros, expected) in cases {
      var bytes = good
      for index in zeros { bytes[index] = 0 }
      write(bytes, to: path)
      let what: Comment = "zeros in \(zeros), rows end at \(ends)"
      let report = Report(paths: [path])
      if let expected {
        #expect(try WholeLog(path).rows.map(\.sequence) == expected, what)
        #expect(report.text.contains("zero bytes were left out"), what)
        #expect(report.page.html.contains("zero bytes were left out"), what)
      } else {
        #expect(
          report.failures.count == 1 && report.failures[0].message.contains("zero bytes"), "\(report.failures) \(zeros)"
        )
      }
    }
  }

  /// Far more zeros than a line may have bytes.
  @Test func manyZeros() throws {
    let folder = TemporaryFolder()
    let path = folder.file("run.jsonl")
    let size = 100 << 20
    write("", to: path)
    #expect(truncate(path, size) == 0)
    try writeLog(folder.file("a.jsonl"), .jsonLines, [fullRecord()], header: header())
    let file = try FileHandle(forWritingTo: URL(filePath: path))
    try file.seekToEnd()
    try file.write(contentsOf: contents(folder.file("a.jsonl")))
    try file.close()
    #expect(Report(paths: [path]).text.contains("\(size) zero bytes were left out"))
  }
}
