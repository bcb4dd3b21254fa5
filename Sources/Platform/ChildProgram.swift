import CSystem
import Glibc

/// Another program that this one has started, in a session of its own: it has no terminal to write on or to be stopped by,
/// and a signal that is meant for us (Ctrl-C) is none for it. Belongs to one thread.
public final class ChildProgram {
  public enum Ending: Sendable, Hashable {
    case exited(status: Int)
    /// By a signal.
    case killed(by: Int)
  }

  /// Bytes that are kept of what it prints.
  private static let mostOutput = 1000
  /// What is read at once, and how long is waited then: a program that prints without end is held up by its full pipe, and
  /// costs nobody else the processor.
  private static let readBytes = 1 << 16
  private static let tick = Nanoseconds(milliseconds: 10)

  private let process: pid_t
  private let pipe: File
  private var isPipeOpen = true
  /// The beginning of what it printed on standard output and error; the rest is dropped.
  public private(set) var output: [UInt8] = []
  /// Once it has ended, and was waited for.
  public private(set) var ending: Ending?

  /// Starts a program, found by `PATH`. Its standard input is empty; it inherits nothing else that is open here.
  /// - Parameters:
  ///   - words: the program and its arguments; at least one.
  ///   - variables: of its environment, beside ours.
  public init(_ words: [String], variables: [(name: String, value: String)]) throws(SystemError) {
    // Ignored since before our start, children would vanish without a status.
    Glibc.signal(SIGCHLD, SIG_DFL)
    var ends: [Int32] = [0, 0]
    guard mobilecam_pipe(&ends) == 0 else { throw .last }
    pipe = File(owning: ends[0], path: "what '\(words[0])' prints")
    let printing = File(owning: ends[1], path: pipe.path)
    _ = fcntl(pipe.descriptor, F_SETFL, O_NONBLOCK)

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, printing.descriptor, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, printing.descriptor, STDERR_FILENO)
    // A camera that a child holds open would stay busy after our end.
    posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | mobilecam_spawn_in_new_session))

    let arguments = Self.copies(words)
    let environment = Self.environment(with: variables)
    defer { for text in arguments + environment { free(text) } }
    var started: pid_t = 0
    // The program's name, which every command begins with.
    let code = posix_spawnp(&started, arguments[0]!, &actions, &attributes, arguments, environment)
    guard code == 0 else { throw SystemError(code) }
    process = started
  }

  /// Whoever drops it before its end leaves nothing behind.
  deinit {
    guard ending == nil else { return }
    send(signal: SIGKILL)
    var state: Int32 = 0
    while waitpid(process, &state, 0) < 0, errno == EINTR {}
  }

  private static func copies(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] {
    texts.map { PathText.withBytes($0) { strdup($0) } } + [nil]
  }

  private static func environment(with variables: [(name: String, value: String)]) -> [UnsafeMutablePointer<CChar>?] {
    var all: [UnsafeMutablePointer<CChar>?] = []
    var place = mobilecam_environment()
    while let entry = place?.pointee {
      let isOurs = variables.contains { strncmp(entry, $0.name + "=", $0.name.utf8.count + 1) == 0 }
      if !isOurs { all.append(strdup(entry)) }
      place = place?.advanced(by: 1)
    }
    return all + copies(variables.map { "\($0.name)=\($0.value)" })
  }

  /// Waits a moment for its end, and reads what it prints meanwhile.
  /// - Returns: how it ended; `nil` while it runs.
  public func wait() -> Ending? {
    if let ending { return ending }
    if isPipeOpen {
      var ready = pollfd(fd: pipe.descriptor, events: Int16(POLLIN), revents: 0)
      if poll(&ready, 1, Self.tick.pollMilliseconds) > 0 {
        readOutput()
        usleep(useconds_t(Self.tick.count / 1000))
      }
    } else {
      usleep(useconds_t(Self.tick.count / 1000))
    }
    var state: Int32 = 0
    guard waitpid(process, &state, WNOHANG) == process else { return nil }
    // wait(2): the low seven bits are the signal, the next eight the exit status.
    let number = Int(state & 0x7F)
    ending = number == 0 ? .exited(status: Int(state >> 8 & 0xFF)) : .killed(by: number)
    readOutput()
    return ending
  }

  private func readOutput() {
    var buffer = [UInt8](repeating: 0, count: Self.readBytes)
    let got = buffer.withUnsafeMutableBytes { try? pipe.read(into: $0) }
    // Nothing at the moment is an error, EAGAIN.
    guard let got else { return }
    if got == 0 { isPipeOpen = false }
    output += buffer.prefix(min(got, Self.mostOutput - output.count))
  }

  /// Sends a signal to it and to those that it has started in turn.
  public func send(signal number: Int32) { if ending == nil { kill(-process, number) } }

  /// Whether a program of that name can be started now: as a path, or found by `PATH`.
  public static func exists(_ program: String) -> Bool {
    func canStart(_ path: String) -> Bool {
      File.kind(of: path) == .regular && (try? File.mayAccess(path, X_OK)) != nil
    }
    if program.utf8.contains(UInt8(ascii: "/")) { return canStart(program) }
    // What execvp(3) takes where PATH is not set.
    let places = PathText.variable("PATH") ?? "/bin:/usr/bin"
    return places.split(separator: ":", omittingEmptySubsequences: false)
      .contains { canStart(($0.isEmpty ? "." : $0) + "/" + program) }
  }
}
