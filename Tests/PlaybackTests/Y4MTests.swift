import Foundation
import Frames
import Pixels
import Platform
import Playback
import TestSupport
import Testing

/// A stream's bytes: its header, then frames of the given planes.
private func stream(_ header: String, _ frames: [[UInt8]]) -> [UInt8] {
  Array("\(header)\n".utf8) + frames.flatMap { Array("FRAME\n".utf8) + $0 }
}

@Suite struct Y4MHeaderTests {
  func parse(_ line: String) throws -> Y4MHeader { try Y4MHeader(line: line, name: "clip") }

  @Test func whatFfmpegWrites() throws {
    let header = try parse("YUV4MPEG2 W641 H481 F30000:1001 Ip A1:1 C420mpeg2 XYSCSS=420MPEG2 XCOLORRANGE=LIMITED")
    #expect(header.layout.width == 641 && header.layout.height == 481)
    #expect(header.layout.format == .yuv420 && !header.layout.color.isFullRange)
    #expect(abs(header.rate! - 29.97) < 0.001)
    #expect(header.layout.frameBytes == 641 * 481 + 2 * 321 * 241)
  }

  @Test(arguments: [
    ("", PixelFormat.yuv420, 24), (" C420jpeg", .yuv420, 24), (" C420", .yuv420, 24), (" C420paldv", .yuv420, 24),
    (" C422", .yuv422, 32), (" C411", .yuv411, 24), (" C444", .yuv444, 48), (" Cmono", .grey, 16),
  ])
  func colorSpaces(tag: String, format: PixelFormat, bytes: Int) throws {
    let header = try parse("YUV4MPEG2 W4 H4\(tag)")
    #expect(header.layout.format == format && header.layout.frameBytes == bytes && header.rate == nil)
  }

  @Test func fullRange() throws { #expect(try parse("YUV4MPEG2 W4 H4 XCOLORRANGE=FULL").layout.color.isFullRange) }

  @Test func unknownRates() throws {
    for rate in ["F0:0", "F0:1", "F30", "Fx:y", ""] { #expect(try parse("YUV4MPEG2 W4 H4 \(rate)").rate == nil) }
  }

  /// Numbers that break arithmetic, as text.
  static let extremes =
    [
      "0", "-1", "2147483648", "4294967296", "9007199254740992", "9223372036854775807", "9223372036854775808",
      "18446744073709551616", "10000000000", "1e308", "-1e308", "1e-308", "inf", "-inf", "nan", "",
      String(repeating: "9", count: 400), "0." + String(repeating: "0", count: 400) + "1",
    ]

  /// In every field: a header is refused, or says something sensible.
  @Test func extremeNumbers() throws {
    for number in Self.extremes {
      for rate in ["F\(number):1", "F1:\(number)", "F\(number):\(number)", "F\(number)"] {
        let rate = try parse("YUV4MPEG2 W4 H4 \(rate)").rate
        #expect(rate.map(Y4MHeader.plausibleRates.contains) ?? true, "\(number)")
        _ = Nanoseconds(seconds: 1 / (rate ?? 30))
      }
      for field in ["A\(number):\(number)", "X\(number)", "I\(number)"] {
        #expect(try parse("YUV4MPEG2 W4 H4 \(field)").layout.frameBytes == 24)
      }
      for size in ["W\(number) H4", "W4 H\(number)", "W\(number) H\(number)"] {
        #expect(thrownMessage { _ = try parse("YUV4MPEG2 \(size)") }?.contains("from 1 to 16384") == true, "\(number)")
      }
      #expect(thrownMessage { _ = try parse("YUV4MPEG2 W4 H4 C420p\(number)") } != nil)
    }
    for (text, rate) in [("F30:1", 30.0), ("F1:900", 1.0 / 900), ("F10000:1", 10_000)] {
      #expect(try parse("YUV4MPEG2 W4 H4 \(text)").rate == rate)
    }
  }

  @Test func wrongMagic() {
    #expect(
      thrownMessage { _ = try parse("RIFF\u{7}\u{0}AVI ") }
        == """
        clip: expected a Y4M stream (it begins with 'YUV4MPEG2') or JPEG pictures (MJPEG), found 'RIFF\\x07\\x00AVI '; \
        make one with: ffmpeg -i INPUT -pix_fmt yuv420p -f yuv4mpegpipe -
        """)
    #expect(thrownMessage { _ = try parse("YUV4MPEG3 W4 H4") } != nil)
    #expect(thrownMessage { _ = try parse("") } != nil)
  }

  @Test(arguments: ["W0 H4", "W4 H0", "W-4 H4", "W99999 H4", "W4 H99999999999999999999", "W4", "H4", "Wx Hy"])
  func absurdSizes(size: String) {
    #expect(
      thrownMessage { _ = try parse("YUV4MPEG2 \(size)") }
        == """
        clip: expected a width W and a height H from 1 to 16384, found 'YUV4MPEG2 \(size)'; make the stream again
        """)
  }

  @Test func chromaOfFourToOne() throws {
    let header = try parse("YUV4MPEG2 W9 H2 C411")
    #expect(header.layout.frameBytes == 9 * 2 + 2 * 3 * 2, "three samples for nine pixels")
  }

  @Test func unknownColorSpace() {
    #expect(
      thrownMessage { _ = try parse("YUV4MPEG2 W4 H4 C444alpha") }
        == """
        clip: expected the colour space C420jpeg, C420mpeg2, C420paldv, C420, C422, C411, C444 or Cmono, \
        found C444alpha; let ffmpeg convert it: -pix_fmt yuv420p before -f yuv4mpegpipe
        """)
  }

  @Test(arguments: [("420p10", 10), ("422p12", 12), ("444p16", 16), ("mono10", 10)])
  func moreThanEightBits(tag: String, depth: Int) {
    #expect(
      thrownMessage { _ = try parse("YUV4MPEG2 W4 H4 C\(tag)") }
        == """
        clip: expected 8 bits a sample, found C\(tag), which has \(depth); \
        let ffmpeg convert it: -pix_fmt yuv420p before -f yuv4mpegpipe
        """)
  }
}

@Suite struct Y4MSourceTests {
  let folder: TemporaryFolder

  init() throws { folder = TemporaryFolder() }

  struct Played {
    var frames: [SeenFrame] = []
    var ending: FrameRing.Ending?
    var status: SourceStatus
  }

  func play(_ path: String, isPaced: Bool = false) throws -> Played {
    let ring = FrameRing(maximumPixels: 64 * 64, everyFrame: true)
    let source = StreamSource(path: path, isPaced: isPaced)
    try source.start(into: ring)
    let reader = ring.makeReader()
    var frames: [SeenFrame] = []
    while let frame = reader.take() { frames.append(frame) }
    source.stop()
    return Played(frames: frames, ending: ring.end, status: source.status)
  }

  func greys(_ count: Int) -> [[UInt8]] { (0..<count).map { [UInt8](repeating: UInt8($0), count: 6) } }

  @Test(arguments: [false, true])
  func everyFrameInOrder(isPaced: Bool) throws {
    let path = try folder.write(
      "a.y4m", stream("YUV4MPEG2 W3 H2 F500:1 Cmono XCOLORRANGE=FULL", greys(20)))
    let played = try play(path, isPaced: isPaced)
    #expect(played.frames.map(\.pixels[0]) == Array(0..<20))
    #expect(played.frames.map(\.info.sequence) == Array(0..<20))
    #expect(played.frames.allSatisfy { $0.info.width == 3 && $0.info.height == 2 })
    #expect(played.ending == .finished)
    #expect(played.status == SourceStatus(name: path, format: "3×2 Y4M mono", nominalRate: 500))
  }

  @Test func endsInsideAFrame() throws {
    let path = try folder.write("a.y4m", stream("YUV4MPEG2 W3 H2 Cmono", greys(3)).dropLast(2))
    let played = try play(path)
    #expect(played.frames.count == 2)
    let reason = """
      \(path): expected 6 bytes in frame 3, found the stream's end after 4; the 2 frames before it were read
      """
    #expect(played.ending == .failed(reason))
    #expect(played.status.trouble == reason)
  }

  @Test func somethingElseThanAFrame() throws {
    let path = try folder.write("a.y4m", stream("YUV4MPEG2 W3 H2 Cmono", greys(1)) + Array("GARBAGE\n".utf8))
    let played = try play(path)
    #expect(played.frames.count == 1)
    #expect(
      played.ending
        == .failed(
          "\(path): expected 'FRAME' at the start of frame 2, found 'GARBAGE'; the 1 frames before it were read"))
  }

  @Test func frameParametersAreSkipped() throws {
    let bytes = Array("YUV4MPEG2 W1 H1 Cmono XCOLORRANGE=FULL\nFRAME Ip XTIME=1\n".utf8) + [42]
    #expect(try play(folder.write("a.y4m", bytes)).frames.map(\.pixels) == [[42, 42, 42]])
  }

  @Test func noFrames() throws {
    let path = try folder.write("a.y4m", stream("YUV4MPEG2 W3 H2 Cmono", []))
    #expect(
      try play(path).ending
        == .failed("\(path): expected frames after the header, found none; check the program that writes it"))
  }

  @Test func errorsAtTheStart() throws {
    func starting(_ path: String) -> String? {
      thrownMessage { try StreamSource(path: path, isPaced: false).start(into: FrameRing(maximumPixels: 64 * 64)) }
    }
    #expect(starting("/no/such.y4m") == "/no/such.y4m: no such file; check the path")
    let empty = try folder.write("empty.y4m", [])
    #expect(
      starting(empty)
        == """
        \(empty): expected a Y4M or MJPEG stream, found no data; the program that writes it ended before its first frame. \
        ffmpeg does so where its input is not YUV: put -pix_fmt yuv420p before its -f yuv4mpegpipe
        """
    )
    let large = try folder.write("large.y4m", stream("YUV4MPEG2 W65 H64", []))
    #expect(
      starting(large)
        == """
        \(large): expected at most 4096 pixels, found 65×64; \
        make it smaller with: ffmpeg -i INPUT -vf scale=1280:-2 -f yuv4mpegpipe -
        """)
    // No line feed for ever: the header's length is bounded.
    let endless = try folder.write("endless.y4m", [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20))
    #expect(starting(endless)?.hasPrefix("\(endless): expected a Y4M stream (it begins with 'YUV4MPEG2')") == true)
  }

  /// The size is refused before memory is taken for it: three quarters of a gigabyte here, which would be touched.
  @Test func aLargeFrameCostsNothing() async {
    await #expect(processExitsWith: .success) {
      let folder = TemporaryFolder()
      let path = try folder.write("a.y4m", stream("YUV4MPEG2 W16384 H16384 C444", []))
      // A limit for addresses makes the allocation itself fail.
      let used = try #require(File.text(of: "/proc/self/statm")?.split(separator: " ").first.flatMap { Int($0) })
      var limit = rlimit(rlim_cur: UInt(used * 4096 + 100 << 20), rlim_max: UInt(used * 4096 + 100 << 20))
      #expect(setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0)
      let source = StreamSource(path: path, isPaced: false)
      #expect(
        thrownMessage { try source.start(into: FrameRing(maximumPixels: 64 * 64)) }?
          .hasPrefix("\(path): expected at most 4096 pixels, found 16384×16384") == true)
    }
  }

  @Test func whatIsNoFileIsNoY4M() throws {
    #expect(mkfifo("\(folder.path)/pipe", 0o600) == 0 && mknod("\(folder.path)/socket", S_IFSOCK | 0o600, 0) == 0)
    for path in ["\(folder.path)/pipe", "\(folder.path)/socket", "/dev/zero", "/dev/stdin"] {
      #expect(!StreamSource.isStream(path: path), "\(path)")
    }
  }

  @Test func recognisesY4M() throws {
    #expect(try StreamSource.isStream(path: folder.write("a", stream("YUV4MPEG2 W3 H2", []))))
    #expect(try !StreamSource.isStream(path: folder.write("b.y4m", [UInt8]("YUV4".utf8))))
    #expect(!StreamSource.isStream(path: "/no/such") && !StreamSource.isStream(path: folder.path))
  }

  /// Bytes come one by one: nothing may depend on how a pipe cuts them.
  @Test func aPipeThatDripsAndEnds() throws {
    let pipe = "\(folder.path)/pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    let bytes = stream("YUV4MPEG2 W3 H2 F30:1 Cmono XCOLORRANGE=FULL", greys(4))
    let writer = Thread {
      let descriptor = open(pipe, O_WRONLY)
      for byte in bytes { withUnsafeBytes(of: byte) { _ = write(descriptor, $0.baseAddress, 1) } }
      close(descriptor)
    }
    writer.start()
    let played = try play(pipe)
    #expect(played.frames.map(\.pixels[0]) == [0, 1, 2, 3] && played.ending == .finished)
  }

  @Test func stopsWhileAPipeIsSilent() throws {
    let pipe = "\(folder.path)/pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    let ring = FrameRing(maximumPixels: 64 * 64)
    let source = StreamSource(path: pipe, isPaced: true)
    try source.start(into: ring)
    source.stop()
    #expect(ring.end == nil && source.status.trouble == nil)
  }
}

@Suite struct Y4MWriterTests {
  let folder: TemporaryFolder

  init() throws { folder = TemporaryFolder() }

  @Test func whatWasRecordedPlaysBack() throws {
    let path = "\(folder.path)/a.y4m"
    func bytes(_ seed: Int) -> [UInt8] { (0..<432).map { UInt8(truncatingIfNeeded: $0 * 53 + seed * 91) } }
    let frames = [bytes(0), bytes(1), bytes(2)]
    do {
      let writer = try Y4MWriter(path: path, width: 16, height: 9, framesPerSecond: 30)
      for frame in frames { try frame.withUnsafeBytes { try writer.append($0, width: 16, height: 9) } }
    }
    let descriptor = open(path, O_RDONLY)
    defer { close(descriptor) }
    let reader = try Y4MReader(descriptor: descriptor, name: path, maximumPixels: 16 * 9)
    #expect(
      reader.header.rate == 30 && reader.header.layout.color.isFullRange && reader.header.layout.format == .yuv444)
    for frame in frames {
      #expect(try reader.readFrame())
      var pixels = [UInt8](repeating: 0, count: frame.count)
      pixels.withUnsafeMutableBytes { _ = reader.convert(into: $0) }
      // Three samples are rounded to 8 bits, and the result once more.
      let worst = zip(frame, pixels).map { abs(Int($0) - Int($1)) }.max()!
      #expect(worst <= 2)
    }
    #expect(try !reader.readFrame())
  }

  @Test func refusals() throws {
    let taken = try folder.write("taken.y4m", [1])
    #expect(
      thrownMessage { _ = try Y4MWriter(path: taken, width: 2, height: 2, framesPerSecond: 30) }
        == "\(taken): expected no such file yet, found one; give another name or remove it")
    #expect(
      thrownMessage { _ = try Y4MWriter(path: "/no/a.y4m", width: 2, height: 2, framesPerSecond: 30) }
        == """
        /no/a.y4m: cannot be written: No such file or directory (errno 2); \
        check the folder, its permissions and the disk
        """)
    #expect(
      thrownMessage { _ = try Y4MWriter(path: "/dev/full", width: 2, height: 2, framesPerSecond: 30) }
        == """
        /dev/full: cannot be written: No space left on device (errno 28); \
        check the folder, its permissions and the disk
        """)
    let path = "\(folder.path)/b.y4m"
    let writer = try Y4MWriter(path: path, width: 2, height: 2, framesPerSecond: 30)
    let pixels = [UInt8](repeating: 0, count: 27)
    #expect(
      thrownMessage { try pixels.withUnsafeBytes { try writer.append($0, width: 3, height: 3) } }
        == """
        \(path): expected frames of 2×2, found 3×3; a Y4M file has one size: record to another file
        """)
  }
}
