import Foundation
import Synchronization
import TestSupport
import Testing

/// Pictures over HTTP and through pipes, through the whole program.
struct StreamTests {
  let folder = TemporaryFolder()

  static let coffee = Result { try Checkout.assetBytes("demo/coffee.jpg") }
  private static let live = ["live", "--headless", "--resolution", "128", "--source"]

  /// A camera that sends `count` pictures, or pictures without end, 50 a second.
  private func camera(_ count: Int = .max) throws -> LoopbackServer {
    let picture = try Self.coffee.get()
    return try LoopbackServer { request in
      if request.path == "/secret", request.authorization != "Basic bWU6aHVzaA==" {
        return .raw(
          status: "401 No", fields: ["WWW-Authenticate: Basic realm=\"cam\"", "Content-Length: 0"], body: Data())
      }
      return .script { reply in
        reply.send(head: "200 OK", ["Content-Type: multipart/x-mixed-replace;boundary=b"])
        var number = 0
        while number < count,
          reply.send(
            Data("--b\r\nContent-Type: image/jpeg\r\nContent-Length: \(picture.count)\r\n\r\n".utf8) + picture
              + Data("\r\n".utf8))
        {
          number += 1
          usleep(20_000)
        }
      }
    }
  }

  @Test func resultsOfAStream() throws {
    let server = try camera()
    defer { server.stop() }
    let run = try Program.run(
      Self.live + [server.root + "/stream", "--frames", "5", "--log", "run.jsonl", "--record", "run.y4m"], in: folder)
    #expect(run.status == 0 && run.lines.count == 5 && run.lines.allSatisfy { $0.contains("espresso") }, "\(run)")
    let header = try JSON(try folder.text("run.jsonl").split(separator: "\n")[0])
    #expect(header["source"].string == server.root + "/stream", "\(header)")
  }

  /// A password stands nowhere: not in what is printed, and in no file.
  @Test func aPasswordIsShownNowhere() throws {
    let server = try camera()
    defer { server.stop() }
    let host = server.root.dropFirst("http://".count)
    let good = try Program.run(
      Self.live + ["http://me:hush@\(host)/secret", "--frames", "2", "--log", "run.csv"], in: folder)
    #expect(good.status == 0 && good.lines.count == 2, "\(good)")
    let log = try folder.text("run.csv") + folder.text("run.run.json")
    #expect(
      !log.contains("hush") && !(good.output + good.error).contains("hush") && log.contains(server.root), "\(log)")
    for (arguments, status) in [
      (["http://me:hush2@\(host)/secret"], Int32(1)), (["http://me:hush@\(host):x/"], 1), (["http://me:hush@/"], 1),
      (["rtsp://me:hush@\(host)/"], 1), (["http://me:hush@\(host)/", "--size", "1x1"], 1),
      (["http://me:hush@127.0.0.1:1/"], 1),
    ] {
      let run = try Program.run(Self.live + arguments, in: folder)
      #expect(run.status == status && !run.error.contains("hush") && run.error.hasPrefix("mobilecam: "), "\(run.error)")
      #expect(run.lines.isEmpty && run.error.split(separator: "\n").count == 1, "\(run.error)")
    }
  }

  /// Lost after three pictures each time: said on standard error, and gone on with.
  @Test func aStreamThatIsLostComesBack() throws {
    let server = try camera(3)
    defer { server.stop() }
    let run = try Program.run(Self.live + [server.root + "/stream", "--frames", "7"], in: folder)
    #expect(run.status == 0 && run.lines.count == 7, "\(run)")
    #expect(run.error.contains("mobilecam: the stream was lost (the server ended it): connecting again"), "\(run)")
  }

  @Test(.enabled(if: TmuxSession.isUsable, TmuxSession.comment))
  func onTheScreen() throws {
    let picture = try Self.coffee.get()
    let isAway = Atomic(false)
    let server = try LoopbackServer { _ in
      if isAway.load(ordering: .relaxed) { return .status(503) }
      return .script { reply in
        reply.send(head: "200 OK", ["Content-Type: multipart/x-mixed-replace;boundary=b"])
        while !isAway.load(ordering: .relaxed), reply.send(picture) { usleep(30_000) }
      }
    }
    defer { server.stop() }
    let session = try TmuxSession(width: 120, height: 36)
    session.type("$M --source http://me:hush@\(server.root.dropFirst(7))/stream")
    try session.wait(for: "127.0.0.1", "MJPEG", "espresso")
    #expect(!session.screen.contains("hush"), "\(session.screen)")
    isAway.store(true, ordering: .relaxed)
    try session.wait(for: "the stream was lost")
    isAway.store(false, ordering: .relaxed)
    session.press("s")
    try session.wait(for: "saved mobilecam-0001.png")
    session.press("q")
  }

  private static let hasUstreamer = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
    FileManager.default.isExecutableFile(atPath: "\($0)/ustreamer")
  }

  /// A real server. Without a camera it serves a picture that says so, once a second.
  @Test(.enabled(if: hasUstreamer, "there is no ustreamer"), arguments: ["stream", "snapshot"])
  func ustreamer(path: String) throws {
    func watch(as user: String) throws -> Run {
      // A port that was free a moment ago.
      let place = try LoopbackServer { _ in .silence }
      place.stop()
      return try Program.shell(
        """
        ustreamer --device /dev/none --port \(place.port) --user me --passwd hush >/dev/null 2>&1 & U=$!
        trap 'kill $U' EXIT
        for n in $(seq 100); do
          $M live --headless --frames 3 --source http://\(user)@127.0.0.1:\(place.port)/\(path) 2>words && exit
          grep -q "no answer" words || break
          sleep 0.1
        done
        cat words >&2; exit 1
        """, in: folder)
    }
    let run = try watch(as: "me:hush")
    #expect(run.status == 0 && run.lines.count == 3, "\(run)")
    let wrong = try watch(as: "me:hash")
    #expect(wrong.status == 1 && wrong.error.contains("refuses this user and password"), "\(wrong)")
    #expect(!wrong.error.contains("hash"), "\(wrong)")
  }

  /// Whatever comes on standard input is known by its bytes, or told for what it is not.
  @Test func standardInput() throws {
    try folder.write("coffee.jpg", try Self.coffee.get())
    for (line, count, words) in [
      ("cat coffee.jpg | $M live --source - --headless", 1, ""),
      ("cat coffee.jpg | $M live --source - --headless --frames 3", 3, ""),
      ("$M live --source - --headless --frames 3 < coffee.jpg", 3, ""),
      ("$M live --source - --headless < /dev/null", 0, "standard input: expected a Y4M or MJPEG stream, found no data"),
      (
        "echo hello | $M live --source - --headless", 0,
        "standard input: expected a Y4M stream (it begins with 'YUV4MPEG2') or JPEG pictures (MJPEG), found 'hello'"
      ),
      (
        "head -c 5000 coffee.jpg | $M live --source - --headless", 0,
        "standard input: expected JPEG pictures (MJPEG), found none that can be decoded"
      ),
      (
        "$M live --source coffee.jpg --headless --fps 3", 0,
        "--format, --size, --control and --keep-controls are for cameras, --fps for them and videos"
      ),
    ] {
      let run = try Program.shell(line, in: folder)
      #expect(run.lines.count == count && run.status == (words.isEmpty ? 0 : 1), "\(run)")
      #expect(words.isEmpty ? run.error.isEmpty : run.error.contains(words), "\(run)")
      #expect(run.lines.allSatisfy { $0.contains("espresso") }, "\(run)")
    }
  }
}
