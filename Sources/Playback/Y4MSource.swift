import Frames
import Glibc
import Pixels
import Platform

/// A YUV4MPEG2 stream as a source: a file, or another program's output on standard input.
///
/// The ring ends when the stream does; a broken stream ends it as failed, after the frames before the break.
public final class Y4MSource: FrameSource {
  private enum Input {
    case file(String)
    case standardInput
  }

  private let input: Input
  private let isPaced: Bool
  private let thread: SourceThread

  /// - Parameters:
  ///   - path: a file or a named pipe; `-` is standard input.
  ///   - isPaced: show frames at the stream's own rate, to be watched; else as fast as the ring takes them.
  public init(path: String, isPaced: Bool) {
    input = path == "-" ? .standardInput : .file(path)
    self.isPaced = isPaced
    thread = SourceThread(SourceStatus(name: path == "-" ? "standard input" : path))
  }

  public var status: SourceStatus { thread.status.withLock { $0 } }

  /// Whether a file begins as a Y4M stream does. False for what cannot be read, or is no regular file.
  public static func isY4M(path: String) -> Bool {
    guard File.kind(of: path) == .regular, let file = try? File.open(path, O_RDONLY) else { return false }
    return (try? file.bytes(Y4MHeader.magic.utf8.count)) == Array(Y4MHeader.magic.utf8)
  }

  /// Errors: no such file, no permission, standard input is a terminal; of a regular file also what is wrong with its
  /// header. A pipe's header comes when its writer sends it: an error in it ends the ring.
  public func start(into ring: FrameRing) throws {
    let file = try openInput()
    let name = status.name
    // Handed over to the thread, which alone uses it from now on.
    nonisolated(unsafe) let reader =
      (try? file.facts().kind) == .regular
      ? try Y4MReader(descriptor: file.descriptor, name: name, maximumPixels: ring.frameCapacityBytes / 3) : nil
    if let reader { begin(reader.header) }
    try thread.start(name: "y4m", into: ring) { [self] thread in try play(reader, file, name, thread, ring) }
  }

  public func stop() { thread.stop() }

  private func play(
    _ early: Y4MReader?, _ file: File, _ name: String, _ thread: SourceThread, _ ring: FrameRing
  ) throws {
    let reader =
      try early
      ?? Y4MReader(
        descriptor: file.descriptor, name: name, maximumPixels: ring.frameCapacityBytes / 3,
        isCancelled: { thread.stopping })
    let header = reader.header
    if early == nil { begin(header) }
    let interval = Nanoseconds(seconds: 1 / (header.rate ?? 30))
    var due = Nanoseconds.now()
    while try reader.readFrame() {
      if isPaced {
        // A stream that comes late is shown as it comes, and not faster afterwards to make up for it.
        due = max(due, .now() - interval)
        try thread.sleep(until: due)
        due += interval
      }
      try thread.publish { pixels in
        let captured = Nanoseconds.now()
        let divisor = ring.divisor(width: header.layout.width, height: header.layout.height)
        let (width, height) = reader.convert(dividedBy: divisor, into: pixels)
        return FrameInfo(
          width: width, height: height, divisor: divisor, sequence: reader.frameCount - 1, captured: captured)
      }
    }
  }

  private func begin(_ header: Y4MHeader) {
    thread.status.withLock {
      $0.format = "\(header.layout.width)×\(header.layout.height) Y4M \(header.layout.format.rawValue)"
      $0.nominalRate = header.rate
    }
  }

  private func openInput() throws(UserError) -> File {
    do throws(SystemError) {
      switch input {
      // Opening a named pipe does not wait here for its writer; the reader's poll does, and can be stopped.
      case .file(let path): return try File.open(path, O_RDONLY)
      // A copy, so that the screen may take over standard input for its keys.
      case .standardInput where isatty(STDIN_FILENO) == 0: return try File.standardInput()
      case .standardInput: break
      }
    } catch {
      throw .unreadable(status.name, error)
    }
    throw UserError(
      "standard input: expected a Y4M stream, found a terminal; "
        + "try: \(FileKind.playing("clip.mp4"))")
  }
}
