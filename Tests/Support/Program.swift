import Foundation
import Glibc

/// A process run to its end, or killed where it does not end.
package struct Run: CustomStringConvertible {
  package var command: String
  /// The exit status; 128 + n where signal n ended it.
  package var status: Int32
  package var output: String
  package var error: String
  package var hasTimedOut: Bool

  package var description: String {
    "\(command)\nstatus \(status)\(hasTimedOut ? ", killed as it did not end" : "")\noutput: \(output.prefix(2000))\nerror: \(error)"
  }

  /// The lines of standard output.
  package var lines: [Substring] { output.split(separator: "\n", omittingEmptySubsequences: true) }
}

/// The program, as a user runs it; and any other.
package enum Program {
  package static let path = Checkout.product("mobilecam")

  /// Long, since the machine may be busy with something else; a program that hangs is found all the same.
  package static let timeout: TimeInterval = 40

  /// The environment of a user without settings of his own.
  package static func environment(home: String) -> [String: String] {
    var environment = ProcessInfo.processInfo.environment.filter {
      !$0.key.hasPrefix("MOBILECAM_")
        && !["XDG_DATA_HOME", "NO_COLOR", "TMUX", "TERM", "LC_CTYPE", "LANG"].contains($0.key)
    }
    environment["HOME"] = home
    environment["LC_ALL"] = "C.UTF-8"
    return environment
  }

  /// Runs the program itself.
  package static func run(
    _ arguments: [String], in folder: TemporaryFolder, environment extra: [String: String] = [:]
  ) throws -> Run {
    try execute(path, arguments, in: folder, environment: extra)
  }

  /// Runs a line of shell, in which `$M` is the program.
  package static func shell(
    _ line: String, in folder: TemporaryFolder, environment extra: [String: String] = [:]
  ) throws -> Run {
    try execute("/bin/sh", ["-c", line], in: folder, environment: extra.merging(["M": path]) { own, _ in own })
  }

  /// Runs any executable, found by `PATH`. What it prints goes through files: a pipe that nobody reads would stop it.
  package static func execute(
    _ executable: String, _ arguments: [String], in folder: TemporaryFolder = TemporaryFolder(),
    environment extra: [String: String] = [:], timeout: TimeInterval = timeout
  ) throws -> Run {
    let files = try ["output", "error"].map { try folder.write(".\($0)-\(UUID().uuidString)", "") }
    defer { for file in files { unlink(file) } }
    let process = try spawn(executable, arguments, in: folder, environment: extra, output: files[0], error: files[1])
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
    func text(_ file: String) throws -> String {
      String(decoding: try Data(contentsOf: URL(filePath: file)), as: UTF8.self)
    }
    return Run(
      command: ([executable] + arguments).joined(separator: " "),
      status: signal == 0 ? state >> 8 & 0xFF : 128 + signal, output: try text(files[0]), error: try text(files[1]),
      hasTimedOut: hasTimedOut)
  }

  /// Runs the program and kills it (SIGKILL) after so many seconds, or later.
  /// - Parameter isReady: told how many whole lines were printed after those seconds: whether it may be killed now. It is waited
  ///   for as long as for a program's end.
  /// - Returns: the whole lines that it printed.
  package static func runAndKill(
    _ arguments: [String], after seconds: TimeInterval, in folder: TemporaryFolder, once isReady: (Int) -> Bool
  ) throws -> [Substring] {
    let files = try [".killed-output", ".killed-error"].map { try folder.write($0, "") }
    func lines() throws -> [Substring] {
      let printed = String(decoding: try Data(contentsOf: URL(filePath: files[0])), as: UTF8.self)
      // The last line may be torn, as the log's last row may.
      let whole = printed.lastIndex(of: "\n").map { printed[..<$0] } ?? ""
      return whole.split(separator: "\n")
    }
    let process = try spawn(path, arguments, in: folder, output: files[0], error: files[1])
    usleep(UInt32(seconds * 1e6))
    let count = (try? lines().count) ?? 0
    let deadline = Date() + timeout
    while !isReady(count), Date() < deadline { usleep(10_000) }
    kill(process, SIGKILL)
    waitpid(process, nil, 0)
    return try lines()
  }

  private static func spawn(
    _ executable: String, _ arguments: [String], in folder: TemporaryFolder, environment extra: [String: String] = [:],
    output: String, error: String
  ) throws -> pid_t {
    // `env` changes the folder and becomes the program.
    try ChildProcess.start(
      ["/usr/bin/env", "-C", folder.path, executable] + arguments,
      environment: environment(home: folder.path).merging(extra) { _, new in new },
      streams: [.path("/dev/null", O_RDONLY), .path(output, O_WRONLY), .path(error, O_WRONLY)])
  }
}
