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
  init(run command: [String], environment: [String: String] = [:]) throws {
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

    var values = ["TERM": "xterm-256color", "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin", "SWIFT_BACKTRACE": "enable=no"]
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

  func contains(_ text: String, since mark: Int = 0) -> Bool {
    String(decoding: output[min(mark, output.count)...], as: UTF8.self).contains(text)
  }

  private func read(milliseconds: Int32) {
    var ready = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
    guard poll(&ready, 1, milliseconds) > 0 else { return }
    var part = [UInt8](repeating: 0, count: 65536)
    let count = Glibc.read(master, &part, part.count)
    if count > 0 { output += part[..<count] }
  }

  /// The wait status of the program once it ended, reading what it writes meanwhile; `nil` after some seconds.
  func status(within seconds: TimeInterval = 10) -> Int32? {
    let deadline = Date().addingTimeInterval(seconds)
    while Date() < deadline {
      var status: Int32 = 0
      if waitpid(process, &status, WNOHANG) == process {
        process = 0
        read(milliseconds: 20)
        return status
      }
      read(milliseconds: 20)
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
