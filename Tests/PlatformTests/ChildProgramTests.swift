import Foundation
import Glibc
import Platform
import TestSupport
import Testing

/// Other programs, started and ended.
@Suite struct ChildProgramTests {
  /// Runs it to its end, or for at most twenty seconds.
  private static func run(
    _ words: String..., variables: [(name: String, value: String)] = []
  ) throws -> (ending: ChildProgram.Ending?, output: String) {
    let child = try ChildProgram(words, variables: variables)
    let end = Nanoseconds.now() + Nanoseconds(seconds: 20)
    while child.wait() == nil, .now() < end {}
    return (child.ending, String(decoding: child.output, as: UTF8.self))
  }

  @Test func itsStatusAndWhatItPrintsAreKnown() throws {
    let run = try Self.run("sh", "-c", "echo out; echo err >&2; exit 7")
    #expect(run.ending == .exited(status: 7) && run.output == "out\nerr\n")
    #expect(try Self.run("sh", "-c", "kill -9 $$").ending == .killed(by: 9))
    #expect(try Self.run("echo", "a  b", "", "c").output == "a  b  c\n")
  }

  @Test func whatIsNotThereCannotBeStarted() {
    for program in ["no-such-program", "/no/such/program"] {
      let error = #expect(throws: SystemError.self) { try ChildProgram([program], variables: []) }
      #expect(error?.code == ENOENT)
    }
    #expect(ChildProgram.exists("sh") && ChildProgram.exists("/bin/sh"))
    #expect(!ChildProgram.exists("no-such-program") && !ChildProgram.exists("/tmp") && !ChildProgram.exists(""))
  }

  @Test func itsEnvironmentIsOursAndMore() throws {
    setenv("MOBILECAM_TEST_OURS", "ours", 1)
    setenv("MOBILECAM_TEST_BOTH", "ours", 1)
    let run = try Self.run(
      "sh", "-c", "echo $MOBILECAM_TEST_OURS $MOBILECAM_TEST_BOTH; env | grep -c ^MOBILECAM_TEST_BOTH=",
      variables: [("MOBILECAM_TEST_BOTH", "its \u{e9}")])
    #expect(run.output == "ours its \u{e9}\n1\n")
  }

  /// Neither our files, nor our terminal, nor what we ignore.
  @Test func itInheritsNothingElse() throws {
    let file = open("/dev/null", O_RDONLY)  // without O_CLOEXEC
    defer { close(file) }
    signal(SIGPIPE, SIG_IGN)
    let run = try Self.run(
      "sh", "-c",
      "ls /proc/self/fd | tr '\\n' ' '; readlink /proc/self/fd/0; (echo > /dev/tty) 2>/dev/null || echo no tty; ps -o sid= -p $$ | tr -d ' '; echo $$; grep SigIgn /proc/self/status"
    )
    let lines = run.output.split(separator: "\n").map(String.init)
    try #require(lines.count == 5, "\(run.output)")
    // ls has the folder open.
    #expect(lines[0] == "0 1 2 3 /dev/null" && lines[1] == "no tty" && lines[2] == lines[3])
    let ignored = try #require(lines[4].split(separator: "\t").last.flatMap { UInt64($0, radix: 16) })
    #expect(ignored & (1 << UInt64(SIGPIPE - 1)) == 0)
  }

  /// A flood is held up: it costs little, and only its beginning is kept.
  @Test func aFloodIsDropped() throws {
    let child = try ChildProgram(["sh", "-c", "exec yes"], variables: [])
    let last = Nanoseconds.now() + Nanoseconds(seconds: 20)
    while child.output.count < 1000, .now() < last { #expect(child.wait() == nil) }
    // What comes now is dropped.
    let end = Nanoseconds.now() + Nanoseconds(milliseconds: 300)
    while .now() < end { #expect(child.wait() == nil) }
    #expect(child.output.count == 1000 && child.output.prefix(2) == Array("y\n".utf8)[...])
    child.send(signal: SIGTERM)
    let patience = Nanoseconds.now() + Nanoseconds(seconds: 20)
    while child.wait() == nil, .now() < patience {}
    #expect(child.ending == .killed(by: Int(SIGTERM)))
    #expect(try Self.run("sh", "-c", "yes | head -c 300000; exit 3").ending == .exited(status: 3))
  }

  /// What it leaves in the background, and for longer than is waited here, does not hold up its end, though it has what is printed
  /// to open.
  @Test func theEndIsThatOfTheProgramItself() throws {
    #expect(try Self.run("sh", "-c", "sleep 30 & exit 0").ending == .exited(status: 0))
  }

  @Test func whoeverIsDroppedIsEndedWithHisOwn() throws {
    let folder = TemporaryFolder()
    var child: ChildProgram? = try ChildProgram(
      ["sh", "-c", "sleep 1000 & echo $! > \(folder.file("pid")); wait"], variables: [])
    let end = Nanoseconds.now() + Nanoseconds(seconds: 20)
    var text = ""
    while text.isEmpty, .now() < end {
      _ = child?.wait()
      text = (try? folder.text("pid"))?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
    }
    let sleeper = try #require(pid_t(text))
    #expect(kill(sleeper, 0) == 0)
    child = nil
    // Nobody may have waited for it yet.
    var state = ""
    repeat {
      usleep(10_000)
      state = (try? String(contentsOfFile: "/proc/\(sleeper)/stat", encoding: .utf8)) ?? "gone"
    } while state != "gone" && !state.contains(") Z") && .now() < end
    #expect(state == "gone" || state.contains(") Z"))
  }
}

@Suite struct TimeTextTests {
  @Test func momentsAreInUTC() {
    let time = Nanoseconds(1_795_000_000_007_900_000)
    #expect(TimeText.utc(time) == "2026-11-18T11:06:40.007Z")
    #expect(TimeText.fileName(time) == "20261118T110640007Z")
    #expect(TimeText.utc(.zero) == "1970-01-01T00:00:00.000Z")
  }
}
