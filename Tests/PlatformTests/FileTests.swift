import Foundation
import Platform
import Testing

/// Files that are replaced: the old one or the new one, whole.
struct FileReplacementTests {
  let folder: String
  init() throws {
    folder = "/tmp/mobilecam-platform-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  private func text(_ name: String) -> String? { File.text(of: "\(folder)/\(name)") }
  private func put(_ name: String, _ text: String) throws {
    try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)"))
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
    for (path, found) in [("\(folder)/pipe", "a pipe"), (folder, "a folder"), ("/dev/zero", "a character device")] {
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
    #expect(!monitor.wait(until: .now()) { $0 == 101 })
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
