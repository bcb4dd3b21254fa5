import Foundation
import TestSupport
import Testing

/// What befalls a program that nobody watches: output that fails or fills up, limits, signals that are none of its business.
struct UnattendedTests {
  let folder = TemporaryFolder()

  private static let coffee = Checkout.asset("demo/coffee.jpg")

  /// Whatever a command prints: what could not be written is said, with status 1.
  @Test(arguments: [
    "--version", "--help", "help live", "live --help", "manual", "--generate-completion-script bash",
    "--generate-completion-script zsh", "--generate-completion-script fish", "doctor", "devices", "devices --json",
    "model",
    "model --json", "weights", "weights list --json", "weights verify", "classify \(coffee)",
    "classify --json \(coffee)",
    "bench --runs 1", "bench --runs 1 --json", "live --source demo --headless --frames 2", "report run.csv",
  ])
  func aFullDiskIsSaid(command: String) throws {
    let log = try Program.run(
      ["live", "--source", "demo", "--headless", "--frames", "2", "--log", "run.csv"], in: folder)
    #expect(log.status == 0)
    let run = try Program.shell("$M \(command) > /dev/full", in: folder)
    #expect(
      run.status == 1 && run.error.contains("standard output could not be written: No space left on device"), "\(run)")
  }

  /// Standard output that takes a piece now and then, and says EAGAIN between: all of it arrives.
  @Test func outputThatDoesNotBlock() throws {
    let files = Array(repeating: Self.coffee, count: 120).joined(separator: " ")
    let script = """
      import os, subprocess, sys, time
      near, far = os.pipe()
      os.set_blocking(far, False)
      child = subprocess.Popen(sys.argv[1:], stdout=far)
      os.close(far)
      time.sleep(1)
      text = b""
      while part := os.read(near, 4096):
        text += part
      sys.stdout.buffer.write(text)
      sys.exit(child.wait())
      """
    try folder.write("slow.py", script)
    for command in [
      "classify --json --top 20 \(files)", "live --source pattern --headless --frames 200 --resolution 128",
    ] {
      let run = try Program.shell("python3 slow.py $M \(command)", in: folder)
      #expect(run.status == 0 && run.error == "", "\(run)")
      if command.hasPrefix("classify") {
        #expect(run.output.utf8.count > 65_536)
        #expect(try JSON(run.output).array.count == 120)
      } else {
        #expect(run.lines.count == 200)
      }
    }
  }

  /// What the program was started with as ignored stays ignored: nohup, a background job of a script.
  @Test(arguments: ["HUP", "INT", "TERM"]) func anIgnoredSignalStaysIgnored(signal: String) throws {
    let other = signal == "TERM" ? "INT" : "TERM"
    let run = try Program.shell(
      """
      trap '' \(signal)
      env --ignore-signal=\(signal) --default-signal=\(other) $M live --source pattern --headless > out & p=$!
      while ! test -s out; do sleep 0.05; done
      kill -\(signal) $p; sleep 0.5; kill -\(signal) $p; sleep 0.3
      kill -0 $p && echo alive
      kill -\(other) $p; wait $p; echo $?
      """, in: folder)
    #expect(run.lines == ["alive", other == "TERM" ? "143" : "130"], "\(run)")
  }

  /// `ulimit -u`: a thread that cannot be started is told, wherever in the program it is missing.
  @Test(.enabled(if: geteuid() == 0, "skipped: nobody but root can run as somebody else"), arguments: 1...8)
  func tooFewThreads(limit: Int) throws {
    // Where that somebody finds everything.
    // By another process: while this one had the copy open for writing, a child that another test starts would have it too.
    let copied = try Program.shell(
      "cp $M mobilecam && cp -r \(Checkout.asset("")) assets && mkdir -m 777 work", in: folder)
    try #require(copied.status == 0, "\(copied)")
    var told = 0
    for command in [
      "live --source pattern --headless --frames 3 --threads 1", "live --source demo --headless --frames 3 --threads 2",
      "live --source pattern --headless --frames 3 --log run.csv --record run.y4m --threads 1",
      "bench --runs 2 --threads 3",
      "classify \(folder.path)/assets/demo/coffee.jpg --threads 4",
    ] {
      // A user of a number that nobody else has: the limit counts all that a user runs.
      let run = try Program.shell(
        """
        cd work && rm -f * && exec setpriv --reuid=\(61000 + limit) --regid=65534 --clear-groups \
        prlimit --nproc=\(limit) ../mobilecam \(command)
        """, in: folder, environment: ["MOBILECAM_ASSETS": folder.path + "/assets"])
      #expect(!run.hasTimedOut && (run.status == 0 || run.status == 1), "\(run)")
      if run.status == 1 {
        told += 1
        #expect(run.error.contains("thread") && run.error.contains("Resource temporarily unavailable"), "\(run)")
      }
    }
    #expect(limit > 2 || told > 0, "the limit has no effect here")
  }

  /// `ulimit -f`: what reaches the limit is told as a full disk is, and is not left half done.
  @Test func theLargestFile() throws {
    // Blocks of 1 kB in bash, of 512 bytes elsewhere.
    let recorded = try Program.shell(
      "bash -c 'ulimit -f 4000; exec $M live --source pattern --headless --frames 12 --record run.y4m'", in: folder)
    #expect(recorded.status == 1 && recorded.lines.count == 12, "\(recorded)")
    #expect(
      recorded.error.contains("the recording ended after ") && recorded.error.contains("File too large"), "\(recorded)")

    let log = try Program.run(
      ["live", "--source", "demo", "--headless", "--frames", "2", "--log", "run.csv"], in: folder)
    #expect(log.status == 0)
    try folder.write("page.html", "old")
    let page = try Program.shell("bash -c 'ulimit -f 1; exec $M report run.csv --html page.html --force'", in: folder)
    #expect(page.status == 1 && page.error.contains("cannot write the page 'page.html': File too large"), "\(page)")
    #expect(try folder.text("page.html") == "old")
    #expect(!folder.names.contains { $0.hasSuffix(".new") }, "\(folder.names)")
  }

  @Test(.enabled(if: TmuxSession.isUsable, TmuxSession.comment)) func theLargestFileOnTheScreen() throws {
    let terminal = try TmuxSession()
    terminal.type("bash -c 'ulimit -f 40; exec $M live --source demo --record run.y4m'")
    try terminal.wait(for: "the recording ended after")
    // Alive: it takes keys and does what it can.
    terminal.press("s")
    try terminal.wait(for: "cannot write mobilecam-0001.png")
    terminal.press("q")
    try terminal.wait(for: "mobilecam: the recording ended after", without: ["┌ layers"])
  }

  /// A page that cannot be written whole leaves the one that is there.
  @Test(.enabled(if: SmallDisk.isUsable, "skipped: no right to mount a tmpfs"))
  func aFullDiskKeepsTheOldPage() throws {
    let disk = try SmallDisk(free: 8 << 10)
    let log = try Program.run(
      ["live", "--source", "demo", "--headless", "--frames", "2", "--log", "run.csv"], in: folder)
    #expect(log.status == 0)
    let page = disk.path + "/page.html"
    try Data("old".utf8).write(to: URL(filePath: page))
    for extra in [["--force"], []] {
      let run = try Program.run(["report", "run.csv", "--html", page] + extra, in: folder)
      #expect(run.status == 1 && run.error.hasPrefix("mobilecam: cannot write the page"), "\(run)")
      #expect(try String(contentsOfFile: page, encoding: .utf8) == "old")
      #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path).sorted() == ["filler", "page.html"])
    }
  }
}

/// Bytes that are not ours never reach the terminal raw, whatever shows them.
struct HostileTextTests {
  /// ESC, BEL, C1, a bidirectional control, a line end.
  static let hostile = "a\u{1B}]0;owned\u{7}\u{9B}31m\u{202E}b\nc"

  @Test(arguments: [
    "classify", "classify --json", "live --headless --frames 1 --source", "report", "bench --runs 1 --weights",
    "live --headless --frames 1 --source demo --log",
  ])
  func namesOfFiles(command: String) throws {
    let folder = TemporaryFolder()
    let ending = command.hasSuffix("--log") ? ".csv" : ".jpg"
    let name = Self.hostile + ending
    for isThere in [false, true] {
      if isThere, !command.hasSuffix("--log") {
        let content =
          command.hasPrefix("live") || command.hasPrefix("classify")
          ? try Data(contentsOf: URL(filePath: Checkout.asset("demo/coffee.jpg")))
          : Data("nonsense \(Self.hostile)\n".utf8)
        try folder.write(name, content)
      }
      let run = try Program.run(command.split(separator: " ").map(String.init) + [name], in: folder)
      #expect(run.status == 0 || run.error.hasPrefix("mobilecam: "), "\(run)")
      expectHarmless(run)
      if command == "classify --json", isThere { #expect(try JSON(run.output)[0]["file"].string == name, "\(run)") }
    }
  }

  @Test func labels() throws {
    let folder = TemporaryFolder()
    let labels = (0..<1000).map { "label \($0) \(Self.hostile.replacing("\n", with: ""))" }.joined(separator: "\n")
    try folder.write("labels.txt", labels)
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/weights", withDestinationPath: Checkout.asset("weights"))
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/demo", withDestinationPath: Checkout.asset("demo"))
    let environment = ["MOBILECAM_ASSETS": folder.path]
    for command in [
      "classify \(Checkout.asset("demo/coffee.jpg"))", "classify --json \(Checkout.asset("demo/coffee.jpg"))",
      "live --source demo --headless --frames 2 --log run.jsonl", "report run.jsonl",
    ] {
      let run = try Program.run(command.split(separator: " ").map(String.init), in: folder, environment: environment)
      #expect(run.status == 0 && !run.output.isEmpty, "\(run)")
      expectHarmless(run)
    }
  }

  private func expectHarmless(_ run: Run, sourceLocation: SourceLocation = #_sourceLocation) {
    let raw = (run.output + run.error).unicodeScalars.filter {
      ($0.value < 0x20 && $0 != "\n" && $0 != "\t") || (0x7F...0x9F).contains($0.value)
        || (0x202A...0x202E).contains($0.value) || (0x2066...0x2069).contains($0.value)
    }
    #expect(raw.isEmpty, "\(Array(raw)) in \(run)", sourceLocation: sourceLocation)
    #expect(
      run.error.split(separator: "\n").allSatisfy { $0.hasPrefix("mobilecam: ") }, "a line that is not ours: \(run)",
      sourceLocation: sourceLocation)
  }
}
