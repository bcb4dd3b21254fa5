import Glibc

/// Standard output and standard error. Everything that the program prints passes here.
///
/// A descriptor that takes nothing at the moment (a full pipe, a non-blocking socket, a stopped terminal) is waited for,
/// until an ending signal comes.
public enum Output {
  /// How long a line may wait for its reader once the program is to end.
  private static let patienceAtEnd = Nanoseconds(milliseconds: 200)
  /// At most so many bytes at once: what a pipe that poll() calls ready takes without waiting (PIPE_BUF).
  private static let atomicBytes = 4096

  /// Prints text and a line end, free of what would steer a terminal.
  /// - Throws: `UserError` if it cannot be written; not where nobody reads it any more.
  public static func print(_ text: String, terminator: String = "\n") throws(UserError) {
    try write(Printable.text(text) + terminator)
  }

  /// Prints JSON and a line end; what would steer a terminal is escaped as JSON does it.
  public static func print(json: String) throws(UserError) { try write(Printable.json(json) + "\n") }

  private static func write(_ text: String) throws(UserError) {
    var text = text
    let error = text.withUTF8 { write(UnsafeRawBufferPointer($0)) }
    if error != 0, !isQuiet(error) { throw failure(error) }
  }

  /// Draws a line over the one where a terminal's cursor stands, on standard error; it may be overwritten in turn.
  public static func overwriteLine(_ text: String) {
    // Back to the line's start, and erase what a longer line left.
    var line = "\r\(Printable.line(text))\u{1B}[K"
    _ = line.withUTF8 { write(UnsafeRawBufferPointer($0), to: STDERR_FILENO) }
  }

  /// Writes bytes whole. Returns 0, or the error's number: EPIPE when nobody reads any more, EINTR when an ending signal
  /// came before all could be written.
  public static func write(_ bytes: UnsafeRawBufferPointer) -> Int32 {
    write(bytes, to: STDOUT_FILENO)
  }

  /// Whether an error that `write` returned is none of the user's: the reader has left, or the program is to end.
  public static func isQuiet(_ error: Int32) -> Bool { error == EPIPE || error == ECONNRESET || error == EINTR }

  /// What is said where standard output could not be written.
  public static func failure(_ code: Int32) -> UserError {
    UserError("standard output could not be written: \(SystemError(code)); free some space, or send it elsewhere")
  }

  /// A message of the program, on one line of standard error: `mobilecam: …`.
  public static func tell(_ message: String) { error("mobilecam: \(Printable.line(message))") }

  /// A line on standard error. Whether it arrives is nobody's concern: there is no other place to say so.
  public static func error(_ text: String) {
    var line = Printable.text(text) + "\n"
    _ = line.withUTF8 { write(UnsafeRawBufferPointer($0), to: STDERR_FILENO) }
  }

  private static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32 {
    writeAll(descriptor, bytes, atOnce: atomicBytes) { waitUntilReady(descriptor) }
  }

  /// Waits until the descriptor takes bytes, or fails; false where it does not and the program is to end.
  private static func waitUntilReady(_ descriptor: Int32) -> Bool {
    // The end of the patience is fixed once: a signal that comes again and again (the screen's watchdog) starts the wait anew.
    var end: Nanoseconds?
    while true {
      let isEnding = EndingSignal.received != 0
      if isEnding, end == nil { end = .now() + patienceAtEnd }
      var polled = [
        pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0),
        pollfd(fd: isEnding ? -1 : EndingSignal.descriptor, events: Int16(POLLIN), revents: 0),
      ]
      _ = poll(&polled, 2, end.map { ($0 - .now()).pollMilliseconds } ?? -1)
      // An error is write()'s to tell.
      if polled[0].revents != 0 { return true }
      if let end, .now() >= end { return false }
    }
  }
}

/// Where the caller closed standard input, output or error, /dev/null takes the place: else the next file that is opened
/// would, and results would be written between the rows of a log.
public func fillStandardDescriptors() {
  while true {
    let descriptor = open("/dev/null", O_RDWR)
    if descriptor < 0 { return }
    if descriptor > STDERR_FILENO {
      close(descriptor)
      return
    }
  }
}
