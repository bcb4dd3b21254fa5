import Foundation
import ModelFiles
import TestSupport
import Testing

/// The program, killed at random moments while it logs. `MOBILECAM_KILLS` says how often (30 unless given), `MOBILECAM_SEED`
/// repeats a run.
struct KillTests {
  private static let kills = testCount("MOBILECAM_KILLS", 30)

  @Test(.timeLimit(.minutes(60))) func noCompleteRowIsLost() throws {
    let seed = testSeed()
    var random = SplitMix64(state: seed)
    var (rows, torn, empty) = (0, 0, 0)
    for kill in 0..<Self.kills {
      let name = "x" + [".csv", ".jsonl", ".trace.json"][kill % 3]
      let moment = Double(random.next() % 2_000_000) / 1e6
      let folder = TemporaryFolder()
      // What the log has to hold: rows are on their way a tenth of a second after their result, and a machine that is busy
      // with something else takes its time.
      var due = 0
      let later = UInt32(random.next() % 100_000)
      let lines = try Program.runAndKill(
        ["live", "--source", "demo", "--headless", "--alpha", "0.25", "--resolution", "128", "--log", name],
        after: moment, in: folder
      ) { count in
        due = count
        guard count == 0 || Rows.count(in: folder, name) >= count else { return false }
        usleep(later)
        return true
      }
      let what: Comment = "kill \(kill) after \(moment) s, \(name), seed \(seed)"
      guard folder.names.contains(name) else {
        empty += 1
        #expect(lines.isEmpty, what)
        continue
      }
      let log = try Rows(try folder.data(name))
      rows += log.sequences.count
      torn += log.tornBytes > 0 ? 1 : 0

      // Every row is one that was shown, none is left out in between, and at the end only those still on their way.
      let results = try lines.map { try JSON($0) }
      let shown = try results.map { try #require($0["sequence"].int, what) }
      #expect(log.sequences == Array(shown.prefix(log.sequences.count)), what)
      #expect(log.sequences.count >= due, what)

      // The reader finds all of them, and forgives the rest.
      let report = try Program.run(["report", name], in: folder)
      if try folder.data(name).isEmpty {
        // Killed between making the file and writing its start.
        #expect(report.status == 1 && report.error.contains("found an empty file"), "\(what) \(report)")
        continue
      }
      #expect(report.status == 0, "\(what) \(report)")
      let count = "\(log.sequences.count) \(log.sequences.count == 1 ? "row" : "rows") in "
      #expect(report.output.contains(": " + count), "\(what) \(report)")
    }
    print(
      "noCompleteRowIsLost: \(rows) rows in \(Self.kills - empty) logs, \(torn) with a torn row, \(empty) too early")
    #expect(rows > 0)
  }

  /// The complete rows of a log, found without the program: those that end in a line feed.
  private struct Rows {
    var sequences: [Int] = []
    var tornBytes = 0

    /// How many there are so far; none in what is no file yet.
    static func count(in folder: TemporaryFolder, _ name: String) -> Int {
      (try? Rows(folder.data(name)))?.sequences.count ?? 0
    }

    init(_ bytes: Data) throws {
      let whole = bytes.lastIndex(of: 10).map { $0 + 1 } ?? 0
      tornBytes = bytes.count - whole
      let text = String(decoding: bytes[..<whole], as: UTF8.self)
      if text.hasPrefix("schema,") {
        sequences = try Table(csv: text).rows.map { try #require($0["sequence"].flatMap { Int($0) }) }
        return
      }
      for line in text.split(separator: "\n") where line.contains("\"type\":\"frame\"") {
        // A line of the trace begins with the comma that parts it from the one before.
        let event = try JSON(line.hasPrefix(",") ? line.dropFirst() : line[...])
        let row = event["args"].isObject ? event["args"] : event
        sequences.append(try #require(row["sequence"].int))
      }
    }
  }
}
