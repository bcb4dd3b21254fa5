import Frames
import Pixels
import Platform

/// Brings the JPEG pictures of a stream into the ring, and says in the source's status what they are and what is wrong with
/// them. Belongs to the source's thread.
final class PicturePlayer {
  /// Bad pictures in a row before there are words for it.
  private static let failuresUntilTold = 3

  private let thread: SourceThread
  private let ring: FrameRing
  private let name: String
  private let decoder = JPEGDecoder()
  private var failuresInARow = 0
  private var size = JPEGDecoder.Size(width: 0, height: 0)
  private var divisor = 1
  /// Pictures that were decoded.
  private(set) var goodCount = 0

  init(_ thread: SourceThread, _ ring: FrameRing, name: String) {
    self.thread = thread
    self.ring = ring
    self.name = name
  }

  // MARK: Every picture

  /// Decodes one picture into `pixels`. One that does not fit is made smaller, by up to 8; so is one of which nobody looks at
  /// more.
  /// - Returns: the size that there was room for, and what it was divided by; `nil` for a picture that is broken, which is
  ///   counted.
  func decode(
    _ jpeg: UnsafeRawBufferPointer, into pixels: UnsafeMutableRawBufferPointer
  ) -> (size: JPEGDecoder.Size, divisor: Int)? {
    do throws(JPEGDecoder.Failure) {
      let whole = try decoder.size(of: jpeg)
      var fitting = 1
      while try decoder.size(of: jpeg, dividedBy: fitting).byteCount > pixels.count {
        guard fitting < 8 else { throw .tooManyPixels(whole) }
        fitting *= 2
      }
      let wanted = max(fitting, ring.divisor(width: whole.width, height: whole.height))
      try decoder.decode(jpeg, dividedBy: wanted, into: pixels)
      isGood(whole, dividedBy: fitting)
      return (try decoder.size(of: jpeg, dividedBy: fitting), wanted / fitting)
    } catch {
      isBad(Self.bad(error, bytes: jpeg.count))
      return nil
    }
  }

  /// A picture that could not be used.
  struct Bad {
    /// Those that are counted together.
    let kind: String
    let fault: String
  }

  private static func bad(_ failure: JPEGDecoder.Failure, bytes: Int) -> Bad {
    switch failure {
    case .truncated: Bad(kind: "cut off", fault: "a JPEG picture of \(bytes) bytes that is cut off")
    case .unreadable(let why), .damaged(let why): Bad(kind: "damaged", fault: "a damaged JPEG picture (\(why))")
    case .tooManyPixels(let size):
      Bad(kind: "too large", fault: "a JPEG picture of \(size.width)×\(size.height) pixels, which is too large")
    case .bufferTooSmall: Bad(kind: "too large", fault: "a JPEG picture that is too large")
    }
  }

  func isBad(_ picture: Bad) {
    failuresInARow += 1
    Self.countBad(picture, in: thread)
    if failuresInARow == Self.failuresUntilTold {
      thread.status.withLock { $0.trouble = "the stream brings \(picture.fault): waiting for a good picture" }
    }
  }

  /// The same, from any thread.
  static func countBad(_ picture: Bad, in thread: SourceThread) {
    thread.status.withLock { $0.countBadFrame(picture.kind, fault: picture.fault) }
  }

  private func isGood(_ whole: JPEGDecoder.Size, dividedBy divisor: Int) {
    goodCount += 1
    if failuresInARow >= Self.failuresUntilTold { thread.status.withLock { $0.trouble = nil } }
    failuresInARow = 0
    guard whole != size || divisor != self.divisor else { return }
    size = whole
    self.divisor = divisor
    thread.status.withLock {
      $0.format = "\(whole.width)×\(whole.height) MJPEG"
      $0.notice =
        divisor == 1 ? nil : "pictures of \(whole.width)×\(whole.height) are read at 1/\(divisor) of their size"
    }
  }

  /// To be called at the stream's end.
  /// - Throws: `UserError` if there was no picture that could be used.
  func requirePictures() throws(UserError) {
    guard goodCount == 0 else { return }
    throw UserError(
      "\(name): expected JPEG pictures (MJPEG), found "
        + (thread.status.withLock { $0.badFrameKinds.last }.map { "none that can be decoded, but \($0.fault)" }
          ?? "the stream's end before a whole one")
        + "; check the program that writes it")
  }

  static let tooLarge = Bad(
    kind: "too large", fault: "a picture of more than \(JPEGSplitter.largestPicture >> 20) MiB")

  static func nothingFound(_ name: String, _ found: JPEGSplitter.NoPicture) -> UserError {
    UserError(
      "\(name): expected JPEG pictures (MJPEG) of at most \(JPEGSplitter.largestPicture >> 20) MiB each, found "
        + "\(found.bytes >> 20) MiB without a whole one; check the program that writes it")
  }

  // MARK: A live stream

  /// Plays a live stream to its end: `receive`, on a thread of its own, puts pictures into the mailbox as they come; the
  /// newest one is decoded when the ring takes one.
  /// - Returns: the last picture, and how many there were.
  /// - Throws: what `receive` throws; `Cancelled`.
  func playNewest(receive: @escaping @Sendable (PictureMailbox) throws -> Void) throws -> (last: [UInt8], count: Int) {
    let mailbox = PictureMailbox()
    let receiver = try SystemThread(name: "receiver") {
      do {
        try receive(mailbox)
        mailbox.end(nil)
      } catch {
        mailbox.end(error)
      }
    }
    defer {
      mailbox.abandon()
      receiver.join()
    }
    var picture: [UInt8] = []
    var count = 0
    while true {
      guard thread.isWanted else { throw SourceThread.Cancelled() }
      switch mailbox.wait(until: .now() + Nanoseconds(milliseconds: 20)) {
      case .nothing: continue
      case .ended(let failure):
        if let failure { throw failure }
        return (picture, count)
      case .picture: break
      }
      var taken: PictureMailbox.Taken?
      try thread.publish { pixels in
        // Taken here and not before: while an `everyFrame` ring waits for its reader, newer ones come.
        taken = mailbox.take(into: &picture)
        guard let taken, let found = picture.withUnsafeBytes({ decode($0, into: pixels) }) else { return nil }
        return FrameInfo(
          width: found.size.width, height: found.size.height, divisor: found.divisor, sequence: taken.number,
          captured: taken.received, clock: .dequeue, driverDrops: taken.leftOut)
      }
      // No slot was free: the ring counts that, and the picture is as old as a frame that was there.
      if taken == nil { taken = mailbox.take(into: &picture) }
      if let taken {
        count = taken.number + 1
        thread.status.withLock { $0.driverDrops = taken.leftOut }
      }
    }
  }

  /// Shows a picture that came alone, and was shown once, for as long as somebody wants to see it: a still, and no video.
  func hold(_ picture: [UInt8], maximumPixels: Int) throws -> Never {
    let still = AreaAverage.fit(
      try ImageFile.decode(picture, name: name), width: ImageSource.maximumWidth, height: ImageSource.maximumHeight,
      maximumPixels: maximumPixels)
    try thread.play(
      width: still.width, height: still.height, framesPerSecond: ImageSource.framesPerSecond, firstSequence: 1,
      render: { _, pixels in still.pixels.withUnsafeBytes { pixels.copyMemory(from: $0) } })
  }
}
