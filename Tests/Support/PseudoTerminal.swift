import Foundation
import Glibc

/// A terminal of 100 × 30 whose both ends are ours, and a program on it, watched from the other end.
///
/// Unchecked, since a test hands it to one thread.
package final class PseudoTerminal: @unchecked Sendable {
  private let master: Int32
  /// The end that is a program's; kept open, so that the modes can be read when the program is gone.
  package private(set) var slave: Int32
  package let path: String
  package private(set) var process: pid_t = 0
  /// The terminal's modes before the program started.
  package private(set) var modesBefore = termios()
  package private(set) var output: [UInt8] = []

  /// A terminal without a program.
  package init() throws {
    // As openpty does it; Swift's Glibc has neither that nor posix_openpt.
    master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var (locked, number): (Int32, Int32) = (0, 0)
    let (setLock, getNumber): (UInt, UInt) = (0x4004_5431, 0x8004_5430)  // TIOCSPTLCK, TIOCGPTN
    let isReady = master >= 0 && ioctl(master, setLock, &locked) == 0 && ioctl(master, getNumber, &number) == 0
    path = "/dev/pts/\(number)"
    slave = isReady ? open(path, O_RDWR | O_NOCTTY | O_CLOEXEC) : -1
    guard slave >= 0 else { throw CannotRun("no pseudo-terminal: \(String(cString: strerror(errno)))") }
    resize(columns: 100, rows: 30)
    tcgetattr(slave, &modesBefore)
  }

  /// Starts a program on it, as the leader of a session of its own.
  /// - Parameters:
  ///   - ignored: signals that the program's parent ignores.
  ///   - isStopped: the terminal's output is stopped (Ctrl-S) from the start.
  package convenience init(
    run command: [String], environment: [String: String] = [:], ignored: [Int32] = [], isStopped: Bool = false
  ) throws {
    try self.init()
    var command = command
    if !ignored.isEmpty {
      let numbers = ignored.map(String.init).joined(separator: " ")
      command = ["/bin/sh", "-c", "trap '' \(numbers); exec \"$@\"", "sh"] + command
    }
    if isStopped { type(Self.controlS) }
    var variables = ["TERM": "xterm-256color", "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"]
    variables["ASAN_OPTIONS"] = ProcessInfo.processInfo.environment["ASAN_OPTIONS"]
    process = try ChildProcess.start(
      command, environment: variables.merging(environment) { $1 },
      streams: Array(repeating: .descriptor(slave), count: 3), terminal: path)
  }

  deinit {
    if process > 0 {
      kill(process, SIGKILL)
      waitpid(process, nil, 0)
    }
    close(master)
    if slave >= 0 { close(slave) }
  }

  /// What xterm's `rmcup` and `cnorm` send.
  package static let leavesScreen = "\u{1B}[?1049l"
  package static let showsCursor = "\u{1B}[?25h"

  /// Whether the terminal's modes are what they were before the program started: all that `stty -a` prints of them.
  package var hasModesOfBefore: Bool { isSame(modes, modesBefore) }

  package var modes: termios {
    var modes = termios()
    tcgetattr(slave, &modes)
    return modes
  }

  package func resize(columns: UInt16, rows: UInt16) {
    var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(master, UInt(TIOCSWINSZ), &size)
  }

  /// Stops the terminal's output.
  package static let controlS = "\u{13}"

  package func type(_ text: String) { _ = write(master, text, text.utf8.count) }

  /// How long to wait for what should come: only what never comes is missed, however busy the machine is.
  package static let patience: TimeInterval = 40

  /// Reads until the output since `mark` contains `text`; false where that does not come.
  @discardableResult
  package func wait(for text: String, since mark: Int = 0) -> Bool {
    let deadline = Date().addingTimeInterval(Self.patience)
    while Date() < deadline {
      if contains(text, since: mark) { return true }
      read(milliseconds: 50)
    }
    return contains(text, since: mark)
  }

  /// Reads what there is.
  package func drain() { while read(milliseconds: 0) {} }

  /// Reads what comes within some time.
  package func drain(milliseconds: Int) {
    let deadline = Date().addingTimeInterval(Double(milliseconds) / 1000)
    while Date() < deadline { read(milliseconds: Int32(milliseconds)) }
  }

  /// Waits for the first byte that the program writes.
  package func waitForOutput() {
    let deadline = Date().addingTimeInterval(Self.patience)
    while output.isEmpty, Date() < deadline { read(milliseconds: 50) }
  }

  /// Waits until the program is in a call that writes, with nobody to read what it wrote.
  package func waitUntilStuck() -> Bool {
    let deadline = Date().addingTimeInterval(Self.patience)
    while Date() < deadline {
      let calls = (0..<5).map { _ in
        usleep(20_000)
        return FileManager.default.contents(atPath: "/proc/\(process)/syscall").map {
          String(decoding: $0, as: UTF8.self)
        }
      }
      if let call = calls[0], calls.allSatisfy({ $0 == call }), Self.isWrite(call) { return true }
    }
    return false
  }

  /// Waits until the program has a handler for a signal: before that, the signal's end is the system's.
  package func waitUntilCaught(_ signal: Int32) -> Bool {
    let deadline = Date().addingTimeInterval(Self.patience)
    while Date() < deadline {
      let status = FileManager.default.contents(atPath: "/proc/\(process)/status") ?? Data()
      let caught = String(decoding: status, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("SigCgt:") }
      let mask = caught?.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) } ?? 0
      if mask & 1 << UInt64(signal - 1) != 0 { return true }
      read(milliseconds: 20)
    }
    return false
  }

  /// By its number, with which the line begins.
  private static func isWrite(_ call: String) -> Bool {
    #if arch(x86_64)
      call.hasPrefix("1 ")
    #else
      call.hasPrefix("64 ")
    #endif
  }

  /// What is wrong with the terminal after the program's end: nothing, where its modes are those of before, the alternate
  /// screen was left, the cursor is shown, and after that came `said` and no more drawing.
  package func faults(said: String) -> [String] {
    var faults: [String] = []
    if !hasModesOfBefore { faults.append("stty -a differs") }
    let text = String(decoding: output, as: UTF8.self)
    guard let left = text.range(of: Self.leavesScreen, options: .backwards) else {
      return faults + ["the alternate screen was not left"]
    }
    let after = text[left.upperBound...]
    let shown = text.range(of: Self.showsCursor, options: .backwards)
    let hidden = text.range(of: "\u{1B}[?25l", options: .backwards)
    if shown == nil || (hidden != nil && hidden!.lowerBound > shown!.lowerBound) {
      faults.append("the cursor is hidden")
    }
    if !after.contains(said) { faults.append("'\(said)' is not in \(after.debugDescription)") }
    // A cursor address or a border is the program's drawing.
    if after.contains(/\u{1B}\[\d+;\d+H/) || after.contains("┌") {
      faults.append("drawn after the screen: \(after.debugDescription)")
    }
    return faults
  }

  package func contains(_ text: String, since mark: Int = 0) -> Bool {
    String(decoding: output[min(mark, output.count)...], as: UTF8.self).contains(text)
  }

  /// Whether there was anything.
  @discardableResult
  private func read(milliseconds: Int32) -> Bool {
    var ready = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
    guard poll(&ready, 1, milliseconds) > 0 else { return false }
    var part = [UInt8](repeating: 0, count: 65536)
    let count = Glibc.read(master, &part, part.count)
    if count > 0 { output += part[..<count] }
    return count > 0
  }

  /// The wait status of the program once it ended, reading what it writes meanwhile, or only then; `nil` after some
  /// seconds.
  package func status(within seconds: TimeInterval = patience, isRead: Bool = true) -> Int32? {
    let deadline = Date().addingTimeInterval(seconds)
    while Date() < deadline {
      var status: Int32 = 0
      if waitpid(process, &status, WNOHANG) == process {
        process = 0
        while read(milliseconds: 20) {}
        return status
      }
      if isRead { read(milliseconds: 20) } else { usleep(20_000) }
    }
    return nil
  }

  /// Closes our end: to the program, the terminal is gone.
  package func hangUp() {
    close(slave)
    slave = -1
    // The other end stays open in `deinit`; what hangs a terminal up is its last master.
    let nothing = open("/dev/null", O_RDWR | O_CLOEXEC)
    dup2(nothing, master)
    close(nothing)
  }

  /// The alternate screen was left after it was last entered, or never entered; the cursor likewise.
  package var hasLeftScreen: Bool {
    let text = String(decoding: output, as: UTF8.self)
    func last(_ sequence: String) -> String.Index? { text.range(of: sequence, options: .backwards)?.lowerBound }
    func isUndone(_ on: String, by off: String) -> Bool {
      last(on).map { on in last(off).map { $0 > on } ?? false } ?? true
    }
    return isUndone("\u{1B}[?1049h", by: Self.leavesScreen) && isUndone("\u{1B}[?25l", by: Self.showsCursor)
  }
}

/// Whether two terminals have the same modes: all that `stty -a` prints of them.
package func isSame(_ a: termios, _ b: termios) -> Bool {
  var (a, b) = (a, b)
  return withUnsafeBytes(of: &a.c_cc) { x in withUnsafeBytes(of: &b.c_cc) { x.elementsEqual($0) } }
    && a.c_iflag == b.c_iflag && a.c_oflag == b.c_oflag && a.c_cflag == b.c_cflag && a.c_lflag == b.c_lflag
}
