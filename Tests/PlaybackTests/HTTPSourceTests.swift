import Foundation
import Frames
import Glibc
import Platform
import Playback
import Synchronization
import TestSupport
import Testing

/// Servers as there are, and as there should not be, on this machine's own address.
@Suite struct HTTPSourceTests {
  /// Ends by itself where a test waits for what does not come.
  static func patience(lostMilliseconds: Double = 20_000) -> HTTPSource.Patience {
    var patience = HTTPSource.Patience()
    patience.untilTold = Nanoseconds(milliseconds: lostMilliseconds / 2)
    patience.untilLost = Nanoseconds(milliseconds: lostMilliseconds)
    return patience
  }

  static func source(
    _ server: LoopbackServer, _ path: String = "/stream", lostMilliseconds: Double = 20_000, rate: Double? = nil
  ) throws -> HTTPSource {
    try HTTPSource(
      address: server.root + path, rate: rate, patience: patience(lostMilliseconds: lostMilliseconds))
  }

  /// How a server writes its parts.
  struct Style: Sendable, CustomTestStringConvertible {
    var name: String
    var type: String
    /// In front of a picture of so many bytes.
    var head: @Sendable (Int) -> String
    var tail = "\r\n"
    var testDescription: String { name }
  }

  static let styles = [
    Style(
      name: "ustreamer", type: "multipart/x-mixed-replace;boundary=boundarydonotcross",
      head: {
        "--boundarydonotcross\r\nContent-Type: image/jpeg\r\nContent-Length: \($0)\r\nX-Timestamp: 1.25\r\n\r\n"
      }),
    Style(
      name: "mjpg-streamer", type: "multipart/x-mixed-replace;boundary=boundarydonotcross",
      head: { "Content-Type: image/jpeg\r\nContent-Length: \($0)\r\nX-Timestamp: 0.000000\r\n\r\n" },
      tail: "\r\n--boundarydonotcross\r\n"),
    Style(
      name: "quoted, no lengths", type: "multipart/x-mixed-replace; boundary=\"a b\"",
      head: { _ in "--a b\r\nContent-type: image/jpeg\r\n\r\n" }),
    Style(
      name: "dashes in the name", type: "multipart/x-mixed-replace; boundary=--myboundary",
      head: { _ in "--myboundary\r\nContent-Type: image/jpeg\r\n\r\n" }),
    Style(
      name: "dashes in the name and again", type: "multipart/x-mixed-replace; boundary=--b",
      head: { _ in "----b\r\nContent-Type: image/jpeg\r\n\r\n" }),
    Style(
      name: "line feeds alone, other words", type: "Multipart/X-Mixed-Replace; charset=x; Boundary=b; x=y",
      head: { "\n--b\nx-nothing: 1\ncontent-length:\($0)\n\n" }, tail: ""),
    Style(name: "no boundary", type: "multipart/x-mixed-replace", head: { _ in "" }, tail: ""),
    Style(name: "one behind the other", type: "video/x-motion-jpeg", head: { _ in "" }, tail: ""),
    Style(
      name: "a part of 4 GB", type: "multipart/x-mixed-replace; boundary=b",
      head: { _ in "--b\r\nContent-Length: 4294967296\r\n\r\n" }),
    Style(
      name: "a part of less than nothing", type: "multipart/x-mixed-replace; boundary=b",
      head: { _ in "--b\r\nContent-Length: -1\r\n\r\n" }),
    Style(
      name: "a long header", type: "multipart/x-mixed-replace; boundary=b",
      head: { _ in "--b\r\n" + String(repeating: "X-Y: z\r\n", count: 10_000) + "\r\n" }),
  ]

  @Test(arguments: styles, [1, 1 << 20])
  func streams(style: Style, piece: Int) throws {
    let server = try LoopbackServer { _ in
      .script { reply in
        reply.send(head: "200 OK", ["Content-Type: \(style.type)"])
        var bytes: [UInt8] = []
        for number in 1...5 {
          let picture = greyJPEG(number)
          bytes += Array(style.head(picture.count).utf8) + picture + Array(style.tail.utf8)
        }
        // In small pieces only where that does not take long.
        let piece = bytes.count < 20_000 ? piece : 1 << 20
        for start in stride(from: 0, to: bytes.count, by: piece) {
          reply.send(bytes[start..<min(start + piece, bytes.count)])
        }
        reply.waitForEnd()
      }
    }
    defer { server.stop() }
    let ring = FrameRing(maximumPixels: 64 * 64)
    let reader = ring.makeReader()
    let source = try Self.source(server)
    try source.start(into: ring)
    var last: SeenFrame?
    let deadline = Nanoseconds.now() + Nanoseconds(seconds: 20)
    while last.map(number(of:)) != 5, .now() < deadline {
      last = reader.take(patience: Nanoseconds(milliseconds: 50)) ?? last
    }
    let status = source.status
    source.stop()
    #expect(last.map(number(of:)) == 5, "\(status)")
    #expect(last?.info.sequence == 4 && last?.info.clock == .dequeue)
    #expect(ring.end == nil && status.trouble == nil && status.badFrames == 0, "\(status)")
    #expect(status.name == server.root + "/stream" && status.format == "16×8 MJPEG")
    #expect(server.requests.count == 1)
  }

  /// One picture an answer: fetched again, over and over, as often as asked.
  @Test func aPictureIsFetchedAgain() throws {
    let count = Atomic(0)
    let server = try LoopbackServer { _ in
      let number = count.add(1, ordering: .relaxed).newValue
      return .raw(
        status: "200 OK", fields: ["Content-Type: image/jpeg"], body: Data(greyJPEG(min(number, 20))))
    }
    defer { server.stop() }
    let played = try play(Self.source(server, "/snap.jpg?x=1", rate: 100), everyFrame: false, frames: 4)
    #expect(played.ending == nil && played.numbers == played.numbers.sorted() && played.status.trouble == nil)
    #expect(played.status.nominalRate == 100 && played.status.name == server.root + "/snap.jpg?…")
    let odd = try LoopbackServer { _ in
      .raw(status: "200 OK", fields: ["Content-Type: text/plain"], body: Data(greyJPEG(7)))
    }
    defer { odd.stop() }
    #expect(
      try play(Self.source(odd, rate: 100), everyFrame: false, frames: 2).numbers == [7, 7], "whatever it is called")
    let start = Nanoseconds.now()
    _ = try play(Self.source(server), everyFrame: false, frames: 4)
    #expect((.now() - start).seconds >= 0.3, "ten a second")
  }

  @Test func redirectionAndPassword() throws {
    let server = try LoopbackServer { request in
      switch request.path {
      case "/": .redirect(to: "/stream")
      case "/elsewhere": .redirect(to: "http://localhost:1/x")
      default:
        request.authorization == "Basic bWU6c2VAY3JldA=="
          ? .raw(status: "200 OK", fields: ["Content-Type: image/jpeg"], body: Data(greyJPEG(3)))
          : .raw(
            status: "401 No", fields: ["WWW-Authenticate: Basic realm=\"cam\"", "Content-Length: 0"], body: Data())
      }
    }
    defer { server.stop() }
    let host = server.root.dropFirst("http://".count)
    func source(_ user: String, _ path: String = "/") throws -> HTTPSource {
      try HTTPSource(address: "http://\(user)\(host)\(path)", rate: 100, patience: Self.patience())
    }
    let played = try play(source("me:se%40cret@"), everyFrame: false, frames: 2)
    #expect(played.numbers == [3, 3] && played.status.name == server.root + "/")
    #expect(
      try play(source("")).ending
        == .failed(
          """
          \(server.root)/: expected JPEG pictures over HTTP, found that the server wants a user and a password. Give them: \
          http://USER:PASSWORD@HOST/PATH
          """))
    let refused = try play(source("me:wrong@"))
    #expect(
      refused.ending
        == .failed(
          """
          \(server.root)/: expected JPEG pictures over HTTP, found that the server refuses this user and password. Check \
          both; @ is written %40, : %3A, / %2F in them.
          """))
    #expect(!"\(refused.status)".contains("wrong") && !"\(played.status)".contains("cret"))
  }

  /// What is wrong with the first answer ends the run, in words.
  @Test func refusals() throws {
    let html = Data("<html></html>".utf8)
    let endless: @Sendable (LoopbackServer.Reply) -> Void = { reply in
      reply.send("HTTP/1.1 200 OK\r\n".utf8)
      while reply.send("X-Header: endless\r\n".utf8) {}
    }
    let drip: @Sendable (LoopbackServer.Reply) -> Void = { reply in
      reply.send(head: "200 OK", ["Content-Type: multipart/x-mixed-replace"])
      while reply.send("x".utf8) { usleep(20_000) }
    }
    let cut: @Sendable (LoopbackServer.Reply) -> Void = { reply in
      reply.send(head: "200 OK", ["Content-Type: image/jpeg", "Content-Length: 5000"])
      reply.send(greyJPEG(1).prefix(100))
    }
    let answers: [(LoopbackServer.Answer, String)] = [
      (.status(404), "that the server answers 404. Check the address."),
      (.status(503), "that the server answers 503. Check the address."),
      (.redirect(to: "/stream"), "more than 10 redirections. Check the address."),
      (.redirect(to: "file:///etc/passwd"), "no answer ("),
      (.raw(status: "200 OK", fields: ["Content-Type: text/html"], body: html), "an answer of the type 'text/html'."),
      (
        .raw(status: "200 OK", fields: ["Content-Type: image/jpeg"], body: html), "the end of the answer before a whole"
      ),
      (
        .raw(status: "200 OK", fields: ["Content-Type: image/jpeg", "Content-Length: 0"], body: Data()),
        "the end of the answer before a whole one. Check the address."
      ),
      (.script(endless), ""), (.script(drip), "none within 0.4 s. Check the address and the network."),
      (.silence, "none within 0.4 s."), (.endless, ""),
      (.script(cut), "a connection that was cut before a whole one. Run the same command again."),
    ]
    for (answer, words) in answers {
      let server = try LoopbackServer { _ in answer }
      defer { server.stop() }
      let source = try Self.source(server, lostMilliseconds: words.contains("0.4 s") ? 400 : 20_000)
      let played = try play(source)
      guard case .failed(let why) = played.ending else {
        Issue.record("\(words): \(played.ending.debugDescription)")
        continue
      }
      #expect(why.hasPrefix("\(server.root)/stream: expected JPEG pictures over HTTP, found \(words)"), "\(why)")
      #expect(!why.contains("none within 20 s"), "\(why)")
    }
  }

  @Test func nobodyThere() throws {
    let server = try LoopbackServer { _ in .silence }
    server.stop()
    guard case .failed(let why) = try play(Self.source(server)).ending else {
      Issue.record("it did not fail")
      return
    }
    #expect(why.contains("found no answer (") && why.hasSuffix("Check the address and the network."), "\(why)")
  }

  /// The stream is lost in each way that there is; each time it is said, and each time it comes back by itself. The server
  /// goes on when the test has seen what there was to see.
  @Test func lostAndFoundAgain() throws {
    let count = Atomic(0)
    let looks = Atomic(0)
    let newest = Atomic(0)
    @Sendable func waitUntil(_ condition: () -> Bool) {
      let deadline = Nanoseconds.now() + Nanoseconds(seconds: 10)
      while !condition(), .now() < deadline { usleep(1000) }
    }
    let server = try LoopbackServer { _ in
      let number = count.add(1, ordering: .relaxed).newValue
      let seen = looks.load(ordering: .relaxed)
      waitUntil { looks.load(ordering: .relaxed) >= seen + 2 }
      switch number {
      case 2: return .status(503)
      case 4: return .script { _ in }
      case 6: return .raw(status: "200 OK", fields: ["Content-Type: text/html"], body: Data("no".utf8))
      default:
        return .script { reply in
          reply.send(
            head: "200 OK", ["Content-Type: multipart/x-mixed-replace; boundary=b", "Transfer-Encoding: chunked"])
          let picture = greyJPEG(number)
          reply.send("\(String(picture.count, radix: 16))\r\n".utf8)
          reply.send(picture)
          reply.send("\r\n".utf8)
          waitUntil { newest.load(ordering: .relaxed) == number }
          switch number {
          case 1: reply.send("0\r\n\r\n".utf8)
          // In the middle of a part.
          case 3: reply.send("1000\r\n".utf8 + picture.prefix(50))
          case 5: return
          default: reply.waitForEnd()
          }
        }
      }
    }
    defer { server.stop() }
    let ring = FrameRing(maximumPixels: 64 * 64)
    let reader = ring.makeReader()
    let source = try Self.source(server, lostMilliseconds: 6000)
    try source.start(into: ring)
    var numbers: [Int] = []
    var troubles: Set<String> = []
    let deadline = Nanoseconds.now() + Nanoseconds(seconds: 60)
    while numbers.last != 8, .now() < deadline {
      if let frame = reader.take(patience: Nanoseconds(milliseconds: 10)) {
        numbers.append(number(of: frame))
        newest.store(numbers.last!, ordering: .relaxed)
      }
      if let trouble = source.status.trouble { troubles.insert(trouble) }
      looks.add(1, ordering: .relaxed)
    }
    source.stop()
    #expect(numbers == [1, 3, 5, 7, 8], "\(troubles)")
    #expect(
      troubles == [
        "the stream was lost (the server ended it): connecting again",
        "the stream was lost (the server answers 503): connecting again",
        "the stream was lost (the connection was cut): connecting again",
        "the server sends something else than JPEG pictures: connecting again",
        "no picture for 3 s: waiting", "the stream was lost (no picture for 6 s): connecting again",
      ])
    #expect(ring.end == nil)
  }

  @Test func stopsAtOnce() throws {
    let isSilent = Atomic(0)
    let server = try LoopbackServer { _ in
      .script { reply in
        if isSilent.load(ordering: .relaxed) == 0 {
          reply.send(head: "200 OK", ["Content-Type: multipart/x-mixed-replace"])
          reply.send(greyJPEG(1))
        }
        reply.waitForEnd()
      }
    }
    defer { server.stop() }
    for silent in [0, 1] {
      isSilent.store(silent, ordering: .relaxed)
      for everyFrame in [false, true] {
        let ring = FrameRing(maximumPixels: 64 * 64, everyFrame: everyFrame)
        // It would go on waiting for hours: that its stop comes back is the test.
        let source = try Self.source(server, lostMilliseconds: 1e7)
        try source.start(into: ring)
        usleep(200_000)
        source.stop()
        source.stop()
      }
    }
  }

  /// The ring has ended: nobody looks any more, and the thread ends by itself.
  @Test func endsWithTheRing() throws {
    let server = try LoopbackServer { _ in
      .script { reply in
        reply.send(head: "200 OK", ["Content-Type: multipart/x-mixed-replace"])
        while reply.send(greyJPEG(1)) { usleep(10_000) }
      }
    }
    defer { server.stop() }
    let ring = FrameRing(maximumPixels: 64 * 64)
    let reader = ring.makeReader()
    let source = try Self.source(server)
    try source.start(into: ring)
    #expect(reader.take() != nil)
    ring.end()
    source.stop()
    #expect(source.status.trouble == nil)
  }
}
