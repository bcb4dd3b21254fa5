import Foundation
import Glibc

/// A test's own surroundings fail it: no process, no pseudo-terminal, no right to mount.
package struct CannotRun: Error, CustomStringConvertible {
  package let description: String
  package init(_ description: String) { self.description = description }
}

/// Programs started by posix_spawn. (Foundation's `Process` waits for all descendants to end; a server that a command leaves
/// behind never does.)
package enum ChildProcess {
  /// What one of the standard streams is.
  package enum Stream {
    case closed
    case descriptor(Int32)
    /// Opened by the child, as open(2) does.
    case path(String, Int32)
  }

  /// Starts a program. Signals that the test's process ignores or blocks reach it.
  /// - Parameters:
  ///   - command: the executable, with its path, and its arguments.
  ///   - streams: standard input, output and error.
  ///   - terminal: the path of the terminal that is to be the controlling one, of a session of its own.
  package static func start(
    _ command: [String], environment: [String: String], streams: [Stream], terminal: String? = nil
  ) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if let terminal {
      // The first terminal that a session's leader opens becomes its controlling one: Ctrl-C and HUP work as in life.
      posix_spawn_file_actions_addopen(&actions, 9, terminal, O_RDWR, 0)
      posix_spawn_file_actions_addclose(&actions, 9)
    }
    for (number, stream) in zip(Int32(0)..., streams) {
      switch stream {
      case .closed: posix_spawn_file_actions_addclose(&actions, number)
      case .descriptor(let descriptor): posix_spawn_file_actions_adddup2(&actions, descriptor, number)
      case .path(let path, let flags): posix_spawn_file_actions_addopen(&actions, number, path, flags, 0o644)
      }
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    let newSession: Int32 = terminal == nil ? 0 : 0x80  // POSIX_SPAWN_SETSID, a GNU extension
    posix_spawnattr_setflags(&attributes, Int16(newSession | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

    let arguments = command.map { strdup($0) } + [nil]
    let variables = environment.map { strdup("\($0)=\($1)") } + [nil]
    defer { (arguments + variables).forEach { free($0) } }
    var process: pid_t = 0
    let status = posix_spawn(&process, command[0], &actions, &attributes, arguments, variables)
    guard status == 0 else { throw CannotRun("\(command[0]): \(String(cString: strerror(status)))") }
    return process
  }
}
