import Foundation
import Frames
import Pixels
import Platform
import Playback
import TestSupport
import Testing

@Suite struct DemoReelTests {
  static let byteCount = ReelRenderer.width * ReelRenderer.height * 3

  func frame(_ number: Int, _ renderer: ReelRenderer) throws -> [UInt8] {
    var pixels = [UInt8](repeating: 0, count: Self.byteCount)
    try pixels.withUnsafeMutableBytes { try renderer.render(frame: number, into: $0) }
    return pixels
  }

  /// Mean distance of two frames' bytes.
  func difference(_ a: [UInt8], _ b: [UInt8]) -> Double {
    var sum = 0
    for (x, y) in zip(a, b) { sum += abs(Int(x) - Int(y)) }
    return Double(sum) / Double(a.count)
  }

  @Test func aFrameDependsOnItsNumberAlone() throws {
    let forwards = try ReelRenderer(assets: assets)
    let backwards = try ReelRenderer(assets: assets)
    let numbers = [0, 135, 160, 749]
    let first = try numbers.map { try frame($0, forwards) }
    let second = try numbers.reversed().map { try frame($0, backwards) }
    #expect(first == second.reversed())
    #expect(try frame(ReelRenderer.frameCount, forwards) == first[0])
  }

  @Test func everyFrameMovesAndNoneJumps() throws {
    let renderer = try ReelRenderer(assets: assets)
    let fade = ReelRenderer.framesPerShot - ReelRenderer.fadeFrames
    // Within a shot, into and out of a cross-fade, and from the last shot to the first.
    for number in [10, fade - 1, fade, 149, 2 * 150 + 20, ReelRenderer.frameCount - 1] {
      let step = difference(try frame(number, renderer), try frame(number + 1, renderer))
      #expect(step > 0.02 && step < 8, "from \(number) to \(number + 1): \(step)")
    }
  }

  @Test func everyShotShowsAnotherPhotograph() throws {
    let renderer = try ReelRenderer(assets: assets)
    var shots: [[UInt8]] = []
    for number in stride(from: 40, to: ReelRenderer.frameCount, by: ReelRenderer.framesPerShot) {
      let pixels = try frame(number, renderer)
      for other in shots { #expect(difference(pixels, other) > 20) }
      shots.append(pixels)
    }
    #expect(shots.count == 5)
  }

  @Test func drawsInsideItsBuffer() throws {
    let renderer = try ReelRenderer(assets: assets)
    var pixels = [UInt8](repeating: 0xA5, count: Self.byteCount + 64)
    try pixels.withUnsafeMutableBytes { try renderer.render(frame: 140, into: $0) }
    #expect(pixels.suffix(64).allSatisfy { $0 == 0xA5 })
  }

  @Test func holdsThePhotographThatIsShownAndTheNext() throws {
    let renderer = try ReelRenderer(assets: assets)
    #expect(renderer.held == [0])
    for _ in 1...6 { try renderer.prepare() }
    #expect(renderer.held == [0, 1])
    for (number, shown) in [(149, [0, 1]), (150, [1]), (749, [4, 0]), (750, [0]), (160, [1])] {
      _ = try frame(number, renderer)
      #expect(renderer.held == Set(shown), "frame \(number)")
      try renderer.prepare()
      #expect(renderer.held == [shown[0], (shown[0] + 1) % 5], "after frame \(number)")
    }
  }

  @Test func framesArriveInTheRingAsRendered() throws {
    let ring = FrameRing(maximumPixels: 640 * 480, everyFrame: true)
    let reader = ring.makeReader()
    let reel = DemoReel(assets: assets)
    try reel.start(into: ring)
    defer { reel.stop() }
    let first = try #require(reader.take())
    #expect(first.info.width == 640 && first.info.height == 480)
    #expect(first.info.sequence == 0 && first.info.driverDrops == 0)
    #expect(first.info.captured <= first.info.arrived)
    #expect(try first.pixels == frame(0, ReelRenderer(assets: assets)))
    #expect(reel.status == SourceStatus(name: "demo reel", format: "640×480 RGB", nominalRate: 30))
  }

  @Test func missingPhotographs() throws {
    let folder = TemporaryFolder()
    let ring = FrameRing()
    #expect(
      thrownMessage { try DemoReel(assets: folder.path).start(into: ring) }
        == "\(folder.path)/demo/coffee.jpg: no such file; check the path")
  }

  /// Somebody's own photographs: what cannot be panned over is refused, and does not end the program.
  @Test func photographsThatAreTooSmall() throws {
    for (width, height) in [(1, 1), (1, 480), (640, 1)] {
      let folder = TemporaryFolder()
      try makeDemo(folder)
      let path = try folder.write("demo/coffee.jpg", PNG.encode(RGBImage.flat(1, 2, 3, width: width, height: height)))
      #expect(
        thrownMessage { try DemoReel(assets: folder.path).start(into: FrameRing(maximumPixels: 640 * 480)) }
          == "\(path): expected a photograph, found \(width)×\(height) pixels; take the one that comes with mobilecam")
    }
  }

  /// The photographs that are decoded later: the stream ends with the reason.
  @Test func missingLaterPhotograph() throws {
    let folder = TemporaryFolder()
    try makeDemo(folder)
    let ring = FrameRing(maximumPixels: 640 * 480)
    let reel = DemoReel(assets: folder.path)
    try reel.start(into: ring)
    let reader = ring.makeReader()
    while ring.end == nil { _ = reader.next(timeout: Nanoseconds(seconds: 1)) }
    reel.stop()
    let reason = "\(folder.path)/demo/chelsea.jpg: no such file; check the path"
    #expect(ring.end == .failed(reason))
    #expect(reel.status.trouble == reason)
  }

  func makeDemo(_ folder: TemporaryFolder) throws {
    #expect(mkdir("\(folder.path)/demo", 0o700) == 0)
    try folder.write("demo/coffee.jpg", Checkout.assetBytes("demo/coffee.jpg"))
  }
}
