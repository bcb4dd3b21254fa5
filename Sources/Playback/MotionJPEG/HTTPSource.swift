import Frames
import HTTP
import Platform

/// A camera that serves its pictures over HTTP, as a source: MJPEG (`multipart/x-mixed-replace`, as ustreamer, mjpg-streamer and
/// IP cameras send it, or pictures one behind the other), or the address of one JPEG picture, which is fetched again and again.
///
/// Pictures are found by their own markers: whatever a server writes between them (boundaries, lengths, no lengths) is passed
/// over, and a picture is there with its last byte, not when the next part begins. What is wrong with the first answer ends
/// the ring as failed; a stream that is lost later is connected to again, for ever, as a camera is.
public final class HTTPSource: FrameSource {
  /// Pictures a second that are fetched of an address that gives one at a time.
  public static let usualFetchesPerSecond = 10.0

  /// How long a stream may be silent.
  package struct Patience: Sendable {
    /// After so long it is said.
    package var untilTold = Nanoseconds(seconds: 3)
    /// After so long without a picture, or a connection, the stream is lost.
    package var untilLost = Nanoseconds(seconds: 10)
    package init() {}
  }

  private let address: HTTPAddress
  private let rate: Double?
  private let patience: Patience
  private let thread: SourceThread

  /// - Parameter rate: how many pictures a second are fetched at most, where each is an answer of its own.
  /// - Throws: `UserError` for an address that no request can be made of.
  public convenience init(address: String, rate: Double? = nil) throws(UserError) {
    try self.init(address: address, rate: rate, patience: Patience())
  }

  package init(address: String, rate: Double? = nil, patience: Patience) throws(UserError) {
    self.address = try HTTPAddress(address)
    self.rate = rate
    self.patience = patience
    thread = SourceThread(SourceStatus(name: self.address.name))
  }

  /// Whether a text is an address that begins with `http://` or `https://`.
  public static func isAddress(_ text: String) -> Bool { HTTPAddress.isAddress(text) }

  /// What is shown of an address: no user, no password, no query.
  public static func name(of address: String) -> String { HTTPAddress.name(of: address) }

  public var status: SourceStatus { thread.status.withLock { $0 } }

  /// - Throws: `UserError` if this machine has no libcurl. What the server says comes later: it ends the ring.
  public func start(into ring: FrameRing) throws {
    let seconds = Int(saturating: patience.untilLost.seconds.rounded(.up))
    // Handed over to the receiving thread.
    nonisolated(unsafe) let stream = try HTTPStream(address, connectSeconds: max(1, seconds))
    try thread.start(name: "http", into: ring) { [address, rate, patience] thread in
      _ = try PicturePlayer(thread, ring, name: address.name).playNewest { mailbox in
        try HTTPConnection(address, rate: rate, patience: patience, thread, mailbox).receive(stream)
      }
    }
  }

  public func stop() { thread.stop() }
}

/// The receiving thread's work: one answer after the other, until nobody takes pictures any more.
private final class HTTPConnection {
  private enum Lost: Error {
    /// No picture for so many seconds.
    case silent(Double)
    /// The answer is of a kind that holds no JPEG pictures.
    case type(String)
    /// The answer has ended.
    case ended
    case noPicture(JPEGSplitter.NoPicture)
    case transfer(HTTPStream.Fault)
  }

  private let address: HTTPAddress
  private let fetchInterval: Nanoseconds
  private let patience: HTTPSource.Patience
  private let thread: SourceThread
  private let mailbox: PictureMailbox
  private var lastPicture = Nanoseconds.now()
  private var pictureCount = 0
  private var hasSaidSilence = false
  private var isLost = false
  /// Since the last picture.
  private var failures = 0

  init(
    _ address: HTTPAddress, rate: Double?, patience: HTTPSource.Patience, _ thread: SourceThread,
    _ mailbox: PictureMailbox
  ) {
    self.address = address
    self.patience = patience
    self.thread = thread
    self.mailbox = mailbox
    fetchInterval = Nanoseconds(seconds: 1 / (rate ?? HTTPSource.usualFetchesPerSecond))
  }

  /// - Throws: `UserError` where the first answer is of no use; `Cancelled`.
  func receive(_ stream: HTTPStream) throws {
    while true {
      let began = Nanoseconds.now()
      do throws(Lost) {
        try answer(stream)
        // One picture, to be fetched again.
        try? mailbox.sleep(until: began + fetchInterval)
      } catch {
        if mailbox.isAbandoned { throw SourceThread.Cancelled() }
        guard pictureCount > 0 else { throw refusal(error) }
        isLost = true
        say("\(words(error)): connecting again")
        try mailbox.sleep(until: .now() + pause)
        failures += 1
      }
      if mailbox.isAbandoned { throw SourceThread.Cancelled() }
    }
  }

  /// A fifth of a second at first, so that a server that was started again is back at once; up to 5 s, so that one in trouble is
  /// not hammered.
  private var pause: Nanoseconds { Nanoseconds(milliseconds: min(5000, 200 * Double(1 << min(failures, 5)))) }

  /// One answer to its end. Returns where it was one picture.
  private func answer(_ stream: HTTPStream) throws(Lost) {
    var splitter = JPEGSplitter()
    var tooLargeCount = 0
    var isRefused: Bool?
    lastPicture = .now()
    do {
      try stream.get(
        check: { try check() },
        body: { [self] bytes in
          // A picture is one whatever the server calls it.
          isRefused = isRefused ?? !(Self.mayHoldPictures(stream.contentType) || bytes.starts(with: [0xFF, 0xD8]))
          if isRefused == true { throw Lost.type(stream.contentType) }
          try splitter.push(bytes) { take($0) }
          if splitter.oversizedCount > tooLargeCount {
            tooLargeCount = splitter.oversizedCount
            PicturePlayer.countBad(PicturePlayer.tooLarge, in: thread)
          }
          // A server that sends without end, and no picture, is not waited for longer than a silent one.
          try check()
        })
      splitter.finish { take($0) }
    } catch let error as Lost {
      throw error
    } catch let error as HTTPStream.Fault {
      throw .transfer(error)
    } catch let error as JPEGSplitter.NoPicture {
      throw .noPicture(error)
    } catch {
      // Cancelled, as the caller sees.
      throw .ended
    }
    guard splitter.count > 0, !stream.contentType.hasPrefix("multipart/") else { throw .ended }
    if pictureCount == 1 { thread.status.withLock { $0.nominalRate = 1 / fetchInterval.seconds } }
  }

  private static func mayHoldPictures(_ type: String) -> Bool {
    type.isEmpty || type.hasPrefix("multipart/") || type.hasPrefix("application/octet-stream") || type.contains("jpeg")
      || type.contains("jpg")
  }

  private func take(_ picture: UnsafeRawBufferPointer) {
    mailbox.put(picture)
    pictureCount += 1
    failures = 0
    lastPicture = .now()
    guard isLost || hasSaidSilence else { return }
    isLost = false
    hasSaidSilence = false
    thread.status.withLock { $0.trouble = nil }
  }

  private func check() throws {
    if mailbox.isAbandoned { throw SourceThread.Cancelled() }
    let silence = .now() - lastPicture
    if silence >= patience.untilLost { throw Lost.silent(patience.untilLost.seconds) }
    if silence >= patience.untilTold, !hasSaidSilence, !isLost {
      hasSaidSilence = true
      say("no picture for \(number(patience.untilTold.seconds)) s: waiting")
    }
  }

  private func say(_ words: String) { thread.status.withLock { $0.trouble = words } }

  // MARK: Words

  /// Of a stream that was there.
  private func words(_ lost: Lost) -> String {
    switch lost {
    case .silent(let seconds): "the stream was lost (no picture for \(number(seconds)) s)"
    case .type, .noPicture: "the server sends something else than JPEG pictures"
    case .ended: "the stream was lost (the server ended it)"
    case .transfer(.status(let code)): "the stream was lost (the server answers \(code))"
    case .transfer(.redirections): "the stream was lost (the server redirects for ever)"
    case .transfer(.endlessHeader): "the stream was lost (the server's header does not end)"
    case .transfer(.unreachable(let why)), .transfer(.untrusted(let why)): "the stream was lost (\(why))"
    case .transfer(.cut): "the stream was lost (the connection was cut)"
    }
  }

  /// Of one that was never there: what was expected, what was found, what to do.
  private func refusal(_ lost: Lost) -> UserError {
    let expected = "\(address.name): expected JPEG pictures over HTTP, found"
    let check = "Check the address."
    let text =
      switch lost {
      case .silent(let seconds):
        "none within \(number(seconds)) s. Check the address and the network."
      case .type(let type):
        "an answer of the type '\(type.prefix(60))'. Give the stream's own address (ustreamer: /stream, mjpg-streamer: "
          + "/?action=stream); of another video: ffmpeg -i ADDRESS -f mjpeg -q:v 3 - | mobilecam --source -"
      case .ended: "the end of the answer before a whole one. \(check)"
      case .noPicture(let found):
        "\(found.bytes >> 20) MiB without a whole one of at most \(JPEGSplitter.largestPicture >> 20) MiB. \(check)"
      case .transfer(.status(401)), .transfer(.status(403)):
        address.user == nil
          ? "that the server wants a user and a password. Give them: http://USER:PASSWORD@HOST/PATH"
          : "that the server refuses this user and password. Check both; @ is written %40, : %3A, / %2F in them."
      case .transfer(.status(let code)): "that the server answers \(code). \(check)"
      case .transfer(.redirections): "more than 10 redirections. \(check)"
      case .transfer(.endlessHeader): "a header that does not end. \(check)"
      case .transfer(.untrusted(let why)):
        "a server that is not to be trusted (\(why)). Check this machine's date, and add the server's certificate to its own "
          + "(Debian: /usr/local/share/ca-certificates, update-ca-certificates)."
      case .transfer(.unreachable(let why)): "no answer (\(why)). Check the address and the network."
      case .transfer(.cut): "a connection that was cut before a whole one. Run the same command again."
      }
    return UserError("\(expected) \(text)")
  }
}
