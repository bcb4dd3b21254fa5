import Frames
import Glibc
import Pixels
import Platform

/// A video as a source: YUV4MPEG2 or JPEG pictures one behind the other (MJPEG), told apart by their first bytes, from a file
/// or from another program, on standard input or through a named pipe.
///
/// Of Y4M, and of a file of MJPEG, every frame is played. MJPEG from another program is live, as a camera is: the newest picture
/// is shown, and older ones that nobody took are left out and counted as drops. The ring ends when the stream does; a broken
/// Y4M stream ends it as failed, after the frames before the break; broken pictures of MJPEG are counted.
public final class StreamSource: FrameSource {
  /// Of JPEG pictures in a file, which say nothing of it.
  public static let usualRate = 30.0

  private enum Input {
    case file(String)
    case standardInput
  }

  private enum Kind { case y4m, motionJPEG }

  private let input: Input
  private let isPaced: Bool
  private let rate: Double?
  private let holdsStill: Bool
  private let thread: SourceThread

  /// - Parameters:
  ///   - path: a file or a named pipe; `-` is standard input.
  ///   - isPaced: show frames at the stream's own rate, to be watched; else as fast as the ring takes them.
  ///   - rate: frames a second, in the place of the stream's own.
  ///   - holdsStill: a JPEG picture that came alone is shown until the source is stopped.
  public init(path: String, isPaced: Bool, rate: Double? = nil, holdsStill: Bool = false) {
    input = path == "-" ? .standardInput : .file(path)
    self.isPaced = isPaced
    self.rate = rate
    self.holdsStill = holdsStill
    thread = SourceThread(SourceStatus(name: path == "-" ? "standard input" : path))
  }

  public var status: SourceStatus { thread.status.withLock { $0 } }

  // MARK: Telling apart

  /// Bytes that tell what a stream is.
  private static let startBytes = Y4MHeader.magic.utf8.count
  /// Of a picture that is looked through for what follows it.
  private static let firstBytes = 1 << 20

  /// Whether a file is a video that is read here. False for what cannot be read, or is no regular file; and for a JPEG picture.
  public static func isStream(path: String) -> Bool {
    guard File.kind(of: path) == .regular, let file = try? File.open(path, O_RDONLY) else { return false }
    var count = 4096
    while let start = try? file.bytes(count), !start.isEmpty {
      if start.starts(with: Y4MHeader.magic.utf8) { return true }
      // What `curl` saved of a camera's answer.
      if start.starts(with: "--".utf8) || start.starts(with: "\r\n--".utf8) {
        return start.indices.contains { start[$0...].starts(with: [0xFF, 0xD8, 0xFF]) }
      }
      if let isVideo = ImageFile.isMotionJPEG(start: start) { return isVideo }
      // The first picture goes on.
      guard start.count == count, count < 2 * JPEGSplitter.largestPicture else { return false }
      count = count < firstBytes ? firstBytes : 4 * count
    }
    return false
  }

  /// By a stream's first bytes: JPEG pictures may have zeros in front of them, or the header of a part of a multipart answer.
  private static func kind(of start: [UInt8]) -> Kind {
    let start = start.drop { $0 == 0 || $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }
    return start.starts(with: [0xFF, 0xD8]) || start.starts(with: "--".utf8) ? .motionJPEG : .y4m
  }

  // MARK: Playing

  /// Errors: no such file, no permission, standard input is a terminal; of a regular file also what is wrong with its
  /// header. A pipe's header comes when its writer sends it: an error in it ends the ring.
  public func start(into ring: FrameRing) throws {
    let file = try openInput()
    let maximumPixels = ring.frameCapacityBytes / 3
    let isFile = (try? file.facts().kind) == .regular
    // Handed over to the thread, which alone uses them from now on.
    nonisolated(unsafe) let input = InputBuffer(
      descriptor: file.descriptor, name: status.name, isCancelled: { [thread] in thread.stopping })
    nonisolated(unsafe) let early =
      try isFile && Self.kind(of: input.start(Self.startBytes)) == .y4m
      ? Y4MReader(input: input, maximumPixels: maximumPixels) : nil
    if let early { begin(early.header) }
    try thread.start(name: "stream", into: ring) { [self] thread in
      try withExtendedLifetime(file) {
        if let early { return try play(early, thread, ring) }
        switch Self.kind(of: try input.start(Self.startBytes)) {
        case .y4m:
          let reader = try Y4MReader(input: input, maximumPixels: maximumPixels)
          begin(reader.header)
          try play(reader, thread, ring)
        case .motionJPEG:
          let player = PicturePlayer(thread, ring, name: input.name)
          let still = try isFile ? playPictures(input, player, thread) : playNewest(input, player, thread)
          if holdsStill, let still { try player.hold(still, maximumPixels: maximumPixels) }
          try player.requirePictures()
        }
      }
    }
  }

  public func stop() { thread.stop() }

  private func play(_ reader: Y4MReader, _ thread: SourceThread, _ ring: FrameRing) throws {
    let header = reader.header
    var pace = StreamPace(framesPerSecond: rate ?? header.rate ?? Self.usualRate)
    while try reader.readFrame() {
      if isPaced { try thread.sleep(until: pace.next()) }
      try thread.publish { pixels in
        let captured = Nanoseconds.now()
        let divisor = ring.divisor(width: header.layout.width, height: header.layout.height)
        reader.convert(dividedBy: divisor, into: pixels)
        return FrameInfo(
          width: header.layout.width, height: header.layout.height, divisor: divisor, sequence: reader.frameCount - 1,
          captured: captured)
      }
    }
  }

  /// Every picture of a file.
  /// - Returns: the picture, if there was only one.
  private func playPictures(
    _ input: InputBuffer, _ player: PicturePlayer, _ thread: SourceThread
  ) throws -> [UInt8]? {
    let rate = rate ?? Self.usualRate
    thread.status.withLock { $0.nominalRate = rate }
    var pace = StreamPace(framesPerSecond: rate)
    var number = 0
    var first: [UInt8]?
    try Self.split(input, tooLarge: { player.isBad(PicturePlayer.tooLarge) }) { picture in
      if isPaced { try thread.sleep(until: pace.next()) }
      try thread.publish { pixels in
        let captured = Nanoseconds.now()
        guard let found = player.decode(picture, into: pixels) else { return nil }
        return FrameInfo(
          width: found.size.width, height: found.size.height, divisor: found.divisor, sequence: number,
          captured: captured)
      }
      first = number == 0 && holdsStill ? Array(picture) : nil
      number += 1
    }
    return first
  }

  /// The newest picture of another program's output, each time that the ring takes one.
  /// - Returns: the picture, if there was only one.
  private func playNewest(
    _ input: InputBuffer, _ player: PicturePlayer, _ thread: SourceThread
  ) throws -> [UInt8]? {
    thread.status.withLock { $0.nominalRate = rate }
    // From here on it is the receiving thread's.
    nonisolated(unsafe) let input = input
    let (last, count) = try player.playNewest { mailbox in
      input.isCancelled = { mailbox.isAbandoned }
      try Self.split(input, tooLarge: { PicturePlayer.countBad(PicturePlayer.tooLarge, in: thread) }) {
        mailbox.put($0)
      }
    }
    return count == 1 ? last : nil
  }

  /// Hands out every picture of a stream, to its end.
  private static func split(
    _ input: InputBuffer, tooLarge: () -> Void, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    var splitter = JPEGSplitter()
    var tooLargeCount = 0
    do {
      while true {
        let chunk = try input.chunk()
        if chunk.isEmpty { break }
        try splitter.push(chunk, body)
        if splitter.oversizedCount > tooLargeCount {
          tooLargeCount = splitter.oversizedCount
          tooLarge()
        }
      }
      try splitter.finish(body)
    } catch let found as JPEGSplitter.NoPicture {
      throw PicturePlayer.nothingFound(input.name, found)
    }
  }

  private func begin(_ header: Y4MHeader) {
    thread.status.withLock {
      $0.format = "\(header.layout.width)×\(header.layout.height) Y4M \(header.layout.format.rawValue)"
      $0.nominalRate = rate ?? header.rate
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
      "standard input: expected a video (Y4M or MJPEG), found a terminal; "
        + "try: \(FileKind.playing("clip.mp4"))")
  }
}

/// When the frames of a stream are due. One that comes late is shown as it comes, and the next ones not faster to make up for it.
private struct StreamPace {
  private let interval: Nanoseconds
  private var due = Nanoseconds.now()

  init(framesPerSecond: Double) { interval = Nanoseconds(seconds: 1 / framesPerSecond) }

  mutating func next() -> Nanoseconds {
    let now = max(due, .now() - interval)
    due = now + interval
    return now
  }
}
