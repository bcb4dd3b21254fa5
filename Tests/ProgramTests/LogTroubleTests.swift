import Foundation
import TestSupport
import Testing

/// Logs in trouble, as a user of the program meets them: emptied by others, at a limit, removed, of weights that give no
/// numbers, under names that are no text.
struct LogTroubleTests {
  static let names = ["x.csv", "x.jsonl", "x.trace.json"]
  let folder = TemporaryFolder()

  private func rows(_ report: Run) throws -> Int {
    try #require(report.output.firstMatch(of: /: (\d+) rows? in/).flatMap { Int($0.1) }, "\(report)")
  }

  /// `: > log` twice while the program writes, each time behind some rows.
  @Test(arguments: names) func emptiedWhileItIsWritten(name: String) throws {
    let row = name == "x.csv" ? "^[0-9]" : "\"type\":\"frame\""
    let run = try Program.shell(
      """
      $M live --source demo --headless --frames 60 --log \(name) > out & p=$!
      while ! test -s \(name); do sleep 0.05; done
      for i in 1 2; do
        while kill -0 $p 2> /dev/null && test $(grep -c '\(row)' \(name)) -lt 5; do sleep 0.02; done
        : > \(name)
      done
      wait $p
      """, in: folder)
    #expect(run.status == 0 && run.error.contains("logged 60 results to \(name); "), "\(run)")
    let bytes = try folder.data(name)
    #expect(!bytes.contains(0))
    let report = try Program.run(["report", name], in: folder)
    #expect(report.status == 0 && report.output.contains(", 1 run, 0 switches"), "\(report)")
    #expect(report.output.contains("source demo reel"), "the file has its start again: \(report)")
    let left = try rows(report)
    #expect(left > 0 && left < 60, "\(report)")
    if name.hasSuffix(".trace.json") { #expect(try JSON(String(decoding: bytes, as: UTF8.self)).array.count > left) }
  }

  /// The largest size that a file may have (`ulimit -f`, here in halves of a kilobyte) is told of as a full disk is.
  @Test(arguments: names) func aLimitOfSize(name: String) throws {
    let run = try Program.shell(
      "(ulimit -f 20; exec $M live --source demo --headless --frames 40 --log \(name)) | cat", in: folder)
    #expect(run.lines.count == 40, "every result is shown: \(run)")
    #expect(
      run.error.contains(
        "logging stopped: the log has reached the largest size that a file may have here (ulimit -f) ('\(name)')"),
      "\(run)")
    let report = try Program.run(["report", name], in: folder)
    #expect(report.status == 0 && !report.output.contains("cut off"), "the row that did not fit is gone: \(report)")
    let left = try rows(report)
    #expect(left > 0 && left < 40, "\(report)")
  }

  /// A start that does not fit is refused before anything runs.
  @Test(arguments: names) func aLimitThatLeavesNoRoom(name: String) throws {
    let run = try Program.shell("ulimit -f 1; $M live --source demo --headless --frames 3 --log \(name)", in: folder)
    #expect(run.status == 1 && run.output == "" && run.error.contains("expected to begin the log"), "\(run)")
    #expect(!folder.names.contains(name))
  }

  /// Whatever stops the log, the run goes on, and its status tells.
  @Test(arguments: names) func theStatusTells(name: String) throws {
    let cases = [
      ("(while ! test -s \(name); do sleep 0.05; done; rm \(name)) &", "the log '\(name)' was removed"),
      ("ulimit -f 20;", "the log has reached the largest size"),
    ]
    for (trouble, words) in cases {
      for file in folder.names { try FileManager.default.removeItem(atPath: folder.path + "/" + file) }
      let run = try Program.shell(
        "\(trouble) $M live --source demo --headless --frames 40 --log \(name) > /dev/null", in: folder)
      #expect(run.status == 1, "\(run)")
      #expect(run.error.components(separatedBy: "logging stopped: \(words)").count == 2, "once: \(run)")
    }
  }

  @Test(.enabled(if: TmuxSession.isUsable, TmuxSession.comment)) func theStatusTellsAfterTheScreen() throws {
    let terminal = try TmuxSession(width: 140, height: 30)
    terminal.type("$M live --source demo --log x.csv; echo status=$?")
    try terminal.wait(for: "● log x.csv")
    try FileManager.default.removeItem(atPath: terminal.folder.path + "/x.csv")
    try terminal.wait(for: "was removed")
    // Another log, which ends well, does not make up for it.
    terminal.press("l")
    try terminal.wait(until: "the trouble is acknowledged") { !$0.contains("● log") }
    terminal.press("l")
    try terminal.wait(for: "● log mobilecam.csv")
    terminal.press("q")
    try terminal.wait(for: "status=1")
    #expect(terminal.screen.contains("logging stopped: the log 'x.csv' was removed"), "\(terminal.screen)")
    #expect(terminal.screen.contains("results to mobilecam.csv"), "\(terminal.screen)")
  }

  // MARK: Weights that give no numbers

  /// The weights that come with the program, those of its last layer finite but so large that sums overflow.
  private func overflowingWeights() throws -> String {
    var weights = try Data(contentsOf: URL(filePath: Checkout.asset("weights/mobilenet_v1_0.25_224.safetensors")))
    let header = weights.prefix(8).enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
    let tensors = try JSON(String(decoding: weights[8..<8 + header], as: UTF8.self))
    let offsets = tensors["fc.kernel"]["data_offsets"]
    let (start, end) = (try #require(offsets[0].int), try #require(offsets[1].int))
    for (index, place) in stride(from: 8 + header + start, to: 8 + header + end, by: 4).enumerated() {
      let value: Float = index % 2 == 0 ? 3e38 : -3e38
      withUnsafeBytes(of: value) { weights.replaceSubrange(place..<place + 4, with: $0) }
    }
    return try folder.write("overflow.safetensors", weights)
  }

  @Test(arguments: names) func probabilitiesThatAreNone(name: String) throws {
    let weights = try overflowingWeights()
    let run = try Program.run(
      ["live", "--source", "demo", "--headless", "--frames", "10", "--weights", weights, "--log", name], in: folder)
    #expect(run.status == 0 && run.lines.count == 10, "\(run)")
    #expect(run.error.components(separatedBy: "give probabilities that are no numbers").count == 2, "once: \(run)")
    for line in run.lines {
      let top = try JSON(line)["top"]
      #expect(top.array.count == 5 && top[0]["label"].string != nil && top[0]["probability"].double == nil)
    }
    if name == "x.csv" {
      #expect(
        try Table(csv: folder.text(name)).rows.allSatisfy { $0["top1_probability"] == "" && $0["top1_class"] != "" })
    } else if name == "x.jsonl" {
      for line in try folder.text(name).split(separator: "\n") { _ = try JSON(line) }
    } else {
      #expect(try JSON(folder.text(name)).isArray)
    }
    let report = try Program.run(["report", "--html", "page.html", name], in: folder)
    #expect(report.status == 0 && report.output.contains(": 10 rows in "), "\(report)")

    let json = try Program.run(
      ["classify", "--json", "--weights", weights, Checkout.asset("demo/coffee.jpg")], in: folder)
    #expect(json.status == 0 && json.error.contains("give probabilities that are no numbers"), "\(json)")
    let guess = try JSON(json.output)[0]["top"][0]
    #expect(guess["label"].string != nil && guess["probability"].double == nil)
  }

  @Test(.enabled(if: TmuxSession.isUsable, TmuxSession.comment)) func theScreenSaysSo() throws {
    let weights = try overflowingWeights()
    let terminal = try TmuxSession(width: 140, height: 30)
    terminal.type("$M live --source demo --weights \(weights); echo status=$?")
    try terminal.wait(for: "give probabilities that are no numbers")
    terminal.press("q")
    try terminal.wait(for: "status=0")
  }

  // MARK: Reading

  /// What could not be read is said, the rest is reported, and the status tells.
  @Test func reportsOfWhatIsNoLog() throws {
    let run = try Program.run(
      ["live", "--source", "demo", "--headless", "--frames", "3", "--log", "x.csv"], in: folder)
    #expect(run.status == 0, "\(run)")
    try folder.write("empty.csv", Data())
    try folder.write("array.json", "[\n]\n")
    mkfifo(folder.path + "/pipe.csv", 0o600)
    mkfifo(folder.path + "/x.networks.jsonl", 0o600)
    for name in ["empty.csv", "array.json", "pipe.csv", "none.csv", "/dev/zero"] {
      let alone = try Program.run(["report", "--html", "page.html", name], in: folder)
      #expect(alone.status == 1 && alone.output == "" && !alone.hasTimedOut, "\(alone)")
      #expect(alone.error.hasPrefix("mobilecam: expected ") && alone.error.contains("'\(name)'"), "\(alone)")
      #expect(!folder.names.contains("page.html"))
      let both = try Program.run(["report", name, "x.csv"], in: folder)
      #expect(both.status == 1 && both.output.hasPrefix("x.csv: 3 rows in ") && both.error == alone.error, "\(both)")
    }
    let alone = try Program.run(["report", "x.csv"], in: folder)
    #expect(alone.status == 0 && alone.output.contains("'x.networks.jsonl' was left out: found a pipe"), "\(alone)")
    for line in [
      "cat x.csv | $M report /dev/stdin", "$M report /dev/stdin < x.csv", "cat x.csv | $M report /proc/self/fd/0",
    ] {
      let given = try Program.shell(line, in: folder)
      #expect(given.status == 0 && given.output.contains(": 3 rows in "), "\(given)")
    }
  }

  /// Names are bytes; `\351` is é in Latin-1, and no UTF-8.
  @Test(arguments: names) func namesThatAreNoText(name: String) throws {
    let run = try Program.shell(
      """
      n=$(printf 'caf\\351-\(name)')
      for i in 1 2; do $M live --source demo --headless --frames 3 --log "$n" > /dev/null || exit; done
      test -s "$n" && $M report "$n" "$(printf 'caf\\351-x-1\(name.dropFirst())')"
      """, in: folder)
    #expect(run.status == 0 && run.output.contains("caf\\xE9-\(name): 3 rows in "), "\(run)")
    #expect(
      run.output.contains("caf\\xE9-x-1\(name.dropFirst()): 3 rows in ") && run.output.contains("demo reel"), "\(run)")
  }
}
