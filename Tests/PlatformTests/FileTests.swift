import Foundation
import Platform
import TestSupport
import Testing

/// Files that are replaced: the old one or the new one, whole.
struct FileReplacementTests {
  private let temporary = TemporaryFolder()
  private var folder: String { temporary.path }

  private func text(_ name: String) -> String? { File.text(of: "\(folder)/\(name)") }
  private func put(_ name: String, _ text: String) throws {
    try temporary.write(name, text)
  }
  private var names: [String] { (try? Platform.Folder.names(in: folder)) ?? [] }

  @Test func theOldOneStaysUntilTheNewOneIsWhole() throws {
    try put("page", "old")
    do {
      let file = try FileReplacement(path: "\(folder)/page")
      try file.write("half".utf8)
      #expect(text("page") == "old")
    }
    #expect(text("page") == "old" && names == ["page"], "an unfinished one leaves nothing")
    let file = try FileReplacement(path: "\(folder)/page")
    try file.write("new".utf8)
    try file.finish()
    #expect(text("page") == "new" && names == ["page"])
  }

  @Test func whatIsThereIsNotReplacedUnasked() throws {
    try put("page", "old")
    #expect(throws: SystemError(EEXIST)) { try FileReplacement(path: "\(folder)/page", replaces: false) }
    #expect(throws: SystemError(EISDIR)) { try FileReplacement(path: folder) }
    #expect(throws: SystemError(ENOENT)) { try FileReplacement(path: "\(folder)/nowhere/page") }
    #expect(text("page") == "old" && names == ["page"])
  }

  /// Somebody else makes such a file while ours is being written.
  @Test func aNameThatIsTakenMeanwhile() throws {
    let file = try FileReplacement(path: "\(folder)/page", replaces: false)
    try file.write("ours".utf8)
    try put("page", "theirs")
    #expect(throws: SystemError(EEXIST)) { try file.finish() }
    #expect(text("page") == "theirs")
    do {
      let other = try FileReplacement(path: "\(folder)/other", replaces: false)
      try other.write("new".utf8)
      try other.finish()
    }
    #expect(text("other") == "new" && names.filter { !$0.hasSuffix(".new") } == ["other", "page"])
  }

  @Test func aPrivateFileStaysPrivate() throws {
    try put("page", "old")
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: "\(folder)/page")
    let file = try FileReplacement(path: "\(folder)/page")
    try file.write("new".utf8)
    try file.finish()
    #expect(text("page") == "new" && File.facts(of: "\(folder)/page")?.permissions == 0o600)
  }

  /// Through a link its target is replaced; a second name of the old file keeps the old content.
  @Test func links() throws {
    try put("target", "old")
    try FileManager.default.createSymbolicLink(atPath: "\(folder)/link", withDestinationPath: "target")
    try FileManager.default.linkItem(atPath: "\(folder)/target", toPath: "\(folder)/second")
    let file = try FileReplacement(path: "\(folder)/link")
    try file.write("new".utf8)
    try file.finish()
    #expect(text("target") == "new" && text("link") == "new" && text("second") == "old")
    #expect((try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/link")) == "target")
  }

  @Test func aDeviceIsWrittenToAsItIs() throws {
    let file = try FileReplacement(path: "/dev/null")
    try file.write("anything".utf8)
    try file.finish()
    let full = try FileReplacement(path: "/dev/full")
    #expect(throws: SystemError(ENOSPC)) { try full.write("anything".utf8) }
    #expect(File.kind(of: "/dev/full") == .characterDevice)
  }

  @Test func whatIsNoRegularFileIsRefusedAtOnce() throws {
    #expect(mkfifo("\(folder)/pipe", 0o600) == 0)
    #expect(mknod("\(folder)/socket", S_IFSOCK | 0o600, 0) == 0)
    for (path, found) in [
      ("\(folder)/pipe", "a pipe"), ("\(folder)/socket", "a socket"), (folder, "a folder"),
      ("/dev/zero", "a character device"),
    ] {
      #expect(throws: UserError(found)) { try File.read(path) { found, _ in UserError(found) } }
    }
    #expect(throws: UserError("No such file or directory")) {
      try File.read("\(folder)/none") { found, _ in UserError(found) }
    }
    try put("file", "content")
    let file = try File.read("\(folder)/file") { found, _ in UserError(found) }
    #expect(try file.bytes(limit: 7) == Array("content".utf8))
    #expect(try File.read("\(folder)/file") { found, _ in UserError(found) }.bytes(limit: 6) == nil)
  }
}

/// Files made anew, whatever has their name.
struct NewFileTests {
  private let temporary = TemporaryFolder()
  private var folder: String { temporary.path }
  init() throws { try temporary.write("victim", "precious") }

  /// What is planted, and whether a file can take its place.
  static let planted: [(name: String, plant: @Sendable (_ victim: String, _ path: String) -> Int32, isReplaced: Bool)] =
    [
      ("nothing", { _, _ in 0 }, true),
      ("a symbolic link", { symlink($0, $1) }, true),
      ("a link that leads nowhere", { symlink($0 + "-nowhere", $1) }, true),
      ("a hard link", { link($0, $1) }, true),
      ("a pipe", { mkfifo($1, 0o600) }, true),
      ("a socket", { mknod($1, S_IFSOCK | 0o600, 0) }, true),
      ("a folder", { mkdir($1, 0o700) }, false),
    ]

  @Test func nothingIsWrittenThrough() throws {
    for (name, plant, isReplaced) in Self.planted {
      let path = "\(folder)/\(name)"
      #expect(plant("\(folder)/victim", path) == 0)
      do throws(SystemError) {
        try File.createAnew(path).write("new".utf8)
        #expect(isReplaced && File.text(of: path) == "new" && File.facts(of: path)?.linkCount == 1, "\(name)")
      } catch {
        #expect(!isReplaced && error.code == EEXIST, "\(name): \(error)")
      }
      #expect(File.text(of: "\(folder)/victim") == "precious", "\(name)")
      #expect(!File.exists("\(folder)/victim-nowhere"))
    }
  }

  @Test func linksAreRead() throws {
    let odd = PathText.text(of: Array("\(folder)/caf".utf8) + [0xE9])
    #expect(PathText.withBytes(odd) { symlink("victim", $0) } == 0)
    #expect(File.linkTarget(odd) == "victim" && File.resolved(odd) == File.resolved("\(folder)/victim"))
    #expect(File.linkTarget("\(folder)/victim") == nil && File.resolved("\(folder)/none") == nil)
    #expect(try File.open(odd, O_RDONLY).bytes(3) == Array("pre".utf8))
    try File.mayAccess(odd, R_OK)
    #expect(throws: SystemError(ENOENT)) { try File.mayAccess("\(folder)/none", R_OK) }
  }
}

/// Lines that come faster than anybody reads.
struct LinePaceTests {
  @Test func afterABurstOneAtATime() {
    let period = Nanoseconds(seconds: 2)
    for start in [Nanoseconds.zero, Nanoseconds(seconds: 1e6)] {
      var pace = LinePace(burst: 4, period: period)
      func count(_ seconds: ClosedRange<Double>) -> Int {
        // A hundred a second.
        stride(from: seconds.lowerBound, to: seconds.upperBound, by: 0.01).reduce(0) {
          $0 + (pace.allows(at: start + period + Nanoseconds(seconds: $1)) ? 1 : 0)
        }
      }
      #expect(count(0...1) == 4)
      #expect((10...11).contains(count(1...21)))
      #expect(count(1000...1001) == 4, "after a rest there is another burst")
      _ = pace.allows(at: Nanoseconds(.min))
      _ = pace.allows(at: Nanoseconds(.max))
    }
  }
}

/// Threads and what they wait for.
struct ThreadTests {
  @Test func waitsForWhatAnotherThreadDoes() throws {
    let monitor = Monitor(0)
    let thread = try SystemThread(name: "test") {
      for _ in 0..<100 {
        monitor.withLock { $0 += 1 }
        monitor.signal()
      }
    }
    monitor.wait { $0 == 100 }
    thread.join()
    thread.join()
    #expect(thread.processorTime == nil)
    for over in [Nanoseconds.now(), .zero, Nanoseconds(-1), Nanoseconds(.min)] {
      #expect(!monitor.wait(until: over) { $0 == 101 })
    }
    #expect(monitor.wait(until: .now()) { $0 == 100 })
  }

  /// Signals to the process are the main thread's: in all others they are blocked, but for their own faults.
  @Test func signalsAreBlocked() throws {
    let mask = Monitor<[Int32]?>(nil)
    let thread = try SystemThread(name: "test") {
      var blocked = sigset_t()
      pthread_sigmask(SIG_BLOCK, nil, &blocked)
      let found = (Int32(1)..<32).filter { sigismember(&blocked, $0) == 1 }
      mask.withLock { $0 = found }
    }
    thread.join()
    let found = mask.withLock { $0 } ?? []
    #expect([SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGUSR1].allSatisfy(found.contains))
    #expect(![SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT].contains(where: found.contains))
  }
}

struct SerialQueueTests {
  @Test func oneAfterAnother() throws {
    let queue = SerialQueue(name: "test")
    let done = Monitor<[Int]>([])
    for burst in 0..<20 {
      for number in 0..<50 {
        try queue.async { done.withLock { $0.append(burst * 50 + number) } }
      }
      // After all that was asked for before, at times on an idle queue.
      let count = queue.sync { done.withLock { $0.count } }
      #expect(count == (burst + 1) * 50)
    }
    #expect(done.withLock { $0 } == Array(0..<1000))
  }
}
