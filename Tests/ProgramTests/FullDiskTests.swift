import Foundation
import TestSupport
import Testing

/// The program on a disk that fills up: it says so, goes on, and what it wrote is whole.
struct FullDiskTests {
  @Test(
    .enabled(if: SmallDisk.isUsable, "skipped: no right to mount a tmpfs"),
    arguments: ["x.csv", "x.jsonl", "x.trace.json"])
  func theRunGoesOn(name: String) throws {
    let disk = try SmallDisk(free: 32 << 10)
    let folder = TemporaryFolder()
    let frames = 90
    let run = try Program.run(
      ["live", "--source", "demo", "--headless", "--frames", "\(frames)", "--log", disk.path + "/" + name], in: folder)
    // Every result is shown, and at the end the status tells that not all were logged.
    #expect(run.status == 1 && run.lines.count == frames, "\(run)")
    #expect(run.error.contains("logging stopped: the disk of the log is full ('\(disk.path)/\(name)')"), "\(run)")

    let report = try Program.run(["report", disk.path + "/" + name], in: folder)
    #expect(report.status == 0 && !report.output.contains("cut off"), "the row that did not fit is gone: \(report)")
    let rows = try #require(report.output.firstMatch(of: /: (\d+) rows in/).flatMap { Int($0.1) }, "\(report)")
    // A row takes from 0.5 kB (CSV) to 4.4 kB (trace).
    #expect(rows >= 3 && rows < frames, "\(report)")
    let bytes = try Data(contentsOf: URL(filePath: disk.path + "/" + name))
    #expect(bytes.last == 10, "ends with a whole line")
  }

  @Test(.enabled(if: SmallDisk.isUsable && TmuxSession.isUsable, "skipped: no tmux, or no right to mount a tmpfs"))
  func theScreenSaysSo() throws {
    let disk = try SmallDisk(free: 32 << 10)
    let terminal = try TmuxSession(width: 140, height: 30)
    terminal.type("$M live --source demo --log \(disk.path)/x.trace.json; echo status=$?")
    try terminal.wait(for: "the disk of the log is full")
    // Alive: it takes keys and changes its network.
    terminal.press("[")
    try terminal.wait(for: "(192)")
    terminal.press("q")
    try terminal.wait(for: "logging stopped: the disk of the log is full")
    try terminal.wait(for: "status=1")
  }
}
