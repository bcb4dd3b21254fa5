import Foundation
import Testing

/// A file system of 1 MB of which `free` bytes are left.
final class SmallDisk {
  let path: String

  /// `nil` where mounting is not permitted.
  init?(free: Int) throws {
    let template = FileManager.default.temporaryDirectory.path + "/mobilecam-disk-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: template, withIntermediateDirectories: true)
    path = template
    guard mount("tmpfs", path, "tmpfs", 0, "size=1m") == 0 else {
      rmdir(path)
      return nil
    }
    try Data(count: (1 << 20) - free).write(to: URL(filePath: path + "/filler"))
  }

  deinit {
    umount2(path, Int32(MNT_DETACH))
    rmdir(path)
  }
}

/// The program on a disk that fills up: it says so, goes on, and what it wrote is whole.
struct FullDiskTests {
  static let canMount: Bool = {
    ProcessInfo.processInfo.environment["MOBILECAM_REQUIRE_REFERENCE"] == "1"
      || ((try? SmallDisk(free: 4096)) ?? nil) != nil
  }()

  @Test(
    .enabled(if: Self.canMount, "skipped: no right to mount a tmpfs"), arguments: ["x.csv", "x.jsonl", "x.trace.json"])
  func theRunGoesOn(name: String) throws {
    let disk = try #require(try SmallDisk(free: 32 << 10), "mounting a tmpfs must work here")
    let folder = try Folder()
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

  @Test(.enabled(if: Self.canMount && TmuxSession.isUsable, "skipped: no tmux, or no right to mount a tmpfs"))
  func theScreenSaysSo() throws {
    let disk = try #require(try SmallDisk(free: 32 << 10), "mounting a tmpfs must work here")
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
