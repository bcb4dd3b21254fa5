import Foundation
import Frames
import Pixels
import Platform
import Playback
import TestSupport
import Testing

@Suite struct TestPatternTests {
  func frame(_ number: Int) -> [UInt8] {
    var pixels = [UInt8](repeating: 0, count: TestPattern.width * TestPattern.height * 3)
    pixels.withUnsafeMutableBytes { TestPattern.render(frame: number, into: $0) }
    return pixels
  }

  func pixel(_ pixels: [UInt8], x: Int, y: Int) -> [UInt8] {
    Array(pixels[((y * TestPattern.width + x) * 3)...].prefix(3))
  }

  @Test func bars() {
    let pixels = frame(0)
    for (index, bar) in TestPattern.bars.enumerated() {
      for y in [0, 200, TestPattern.barRows - 1] {
        #expect(pixel(pixels, x: index * 80 + 40, y: y) == [bar.red, bar.green, bar.blue])
      }
    }
    #expect(pixel(pixels, x: 0, y: 479) == [0, 0, 0])
    #expect(pixel(pixels, x: 639, y: 479) == [255, 255, 255])
  }

  @Test func theBlockMoves() {
    for number in [0, 1, 50, 149, 1000] {
      let pixels = frame(number)
      let left = number * TestPattern.blockStep % (TestPattern.width - TestPattern.blockSide)
      #expect(pixel(pixels, x: left + TestPattern.blockSide / 2, y: 440) == [255, 255, 255])
      #expect(frame(number + 1) != pixels)
      #expect(frame(number) == pixels)
    }
  }

  @Test func sequencesHaveNoGap() throws {
    let ring = FrameRing(maximumPixels: 640 * 480, everyFrame: true)
    let reader = ring.makeReader()
    let pattern = TestPattern()
    try pattern.start(into: ring)
    for expected in 0..<5 {
      let frame = try #require(reader.take())
      #expect(frame.info.sequence == expected && frame.info.width == 640 && frame.info.height == 480)
      #expect(frame.pixels[0] == 255)
    }
    pattern.stop()
    #expect(pattern.status == SourceStatus(name: "test pattern", format: "640×480 RGB", nominalRate: 30))
  }

  @Test func aRingThatIsTooSmall() {
    let ring = FrameRing(maximumPixels: 320 * 240)
    #expect(
      thrownMessage { try TestPattern().start(into: ring) }
        == "test pattern: expected a ring for 640×480 pixels, found one for 76800 pixels; make the ring larger")
  }
}

@Suite struct StoppingTests {
  /// Nobody reads: the thread waits inside `publish`, and only the ring's end can release it.
  @Test func stopsWhileTheRingWaitsForAReader() throws {
    let ring = FrameRing(maximumPixels: 640 * 480, everyFrame: true)
    let pattern = TestPattern()
    try pattern.start(into: ring)
    pattern.stop()
    pattern.stop()
    let reader = ring.makeReader()
    #expect(reader.take(patience: .zero) == nil)
  }

  @Test func aLiveRingStaysOpenAndCanBeFilledAgain() throws {
    let ring = FrameRing(maximumPixels: 640 * 480)
    let reader = ring.makeReader()
    let pattern = TestPattern()
    for _ in 0..<3 {
      try pattern.start(into: ring)
      #expect(reader.take() != nil)
      pattern.stop()
      #expect(ring.end == nil)
      while reader.take(patience: .zero) != nil {}
    }
  }

  @Test func stopsAfterTheRingHasEnded() throws {
    let ring = FrameRing(maximumPixels: 640 * 480)
    let pattern = TestPattern()
    try pattern.start(into: ring)
    ring.end()
    pattern.stop()
    #expect(ring.end == .finished)
  }

  @Test func stoppingWhatNeverRan() { TestPattern().stop() }
}

@Suite struct ImageSourceTests {
  let folder: TemporaryFolder

  init() throws { folder = TemporaryFolder() }

  /// The colour of each frame's first pixel until the ring ends, or `limit` frames were read.
  func play(_ source: ImageSource, limit: Int = .max, maximumPixels: Int = 640 * 480) throws -> (
    [[UInt8]], FrameRing
  ) {
    let ring = FrameRing(maximumPixels: maximumPixels, everyFrame: true)
    let reader = ring.makeReader()
    try source.start(into: ring)
    var colors: [[UInt8]] = []
    while colors.count < limit {
      guard let frame = reader.take() else { break }
      #expect(frame.info.sequence == colors.count)
      colors.append(Array(frame.pixels.prefix(3)))
    }
    source.stop()
    return (colors, ring)
  }

  func write(_ name: String, _ red: UInt8, width: Int = 4, height: Int = 3) throws -> String {
    try folder.write(name, PNG.encode(RGBImage.flat(red, 1, 2, width: width, height: height)))
  }

  @Test func severalOneAfterTheOther() throws {
    let paths = [try write("b.png", 10), try write("a.png", 20)]
    let source = ImageSource(paths: paths, secondsPerImage: 0, loop: false)
    let (colors, ring) = try play(source)
    #expect(colors == [[10, 1, 2], [20, 1, 2]])
    #expect(ring.end == .finished)
    #expect(source.status == SourceStatus(name: paths[1], format: "4×3 RGB", nominalRate: 30))
  }

  @Test func eachForItsTime() throws {
    // Two frames each; a frame that comes late may be left out, an image not.
    let source = ImageSource(
      paths: [try write("b.png", 10), try write("a.png", 20)], secondsPerImage: 2.0 / 30, loop: false)
    let (colors, _) = try play(source)
    #expect(colors.count <= 4 && Set(colors) == [[10, 1, 2], [20, 1, 2]])
    #expect(colors.first == [10, 1, 2] && colors.last == [20, 1, 2])
  }

  @Test func loops() throws {
    let source = ImageSource(paths: [try write("b.png", 10), try write("a.png", 20)], secondsPerImage: 0, loop: true)
    let (colors, _) = try play(source, limit: 5)
    #expect(colors.map(\.[0]) == [10, 20, 10, 20, 10])
  }

  @Test func holdsOneImage() throws {
    let path = try write("only.png", 10)
    let (held, _) = try play(ImageSource(paths: [path], secondsPerImage: 0, loop: true), limit: 4)
    #expect(held.count == 4 && Set(held).count == 1)
    let (once, ended) = try play(ImageSource(paths: [path], secondsPerImage: 0, loop: false))
    #expect(once.count == 1 && ended.end == .finished)
  }

  @Test func aFolderIsSortedAndItsOtherFilesAreCounted() throws {
    _ = try write("2.png", 20)
    _ = try write("10.png", 10)
    _ = try write(".hidden.png", 99)
    try folder.write("notes.txt", [UInt8]("notes".utf8))
    try folder.write("0.jpg", [])
    #expect(mkdir("\(folder.path)/folder.png", 0o700) == 0)
    let source = ImageSource(paths: [folder.path], secondsPerImage: 0, loop: false)
    let (colors, ring) = try play(source)
    #expect(colors.map(\.[0]) == [10, 20])
    #expect(source.status.badFrames == 2)
    #expect(ring.end == .finished)
  }

  @Test func largeImagesAreMadeSmaller() throws {
    let path = try write("large.png", 10, width: 400, height: 100)
    let ring = FrameRing(maximumPixels: 100 * 100)
    let source = ImageSource(paths: [path], loop: true)
    try source.start(into: ring)
    let frame = try #require(ring.makeReader().take())
    #expect(frame.info.width == 200 && frame.info.height == 50)
    #expect(frame.pixels.count == 200 * 50 * 3 && frame.pixels[29_997] == 10 && frame.pixels[29_999] == 2)
    source.stop()
    #expect(source.status.format == "200×50 RGB")
  }

  @Test func errorsAtTheStart() throws {
    let ring = FrameRing(maximumPixels: 640 * 480)
    func starting(_ paths: String...) -> String? {
      thrownMessage { try ImageSource(paths: paths, loop: true).start(into: ring) }
    }
    #expect(starting("/no/such.jpg") == "/no/such.jpg: no such file; check the path")
    #expect(
      starting(folder.path)
        == "\(folder.path): expected JPEG or PNG images, found no files; put some there or give another path")
    let empty = try folder.write("empty.jpg", [])
    try folder.write("text.jpg", [UInt8]("text".utf8))
    let reason = "\(empty): expected an image file, found an empty file; make or download it again"
    #expect(starting(empty) == reason)
    // A folder may be large: it is read on the source's thread.
    for loop in [false, true] {
      let (colors, ended) = try play(ImageSource(paths: [folder.path], secondsPerImage: 0, loop: loop))
      #expect(colors.isEmpty)
      #expect(
        ended.end
          == .failed("\(folder.path): expected JPEG or PNG images, found none in 2 files; first: \(reason)"))
    }
  }

  /// Whatever a folder holds, its images are shown; nothing in it keeps the others waiting.
  @Test func whatIsNoFileIsLeftOut() throws {
    _ = try write("b.png", 10)
    _ = try write("z.png", 20)
    #expect(mkfifo("\(folder.path)/a.png", 0o600) == 0)
    #expect(mknod("\(folder.path)/c.png", S_IFSOCK | 0o600, 0) == 0)
    #expect(symlink("/dev/zero", "\(folder.path)/d.png") == 0)
    #expect(symlink("/tmp", "\(folder.path)/e.png") == 0, "a link to a folder is none of its files")
    #expect(symlink("nowhere", "\(folder.path)/f.png") == 0)
    let source = ImageSource(paths: [folder.path], secondsPerImage: 0, loop: false)
    let (colors, ring) = try play(source)
    #expect(colors.map(\.[0]) == [10, 20] && ring.end == .finished)
    #expect(source.status.badFrames == 4)
  }

  /// A folder of many files is listed where nobody waits for it: neither the start nor the stop.
  @Test func aLargeFolderHoldsNothingUp() throws {
    for number in 0..<20_000 { close(open("\(folder.path)/some picture \(number).jpg", O_WRONLY | O_CREAT, 0o600)) }
    let began = Nanoseconds.now()
    let (_, ended) = try play(ImageSource(paths: [folder.path], loop: true))
    let whole = (Nanoseconds.now() - began).microseconds
    #expect(ended.end != nil, "there is no picture in it")
    var names: [String] = []
    let listing = try processorTime { names = try Folder.names(in: folder.path) }
    #expect(names.count == 20_000)
    for share in [0, 0.1, 0.4] {
      // Where the machine let the source come to its end before it was stopped, once more, and sooner.
      let isStopped = try (1...20).contains { turn in
        let ring = FrameRing(maximumPixels: 640 * 480)
        let source = ImageSource(paths: [folder.path], loop: true)
        let starting = try processorTime { try source.start(into: ring) }
        usleep(useconds_t(whole * share / Double(turn)))
        source.stop()
        #expect(starting < listing)
        return ring.end == nil
      }
      #expect(isStopped, "stopped after \(share) of what the whole folder takes")
    }
  }

  @Test func namesThatAreNoText() throws {
    let odd = PathText.text(of: Array("\(folder.path)/caf".utf8) + [0xE9, 0x2E, 0x70, 0x6E, 0x67])
    try File.createAnew(odd).write(PNG.encode(RGBImage.flat(10, 1, 2, width: 4, height: 3)))
    for path in [odd, folder.path] {
      let source = ImageSource(paths: [path], secondsPerImage: 0, loop: false)
      let (colors, _) = try play(source)
      #expect(colors == [[10, 1, 2]] && source.status.name == odd)
    }
  }

  @Test func stopsAtOnceWhileAnImageIsShown() throws {
    let ring = FrameRing(maximumPixels: 640 * 480)
    let source = ImageSource(paths: [try write("b.png", 10)], secondsPerImage: 3600, loop: false)
    try source.start(into: ring)
    source.stop()
    #expect(ring.end == nil)
  }
}
