import Foundation
import Frames
import Platform
import Playback
import TestSupport
import Testing

/// A grey picture, by whose brightness it is known again.
func greyJPEG(_ number: Int, width: Int = 16, height: Int = 8) -> [UInt8] {
  JPEGFile.make(width: width, height: height, grey: UInt8(number * 10))
}

/// The number of the grey picture that a frame shows.
func number(of frame: SeenFrame) -> Int { (Int(frame.pixels[0]) + 5) / 10 }

struct Played {
  var frames: [SeenFrame] = []
  var ending: FrameRing.Ending?
  var status: SourceStatus

  var numbers: [Int] { frames.map(number(of:)) }
}

/// Plays a source to its end, or until so many frames have come.
func play(_ source: some FrameSource, everyFrame: Bool = true, frames limit: Int = .max) throws -> Played {
  let ring = FrameRing(maximumPixels: 64 * 64, everyFrame: everyFrame)
  let reader = ring.makeReader()
  try source.start(into: ring)
  var frames: [SeenFrame] = []
  while frames.count < limit, let frame = reader.take() { frames.append(frame) }
  source.stop()
  return Played(frames: frames, ending: ring.end, status: source.status)
}

@Suite struct MotionJPEGTests {
  let folder = TemporaryFolder()

  func file(_ bytes: [UInt8]) throws -> String { try folder.write("a.mjpeg", bytes) }

  @Test(arguments: [false, true])
  func everyPictureOfAFile(isPaced: Bool) throws {
    let path = try file((0..<20).flatMap { greyJPEG($0) })
    let played = try play(StreamSource(path: path, isPaced: isPaced, rate: 500))
    #expect(played.numbers == Array(0..<20) && played.frames.map(\.info.sequence) == Array(0..<20))
    #expect(played.frames.allSatisfy { $0.info.width == 16 && $0.info.height == 8 && $0.info.clock == .schedule })
    #expect(played.ending == .finished)
    #expect(played.status == SourceStatus(name: path, format: "16×8 MJPEG", nominalRate: 500))
  }

  /// Thirty a second unless something else is asked for.
  @Test(arguments: [(nil, 0.28), (10.0, 0.88)])
  func pace(rate: Double?, leastSeconds: Double) throws {
    let path = try file((0..<10).flatMap { greyJPEG($0) })
    let start = Nanoseconds.now()
    let played = try play(StreamSource(path: path, isPaced: true, rate: rate))
    #expect(played.frames.count == 10 && (.now() - start).seconds >= leastSeconds)
    #expect(played.status.nominalRate == rate ?? 30)
  }

  @Test func sizesMayChange() throws {
    let path = try file(greyJPEG(3) + greyJPEG(4, width: 24, height: 24) + greyJPEG(5))
    let played = try play(StreamSource(path: path, isPaced: false))
    #expect(played.numbers == [3, 4, 5] && played.frames.map(\.info.width) == [16, 24, 16])
  }

  @Test func brokenPicturesAreCounted() throws {
    let good = greyJPEG(7)
    let data = JPEGFile.make(width: 48, height: 48)
    let path = try file(good + data.prefix(data.count * 2 / 3) + good + [1, 2, 3] + good + data.prefix(data.count / 2))
    let played = try play(StreamSource(path: path, isPaced: false))
    #expect(played.numbers == [7, 7, 7] && played.ending == .finished)
    #expect(played.status.badFrames == 2 && played.status.trouble == nil)
    #expect(played.status.badFrameKinds.contains { $0.fault.contains("that is cut off") }, "\(played.status)")
  }

  @Test func noneThatCanBeDecoded() throws {
    let data = JPEGFile.make(width: 48, height: 48)
    let path = try file((0..<4).flatMap { _ in data.prefix(data.count / 2) })
    // By its first bytes it is a picture; on standard input it is a stream.
    let played = try play(StreamSource(path: path, isPaced: false))
    guard case .failed(let words) = played.ending else {
      Issue.record("\(played.ending.debugDescription)")
      return
    }
    #expect(
      words.hasPrefix(
        "\(path): expected JPEG pictures (MJPEG), found none that can be decoded, but a JPEG"))
    #expect(played.status.badFrames == 4)
  }

  /// What the ring has no room for is read smaller, and told.
  @Test func largePictures() throws {
    let path = try file(greyJPEG(9, width: 200, height: 100) + greyJPEG(8))
    let played = try play(StreamSource(path: path, isPaced: false))
    #expect(played.numbers == [9, 8] && played.frames.map(\.info.width) == [50, 16])
    let huge = try play(StreamSource(path: try file(greyJPEG(9, width: 2000, height: 1000)), isPaced: false))
    #expect(
      huge.ending
        == .failed(
          """
          \(folder.file("a.mjpeg")): expected JPEG pictures (MJPEG), found none that can be decoded, but a \
          JPEG picture of 2000×1000 pixels, which is too large; check the program that writes it
          """))
  }

  @Test func toldApartByTheirBytes() throws {
    let (a, b) = (greyJPEG(1), greyJPEG(2))
    let zeros: [UInt8] = [0, 0]
    let (part, lineEnd) = (bytes("--x\r\nContent-Type: image/jpeg\r\n\r\n"), bytes("\r\n"))
    let long = JPEGFile.inserting(0xFE, [UInt8](repeating: 0, count: 65_000), in: a)
    let several = JPEGFile.inserting(0xE2, bytes("MPF\0"), in: a)
    let streams: [[UInt8]] = [
      a + b, a + zeros + b, zeros + a + b, part + a + lineEnd + part + b, long + long, bytes("YUV4MPEG2 W3 H2\n"),
    ]
    let others: [[UInt8]] = [
      a, a + bytes("tail"), a + greyJPEG(2, width: 24), several + a, bytes("--\n-- a script\n"), long, [],
      Array(a.prefix(100)),
    ]
    for (bytes, isStream) in streams.map({ ($0, true) }) + others.map({ ($0, false) }) {
      #expect(StreamSource.isStream(path: try file(bytes)) == isStream, "\(bytes.prefix(40)), \(bytes.count) bytes")
    }
  }

  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  // MARK: Live

  /// A named pipe into which another thread writes.
  func pipe(_ write: @escaping @Sendable (_ send: ([UInt8]) -> Void) -> Void) throws -> String {
    let path = folder.file("pipe-\(UUID().uuidString)")
    #expect(mkfifo(path, 0o600) == 0)
    Thread.detachNewThread {
      let descriptor = open(path, O_WRONLY)
      write { bytes in
        var rest = bytes[...]
        while !rest.isEmpty {
          let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
          guard count > 0 else { return }
          rest = rest.dropFirst(count)
        }
      }
      close(descriptor)
    }
    return path
  }

  /// Pictures come faster than they are taken: the newest one is there, the writer is never held up, nothing queues.
  @Test(arguments: [true, false])
  func theNewestOfAPipe(everyFrame: Bool) throws {
    // More than a pipe holds.
    let filler = (0..<40).flatMap { _ in greyJPEG(1, width: 64, height: 64) }
    let isWritten = Monitor(false)
    let path = try pipe { send in
      send(greyJPEG(0))
      for _ in 0..<20 { send(filler) }
      send(greyJPEG(9))
      isWritten.withLock { $0 = true }
      isWritten.signal()
      // Until all of it was read.
      isWritten.wait { !$0 }
    }
    let ring = FrameRing(maximumPixels: 64 * 64, everyFrame: everyFrame)
    let reader = ring.makeReader()
    let source = StreamSource(path: path, isPaced: false)
    try source.start(into: ring)
    // Nobody reads meanwhile.
    #expect(isWritten.wait(until: .now() + Nanoseconds(seconds: 20)) { $0 })
    var last: SeenFrame?
    let deadline = Nanoseconds.now() + Nanoseconds(seconds: 20)
    while last.map(number(of:)) != 9, .now() < deadline {
      last = reader.take(patience: Nanoseconds(milliseconds: 50)) ?? last
    }
    let info = try #require(last).info
    #expect(info.sequence == 801 && info.clock == .dequeue)
    if everyFrame { #expect(info.driverDrops >= 500, "\(info)") }
    isWritten.withLock { $0 = false }
    isWritten.signal()
    while reader.take() != nil {}
    #expect(ring.end == .finished)
    source.stop()
    #expect(source.status.format == "16×8 MJPEG" && source.status.driverDrops == info.driverDrops)
  }

  @Test func aPipeThatDrips() throws {
    let bytes = greyJPEG(4) + greyJPEG(5).dropLast(2)
    let path = try pipe { send in for byte in bytes { send([byte]) } }
    let played = try play(StreamSource(path: path, isPaced: true))
    #expect(played.numbers.last == 5 && played.ending == .finished)
  }

  @Test func aStillFromAPipe() throws {
    let path = try pipe { send in send(greyJPEG(6)) }
    let once = try play(StreamSource(path: path, isPaced: true))
    #expect(once.numbers == [6] && once.ending == .finished)
    let held = try play(
      StreamSource(path: try pipe { send in send(greyJPEG(6)) }, isPaced: true, holdsStill: true), frames: 4)
    #expect(held.numbers == [6, 6, 6, 6], "\(held.ending.debugDescription)")
    #expect(held.frames.map(\.info.sequence) == [0, 1, 2, 3])
  }

  @Test func stopsWhileAPipeIsSilent() throws {
    let isDone = Monitor(false)
    let path = try pipe { send in
      send(Array(greyJPEG(6).prefix(100)))
      isDone.wait { $0 }
    }
    let ring = FrameRing(maximumPixels: 64 * 64)
    let source = StreamSource(path: path, isPaced: true)
    try source.start(into: ring)
    usleep(100_000)
    // The pipe is silent until then: that this comes back is the test.
    source.stop()
    #expect(ring.end == nil && source.status.trouble == nil)
    isDone.withLock { $0 = true }
    isDone.signal()
  }

  @Test func endlessWithoutAPicture() throws {
    let path = try pipe { send in
      send([0xFF, 0xD8, 0xFF, 0xDA, 0, 3, 1])
      let zeros = [UInt8](repeating: 0, count: 1 << 20)
      for _ in 0..<80 { send(zeros) }
    }
    signal(SIGPIPE, SIG_IGN)
    let played = try play(StreamSource(path: path, isPaced: false))
    #expect(
      played.ending
        == .failed(
          """
          \(path): expected JPEG pictures (MJPEG) of at most 32 MiB each, found 64 MiB without a whole one; check the \
          program that writes it
          """))
    #expect(
      played.status.badFrameKinds.map(\.fault) == ["a picture of more than 32 MiB"] && played.status.badFrames == 1)
  }
}
