import Foundation
import Glibc
import Testing

/// A program on a terminal of its own, watched from the other end.
final class PseudoTerminal {
  private let master: Int32
  /// Kept open, so that the modes can be read when the program is gone.
  private var slave: Int32
  private(set) var process: pid_t = 0
  /// The terminal's modes before the program started.
  private(set) var modesBefore = termios()
  private(set) var output: [UInt8] = []

  /// Starts `screen-probe` with one argument on a terminal of 100 × 30.
  convenience init(mode: String, environment: [String: String] = [:]) throws {
    try self.init(run: [Self.probe.path, mode], environment: environment)
  }

  /// Starts a program on a terminal of 100 × 30, as the leader of a session of its own.
  /// - Parameters:
  ///   - ignored: signals that the program's parent ignores.
  ///   - isStopped: the terminal's output is stopped (Ctrl-S) from the start.
  init(
    run command: [String], environment: [String: String] = [:], ignored: [Int32] = [], isStopped: Bool = false
  ) throws {
    var command = command
    if !ignored.isEmpty {
      let numbers = ignored.map(String.init).joined(separator: " ")
      command = ["/bin/sh", "-c", "trap '' \(numbers); exec \"$@\"", "sh"] + command
    }
    // As openpty does it; Swift's Glibc has neither that nor posix_openpt.
    master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var (locked, number): (Int32, Int32) = (0, 0)
    let (setLock, getNumber): (UInt, UInt) = (0x4004_5431, 0x8004_5430)  // TIOCSPTLCK, TIOCGPTN
    let isReady = master >= 0 && ioctl(master, setLock, &locked) == 0 && ioctl(master, getNumber, &number) == 0
    try #require(isReady, "no pseudo-terminal")
    let name = "/dev/pts/\(number)"
    slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC)
    resize(columns: 100, rows: 30)
    tcgetattr(slave, &modesBefore)
    if isStopped { type(Self.controlS) }

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    // The first terminal that a session's leader opens becomes its controlling one: Ctrl-C and HUP work as in life.
    posix_spawn_file_actions_addopen(&actions, 0, name, O_RDWR, 0)
    posix_spawn_file_actions_adddup2(&actions, 0, 1)
    posix_spawn_file_actions_adddup2(&actions, 0, 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    let newSession: Int32 = 0x80  // POSIX_SPAWN_SETSID, a GNU extension
    posix_spawnattr_setflags(&attributes, Int16(newSession | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
    var signals = sigset_t()
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)

    var values = ["TERM": "xterm-256color", "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"]
    values["ASAN_OPTIONS"] = ProcessInfo.processInfo.environment["ASAN_OPTIONS"]
    values.merge(environment) { $1 }
    let variables = values.map { strdup("\($0)=\($1)") } + [nil]
    let arguments = command.map { strdup($0) } + [nil]
    defer { (variables + arguments).forEach { free($0) } }
    let status = posix_spawn(&process, command[0], &actions, &attributes, arguments, variables)
    try #require(status == 0, "\(command[0]): \(String(cString: strerror(status)))")
  }

  deinit {
    if process > 0 {
      kill(process, SIGKILL)
      waitpid(process, nil, 0)
    }
    close(master)
    if slave >= 0 { close(slave) }
  }

  /// Beside the test bundle, where SwiftPM puts every product.
  static let probe: URL = {
    let bundle = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    return bundle.appendingPathComponent("screen-probe")
  }()

  /// The program itself.
  static let program = probe.deletingLastPathComponent().appendingPathComponent("mobilecam").path

  /// Whether this is a release build.
  static let isOptimised: Bool = {
    #if DEBUG
      false
    #else
      true
    #endif
  }()

  /// Whether the terminal's modes are what they were before the program started: all that `stty -a` prints of them.
  var hasModesOfBefore: Bool { isSame(modes, modesBefore) }

  var modes: termios {
    var modes = termios()
    tcgetattr(slave, &modes)
    return modes
  }

  func resize(columns: UInt16, rows: UInt16) {
    var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(master, UInt(TIOCSWINSZ), &size)
  }

  /// Stops the terminal's output.
  static let controlS = "\u{13}"

  func type(_ text: String) { _ = write(master, text, text.utf8.count) }

  /// Reads until the output since `mark` contains `text`; false after ten seconds, or when the program closed the terminal.
  @discardableResult
  func wait(for text: String, since mark: Int = 0) -> Bool {
    let deadline = Date().addingTimeInterval(10)
    while Date() < deadline {
      if contains(text, since: mark) { return true }
      read(milliseconds: 50)
    }
    return contains(text, since: mark)
  }

  /// Reads what comes within some time.
  func drain(milliseconds: Int) {
    let deadline = Date().addingTimeInterval(Double(milliseconds) / 1000)
    while Date() < deadline { read(milliseconds: Int32(milliseconds)) }
  }

  /// Waits for the first byte that the program writes.
  func waitForOutput() {
    let deadline = Date().addingTimeInterval(10)
    while output.isEmpty, Date() < deadline { read(milliseconds: 50) }
  }

  /// Waits until the program is in a call that writes, with nobody to read what it wrote.
  func waitUntilStuck() -> Bool {
    let deadline = Date().addingTimeInterval(10)
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
  func faults(said: String) -> [String] {
    var faults: [String] = []
    if !hasModesOfBefore { faults.append("stty -a differs") }
    let text = String(decoding: output, as: UTF8.self)
    guard let left = text.range(of: TerminalModeTests.leavesScreen, options: .backwards) else {
      return faults + ["the alternate screen was not left"]
    }
    let after = text[left.upperBound...]
    let shown = text.range(of: TerminalModeTests.showsCursor, options: .backwards)
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

  func contains(_ text: String, since mark: Int = 0) -> Bool {
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
  func status(within seconds: TimeInterval = 10, isRead: Bool = true) -> Int32? {
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
  func hangUp() {
    close(slave)
    slave = -1
    // The other end stays open in `deinit`; what hangs a terminal up is its last master.
    dup2(open("/dev/null", O_RDWR), master)
  }
}

func isSame(_ a: termios, _ b: termios) -> Bool {
  var (a, b) = (a, b)
  return withUnsafeBytes(of: &a.c_cc) { x in withUnsafeBytes(of: &b.c_cc) { x.elementsEqual($0) } }
    && a.c_iflag == b.c_iflag && a.c_oflag == b.c_oflag && a.c_cflag == b.c_cflag && a.c_lflag == b.c_lflag
}
