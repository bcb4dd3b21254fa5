import Glibc

/// An error that a user reads: what was expected, what was found, what to do next.
public struct UserError: Error, Sendable, Hashable, CustomStringConvertible {
  public var message: String
  public init(_ message: String) { self.message = message }
  public var description: String { message }
}

/// What a system call said.
public struct SystemError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The value of `errno`.
  public let code: Int32

  public init(_ code: Int32) { self.code = code }
  /// What the call that has just failed left in `errno`.
  public static var last: SystemError { SystemError(errno) }

  /// The system's words: `No such file or directory`.
  public var description: String { String(cString: strerror(code)) }

  /// The disk, the quota or the size that a file may have is used up: to go on, something has to be freed.
  public var isNoSpace: Bool { code == ENOSPC || code == EDQUOT || code == EFBIG }
}
