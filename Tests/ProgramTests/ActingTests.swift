import Foundation
import TestSupport
import Testing

/// `--on … --run` and `--keep`, as a user runs them.
struct ActingTests {
  let folder = TemporaryFolder()

  private static let coffee = Checkout.asset("demo/coffee.jpg")
  private static let astronaut = Checkout.asset("demo/astronaut.jpg")

  /// Frames that a shell can hand over one by one: `head`, then `cup` (an espresso) or `dark` as often as it likes.
  private func makeFrames() throws {
    let recording = try Program.run(
      ["live", "--source", Self.coffee, "--headless", "--frames", "1", "--record", "one.y4m"], in: folder)
    #expect(recording.status == 0, "\(recording)")
    let bytes = try folder.data("one.y4m")
    let head = try #require(bytes.firstIndex(of: 10)) + 1
    let frame = try #require(bytes[head...].firstIndex(of: 10)) + 1
    // As many as were recorded; the first is one of them.
    let count = bytes[head...].ranges(of: Data("FRAME\n".utf8)).count
    let size = (bytes.count - head) / max(1, count)
    try folder.write("head", bytes[..<head])
    try folder.write("cup", bytes[head..<head + size])
    try folder.write("dark", bytes[head..<frame] + Data(repeating: 16, count: size - (frame - head)))
  }

  private func live(_ source: String, _ arguments: String) throws -> Run {
    try Program.shell("\(source) $M live --headless \(arguments)", in: folder)
  }

  private static func events(_ run: Run) throws -> [JSON] {
    try run.lines.map { try JSON($0) }.filter { $0["type"].string == "event" }
  }

  /// The process whose number is in a file.
  private func isRunning(_ file: String) throws -> Bool {
    let number = try #require(pid_t(try folder.text(file).trimmingCharacters(in: .whitespacesAndNewlines)))
    return kill(number, 0) == 0
  }

  @Test func aFileIsAppendedToExactlyAsOftenAsItShould() throws {
    try makeFrames()
    // Two in a row and more; one alone; two in a row; still there.
    // Each time the command has written its line, however late, and a moment to end.
    func untilRun(_ times: Int) -> String {
      "for n in $(seq 200); do test $(cat fired 2> /dev/null | wc -l) -ge \(times) && break; sleep 0.1; done; sleep 2"
    }
    let feed =
      "(cat head cup cup cup cup dark dark; \(untilRun(1)); cat dark cup dark cup cup; \(untilRun(2)); cat cup cup dark)"
    try folder.write("act", "#!/bin/sh\necho \"$MOBILECAM_LABEL $MOBILECAM_PROBABILITY $MOBILECAM_TIME $1\" >> fired\n")
    let run = try live(
      "chmod +x act; \(feed) |", "--source - --on 'Espresso>0.5 for 2' --run './act \"a  b\"' --log run.jsonl")
    #expect(run.status == 0 && run.error.contains("2 commands run by --on\n"), "\(run)")
    let fired = try folder.text("fired").split(separator: "\n")
    #expect(fired.count == 2, "\(fired)")
    for line in fired {
      #expect(
        line.wholeMatch(of: /espresso 0\.[5-9]\d{5} \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z a  b/) != nil, "\(line)")
    }
    // The same two in the log and between the results.
    let frames = run.lines.count - 2
    #expect(frames == 14)
    let events = try Self.events(run)
    #expect(events.map { $0["rule"].string } == ["Espresso>0.5 for 2", "Espresso>0.5 for 2"])
    #expect(
      events.allSatisfy { $0["exit_status"].int == 0 && $0["failure"].isNull && $0["duration_us"].double ?? 0 > 0 })
    let logged = try folder.text("run.jsonl").split(separator: "\n").filter { $0.contains("\"event\"") }
    #expect(logged == run.lines.filter { $0.contains("\"event\"") })
    let report = try Program.run(["report", "run.jsonl"], in: folder)
    #expect(report.status == 0 && report.output.contains("14 rows"), "\(report)")
  }

  @Test func theSavedPictureIsThereForTheCommandAndGoneBehindTheRun() throws {
    try FileManager.default.createDirectory(atPath: folder.file("tmp"), withIntermediateDirectories: true)
    let run = try live(
      "TMPDIR=tmp",
      "--source \(Self.coffee) --on 'espresso>0.5' --run \"sh -c 'cp {frame} a.jpg; cp \\$MOBILECAM_FRAME b.jpg'\"")
    #expect(run.status == 0, "\(run)")
    #expect(try folder.data("a.jpg") == folder.data("b.jpg"))
    let seen = try Program.run(["classify", "--top", "1", "a.jpg"], in: folder)
    #expect(seen.output.contains("espresso"), "\(seen)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("tmp")).isEmpty)
  }

  @Test func aCommandThatHangsHoldsUpNothingAndIsEnded() throws {
    let run = try live(
      "",
      "--source \(Self.coffee) --frames 300 --on 'espresso>0.5' --run \"sh -c 'trap : TERM; echo \\$\\$ > pid; sleep 1000; sleep 1000'\""
    )
    #expect(run.status == 0 && run.lines.count == 301, "\(run)")
    #expect(run.error.contains("1 command run by --on; 1 failed"), "\(run)")
    #expect(try Self.events(run)[0]["failure"].string == "still ran when mobilecam ended, and was ended with it")
    #expect(try !isRunning("pid"))
  }

  @Test func failuresAreToldAndTheRunGoesOn() throws {
    try makeFrames()
    try folder.write("once", "#!/bin/sh\nrm once\n")
    let run = try live(
      "chmod +x once; (cat head cup dark; sleep 2; cat dark cup; sleep 2; cat dark) |",
      "--source - --on 'espresso>0.5' --run \"sh -c 'echo no luck >&2; exit 3'\" --on 'espresso>0.4' --run ./once")
    #expect(run.status == 0, "\(run)")
    #expect(run.error.contains("--run sh -c 'echo no luck >&2; exit 3': exit status 3: no luck\n"), "\(run)")
    #expect(run.error.contains("--run ./once: could not be started: No such file or directory\n"), "\(run)")
    #expect(run.error.contains("4 commands run by --on; 3 failed\n"), "\(run)")
    #expect(try Self.events(run).compactMap { $0["exit_status"].int }.sorted() == [0, 3, 3])
  }

  @Test func aFloodIsDropped() throws {
    let run = try live("", "--source \(Self.coffee) --frames 300 --on 'espresso>0.5' --run yes")
    #expect(run.status == 0 && run.lines.count == 301 && run.output.utf8.count < 2_000_000, "\(run.error)")
    #expect(try Self.events(run)[0]["output"].string?.utf8.count == 1000)
  }

  @Test func aSignalEndsTheCommandsToo() throws {
    let run = try Program.shell(
      "$M live --headless --source demo --on 'espresso>0' --run \"sh -c 'echo \\$\\$ > pid; exec sleep 1000'\" > lines & "
        + "while ! [ -s pid ]; do sleep 0.1; done; kill -TERM $!; wait $!; echo $?", in: folder)
    #expect(run.output == "143\n", "\(run)")
    #expect(try !isRunning("pid"))
  }

  @Test func whatCouldNeverActIsRefused() throws {
    for (arguments, status, message) in [
      ("--on 'espreso>0.5' --run true", 1, "near it: 'espresso'"),
      ("--on 'cup>0.5' --run no-such-program", 1, "none of the name 'no-such-program' in PATH"),
      ("--on 'cup>2' --run true", 2, "expected a threshold from 0 to below 1, found '2'"),
      ("--on 'cup>0.5'", 2, "found 1 --on and 0 --run"),
      ("--on 'cup>0.5' --run true --every 10", 2, "--every 10: expected a time with its unit"),
      ("--every 10s", 2, "found 1 with 0 --on"),
      ("--on 'cup>0.5' --run 'echo a >> b'", 2, "found >, which only a shell understands"),
      ("--keep-below 0.5", 2, "say nothing without --keep FOLDER"),
      ("--keep a --keep-limit 5", 2, "--keep-limit 5: expected bytes"),
      ("--keep a --keep-below 2", 2, "--keep-below 2.0: expected a probability"),
      ("--keep /dev/null", 1, "--keep /dev/null: expected a folder that can be written to, found a character device"),
      ("--weights random --keep a", 1, "expected a network that knows labels, found random weights"),
    ] {
      let run = try live("", "--source demo --frames 1 \(arguments)")
      #expect(run.status == Int32(status) && run.output.isEmpty && run.error.contains(message), "\(run)")
    }
    #expect(!folder.names.contains("a"))
  }

  @Test func uncertainFramesAreKeptForTeaching() throws {
    let run = try live("", "--source \(Checkout.asset("demo")) --keep kept --keep-below 1")
    #expect(run.status == 0 && run.error.contains("kept 5 pictures in kept"), "\(run)")
    let files = (FileManager.default.enumerator(atPath: folder.file("kept"))?.allObjects as? [String]) ?? []
    let pictures = files.filter { $0.hasSuffix(".jpg") }
    #expect(pictures.count == 5 && pictures.contains { $0.hasPrefix("espresso/") }, "\(files)")
    #expect(pictures.allSatisfy { $0.wholeMatch(of: /[^\/]+\/\d{8}T\d{9}Z-\d\d\.jpg/) != nil }, "\(pictures)")
    // Certain of all: nothing is kept.
    let other = try live("", "--source \(Self.coffee) --keep other --keep-below 0.0001")
    #expect(other.status == 0 && other.error.contains("kept 0 pictures in other"), "\(other)")
  }

  @Test(.enabled(if: SmallDisk.isUsable, "skipped: no right to mount a tmpfs"))
  func aFullDiskCostsPicturesAndNoFrames() throws {
    let disk = try SmallDisk(free: 16 << 10)
    let run = try live("", "--source \(Checkout.asset("demo")) --keep \(disk.path)/kept --keep-below 1")
    #expect(run.status == 1 && run.lines.count == 5, "\(run)")
    #expect(run.error.contains("could not be kept in") && run.error.contains("No space left on device"), "\(run)")
    let files = (FileManager.default.enumerator(atPath: disk.path + "/kept")?.allObjects as? [String]) ?? []
    #expect(files.allSatisfy { !$0.contains(".") || $0.hasSuffix(".jpg") }, "\(files)")
  }

  @Test(.enabled(if: TmuxSession.isUsable, TmuxSession.comment))
  func theScreenShowsItAndStaysWhole() throws {
    let terminal = try TmuxSession(width: 140, height: 30)
    terminal.start(
      "live --source \(Self.coffee) --keep kept --keep-below 1 --on \"espresso>0.5\" --run \"sh -c \\\"echo BAD; printf W%s ORSE > /dev/tty; exit 3\\\"\""
    )
    try terminal.wait(for: "acted 1, 1 failed; kept 1", "exit status 3: BAD")
    #expect(!terminal.screen.contains("WORSE"), "\(terminal.screen)")
    terminal.press("q")
    try terminal.expectEnd(status: 0)
    try terminal.wait(for: "1 command run by --on; 1 failed")
  }
}
