/// An error that a user reads: what was expected, what was found, what to do next.
public struct LogError: Error, Sendable, Hashable, CustomStringConvertible {
  public var message: String
  public init(_ message: String) { self.message = message }
  public var description: String { message }
}
