import Foundation
import Pixels
import Platform
import TestSupport
import Testing

/// Teaching on a real terminal: keys pressed, screen and folder read.
@Suite(.enabled(if: TmuxSession.isUsable, TmuxSession.comment), .serialized)
struct TeachingScreenTests {
  /// The demo reel with a collection that nothing was taught yet, and teaching open at a first name.
  private func teaching(_ folder: String) throws -> TmuxSession {
    let terminal = try TmuxSession(width: 110, height: 34)
    terminal.start("live --source demo --classes \(folder)")
    try terminal.wait(for: "no classes yet: T teaches some")
    terminal.press("T")
    try terminal.wait(for: "┌ teach", "name:")
    return terminal
  }

  /// Presses a key later than what would still be the last burst.
  private func shoot(_ key: String, on terminal: TmuxSession) {
    usleep(700_000)
    terminal.hold(key)
  }

  @Test func aNewFolderIsTaught() throws {
    let terminal = try teaching("things")
    terminal.type("my cup")
    try terminal.wait(for: "1    my cup", "missing: a class", without: ["name:"])
    shoot("1", on: terminal)
    try terminal.wait(until: "a burst") {
      $0.contains(/my cup +\d+ in 1 burst/) && $0.contains("another burst of my cup")
    }
    shoot("1", on: terminal)
    try terminal.wait(until: "a second burst") {
      $0.contains(/my cup +\d+ in 2 bursts/) && $0.contains("what it is not")
    }
    shoot("0", on: terminal)
    try terminal.wait(until: "a burst of none") {
      $0.contains(/none of these +\d+ in 1 burst/) && $0.contains("enough to go on") && $0.contains("held out:")
    }
    let things = terminal.folder.file("things")
    try terminal.wait(until: "the files") { _ in (try? Folder.names(in: things)) == ["my cup", "none"] }
    for name in try Folder.names(in: things + "/my cup") {
      #expect(name.wholeMatch(of: /\d{8}T\d{9}Z-\d\d\.jpg/) != nil, "\(name)")
      let shot = try ImageFile.load(path: "\(things)/my cup/\(name)")
      #expect(shot.width == 256 && shot.height == 256)
    }
    // Its digits are its own: α stays.
    terminal.press("4")
    try terminal.wait(for: "no class has the key 4 yet", "α 0.25")
    terminal.press("u")
    try terminal.wait(for: "took back", "missing: what it is not")
    #expect(try Folder.names(in: things) == ["my cup"])
    terminal.press("Escape")
    try terminal.wait(for: "your classes", without: ["┌ teach"])
    terminal.press("4")
    try terminal.wait(for: "α 1.00", "my cup")
    // What was shot before the switch is known behind it.
    terminal.press("T")
    try terminal.wait(until: "both bursts") { $0.contains(/my cup +\d+ in 2 bursts/) && !$0.contains("no shots until") }
    terminal.press("q")
    try terminal.expectEnd(status: 0)
    #expect(terminal.screen.contains(/taught \d+ shots? into things/), "\(terminal.screen)")
    let listing = try Program.run(["teach", "things"], in: terminal.folder)
    #expect(listing.status == 0 && listing.output.contains(/my cup +2\s/), "\(listing)")
  }

  @Test func whereNothingIsTaughtNothingIsLeft() throws {
    let terminal = try teaching("things")
    terminal.press("Escape")
    try terminal.wait(for: "┌ teach", without: ["name:"])
    terminal.press("Escape")
    try terminal.wait(for: "your classes", without: ["┌ teach"])
    #expect(Folder.exists(terminal.folder.file("things")))
    terminal.press("q")
    try terminal.expectEnd(status: 0)
    #expect(!File.exists(terminal.folder.file("things")))
  }

  @Test(.enabled(if: SmallDisk.isUsable, "skipped: no right to mount a tmpfs")) func aDiskThatBecomesReadOnly() throws {
    let disk = try SmallDisk()
    let terminal = try teaching(disk.path + "/things")
    terminal.type("cup")
    try terminal.wait(for: "1    cup")
    shoot("1", on: terminal)
    try terminal.wait(until: "a burst") { $0.contains(/cup +\d+ in 1 burst/) }
    let cups = disk.path + "/things/cup"
    try terminal.wait(until: "all of it on the disk") { screen in
      let shots = screen.firstMatch(of: /cup +(\d+) in 1 burst/).flatMap { Int($0.1) }
      return (try? Folder.names(in: cups))?.count == shots
    }
    usleep(700_000)
    try disk.makeReadOnly()
    let before = try Folder.names(in: cups)
    #expect(!before.isEmpty)
    shoot("1", on: terminal)
    try terminal.wait(until: "the loss") { $0.contains("not written") && $0.contains(/cup +\d+ in 1 burst/) }
    terminal.press("q")
    try terminal.expectEnd(status: 1)
    // The folder's name may have the line end anywhere.
    #expect(terminal.screen.replacing("\n", with: "").contains("could not be written"), "\(terminal.screen)")
    #expect(try Folder.names(in: cups) == before)
  }

  @Test func withoutACollectionTTellsHowToStart() throws {
    let terminal = try TmuxSession(width: 110, height: 34)
    terminal.start("live --source demo")
    try terminal.wait(for: "top 5", without: ["waiting for the first"])
    terminal.press("T")
    try terminal.wait(for: "teaching needs a folder for your classes")
    terminal.press("q")
    try terminal.expectEnd(status: 0)
  }

  /// Without a screen nothing can be taught, and a folder that cannot be made is told before anything runs.
  @Test func foldersThatCannotBeUsed() throws {
    let folder = TemporaryFolder()
    let headless = try Program.run(
      ["live", "--headless", "--source", Checkout.asset("demo/coffee.jpg"), "--classes", "gone"], in: folder)
    #expect(headless.status == 1 && headless.error.contains("found nothing of that name"), "\(headless)")
    #expect(folder.names.isEmpty)
    let terminal = try TmuxSession(width: 200, height: 30)
    for (path, words) in [("/proc/things", "cannot be made"), ("pid", "found a file")] {
      terminal.type("clear; sh -c 'echo $$ >pid; exec $M live --source demo --classes \(path)'")
      try terminal.wait(for: words)
    }
  }
}
