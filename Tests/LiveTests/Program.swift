import Foundation

/// A process run to its end, or killed where it does not end.
struct Run: CustomStringConvertible {
  var command: String
  /// The exit status; 128 + n where signal n ended it.
  var status: Int32
  var output: String
  var error: String
  var hasTimedOut: Bool

  var description: String {
    "\(command)\nstatus \(status)\(hasTimedOut ? ", killed as it did not end" : "")\noutput: \(output.prefix(2000))\nerror: \(error)"
  }

  /// The lines of standard output.
  var lines: [Substring] { output.split(separator: "\n", omittingEmptySubsequences: true) }
}

/// The program, as a user runs it.
enum Program {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// The executable that was built with these tests: it lies beside them.
  static let path: String = {
    let tests =
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    return URL(filePath: tests).deletingLastPathComponent().appending(path: "mobilecam").path
  }()

  static func asset(_ name: String) -> String { root.appending(path: "assets/\(name)").path }

  /// Long, since the machine may be busy with something else; a program that hangs is found all the same.
  static let timeout: TimeInterval = 40

  /// The environment of a user without settings of his own.
  static func environment(home: String) -> [String: String] {
    var environment = ProcessInfo.processInfo.environment.filter {
      !$0.key.hasPrefix("MOBILECAM_")
        && !["XDG_DATA_HOME", "NO_COLOR", "TMUX", "TERM", "LC_CTYPE", "LANG"].contains($0.key)
    }
    environment["HOME"] = home
    environment["LC_ALL"] = "C.UTF-8"
    return environment
  }

  /// Runs the program itself.
  static func run(
    _ arguments: [String], in folder: Folder, environment extra: [String: String] = [:]
  ) throws -> Run {
    try execute(path, arguments, in: folder, environment: extra)
  }

  /// Runs a line of shell, in which `$M` is the program.
  static func shell(_ line: String, in folder: Folder, environment extra: [String: String] = [:]) throws -> Run {
    try execute("/bin/sh", ["-c", line], in: folder, environment: extra.merging(["M": path]) { own, _ in own })
  }

  /// Runs any executable, found by `PATH`. What it prints goes through files: a pipe that nobody reads would stop it.
  static func execute(
    _ executable: String, _ arguments: [String], in folder: Folder, environment extra: [String: String] = [:]
  ) throws -> Run {
    let files = try ["output", "error"].map { name in
      let file = folder.url.appending(path: ".\(name)-\(UUID().uuidString)")
      try Data().write(to: file)
      return file
    }
    defer { for file in files { try? FileManager.default.removeItem(at: file) } }
    let process = try spawn(
      executable, arguments, in: folder.path,
      environment: environment(home: folder.path).merging(extra) { _, new in new }, output: files[0].path,
      error: files[1].path)
    let deadline = Date() + timeout
    var hasTimedOut = false
    var state: Int32 = 0
    while waitpid(process, &state, WNOHANG) == 0 {
      if Date() > deadline, !hasTimedOut {
        hasTimedOut = true
        kill(process, SIGKILL)
      }
      usleep(2000)
    }
    // wait(2): the low seven bits are the signal, the next eight the exit status.
    let signal = state & 0x7F
    return Run(
      command: ([executable] + arguments).joined(separator: " "),
      status: signal == 0 ? state >> 8 & 0xFF : 128 + signal,
      output: String(decoding: try Data(contentsOf: files[0]), as: UTF8.self),
      error: String(decoding: try Data(contentsOf: files[1]), as: UTF8.self), hasTimedOut: hasTimedOut)
  }

  /// Runs the program and kills it (SIGKILL) after so many seconds.
  /// - Returns: the whole lines that it printed, and when it was killed, in seconds on the monotonic clock.
  static func runAndKill(
    _ arguments: [String], after seconds: TimeInterval, in folder: Folder
  ) throws -> (lines: [Substring], killed: TimeInterval) {
    let output = folder.path + "/.killed-output"
    let process = try spawn(
      path, arguments, in: folder.path, environment: environment(home: folder.path), output: output,
      error: folder.path + "/.killed-error", creates: true)
    usleep(UInt32(seconds * 1e6))
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    kill(process, SIGKILL)
    var state: Int32 = 0
    waitpid(process, &state, 0)
    let printed = String(decoding: try Data(contentsOf: URL(filePath: output)), as: UTF8.self)
    // The last line may be torn, as the log's last row may.
    let whole = printed.lastIndex(of: "\n").map { printed[..<$0] } ?? ""
    return (whole.split(separator: "\n"), Double(now.tv_sec) + Double(now.tv_nsec) / 1e9)
  }

  /// Foundation's `Process` waits for all descendants to end; a server that a command leaves behind never does.
  private static func spawn(
    _ executable: String, _ arguments: [String], in folder: String, environment: [String: String], output: String,
    error: String, creates: Bool = false
  ) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    let flags = creates ? O_WRONLY | O_CREAT : O_WRONLY
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, flags, 0o644)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, error, flags, 0o644)
    // Signals that the test's process ignores or blocks must reach the program.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    // `env` changes the folder and becomes the program.
    var strings = (["env", "-C", folder, executable] + arguments).map { strdup($0) } + [nil]
    var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for string in strings + variables { free(string) } }
    var process: pid_t = 0
    let status = posix_spawn(&process, "/usr/bin/env", &actions, &attributes, &strings, &variables)
    guard status == 0 else { throw CannotRun(description: "/usr/bin/env: \(String(cString: strerror(status)))") }
    return process
  }

  struct CannotRun: Error, CustomStringConvertible {
    let description: String
  }
}

/// A folder of a test's own, removed with it.
final class Folder {
  let url: URL
  var path: String { url.path }

  init() throws {
    url = URL(filePath: "/tmp").appending(path: "mobilecam-live-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// The path of a file in it, written if there is something to write.
  @discardableResult
  func file(_ name: String, _ contents: Data? = nil) throws -> String {
    let file = url.appending(path: name)
    try contents?.write(to: file)
    return file.path
  }

  func data(_ name: String) throws -> Data { try Data(contentsOf: url.appending(path: name)) }
  func text(_ name: String) throws -> String { String(decoding: try data(name), as: UTF8.self) }

  var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }
}

/// JSON as a test looks into it: every step that is not there is nil.
struct JSON {
  let value: Any?

  init(_ text: some StringProtocol) throws {
    value = try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
  }
  private init(any: Any?) { value = any }

  subscript(key: String) -> JSON { JSON(any: (value as? [String: Any])?[key]) }
  subscript(index: Int) -> JSON {
    let array = value as? [Any]
    return JSON(any: array.flatMap { $0.indices.contains(index) ? $0[index] : nil })
  }
  var array: [JSON] { (value as? [Any] ?? []).map { JSON(any: $0) } }
  var isArray: Bool { value is [Any] }
  var isObject: Bool { value is [String: Any] }
  var string: String? { value as? String }
  var double: Double? { (value as? NSNumber)?.doubleValue }
  var int: Int? { double.map { Int($0) } }
  var bool: Bool? { value as? Bool }
}
