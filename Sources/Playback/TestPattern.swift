import Frames
import Platform

/// Colour bars, a grey ramp and a white block that runs along it: shows at a glance that frames flow, in what order, and
/// that no channel is swapped.
public final class TestPattern: FrameSource {
  public static let width = 640
  public static let height = 480
  public static let framesPerSecond = 30

  /// White, yellow, cyan, green, magenta, red, blue, black at full saturation, from left to right.
  package static let bars: [(red: UInt8, green: UInt8, blue: UInt8)] = [
    (255, 255, 255), (255, 255, 0), (0, 255, 255), (0, 255, 0), (255, 0, 255), (255, 0, 0), (0, 0, 255), (0, 0, 0),
  ]
  /// Rows of bars; below them runs the ramp.
  package static let barRows = 400
  package static let blockSide = 40
  /// Pixels that the block moves per frame.
  package static let blockStep = 4

  private let thread: SourceThread

  public init() {
    thread = SourceThread(
      SourceStatus(
        name: "test pattern", format: "\(Self.width)×\(Self.height) RGB", nominalRate: Double(Self.framesPerSecond)))
  }

  public var status: SourceStatus { thread.status.withLock { $0 } }

  public func start(into ring: FrameRing) throws {
    try ring.requireRoom(width: Self.width, height: Self.height, for: "test pattern")
    try thread.start(name: "pattern", into: ring) { thread in
      try thread.play(
        width: Self.width, height: Self.height, framesPerSecond: Self.framesPerSecond,
        render: { number, pixels in Self.render(frame: number, into: pixels) })
    }
  }

  public func stop() { thread.stop() }

  /// Writes frame `number` into `pixels`: `[480, 640, 3]` bytes, RGB. The same number gives the same picture.
  public static func render(frame number: Int, into pixels: UnsafeMutableRawBufferPointer) {
    let rowBytes = width * 3
    guard let target = pixels.baseAddress, pixels.count >= rowBytes * height else { return }
    for x in 0..<width {
      let bar = bars[x * bars.count / width]
      let grey = UInt8(x * 255 / (width - 1))
      for (channel, value) in [bar.red, bar.green, bar.blue].enumerated() {
        pixels[x * 3 + channel] = value
        pixels[barRows * rowBytes + x * 3 + channel] = grey
      }
    }
    for y in 1..<barRows { (target + y * rowBytes).copyMemory(from: target, byteCount: rowBytes) }
    let ramp = target + barRows * rowBytes
    for y in 1..<(height - barRows) { (ramp + y * rowBytes).copyMemory(from: ramp, byteCount: rowBytes) }

    let left = number * blockStep % (width - blockSide)
    let top = barRows + (height - barRows - blockSide) / 2
    for y in top..<(top + blockSide) {
      (target + y * rowBytes + left * 3).initializeMemory(as: UInt8.self, repeating: 255, count: blockSide * 3)
    }
  }
}

extension FrameRing {
  func requireRoom(width: Int, height: Int, for name: String) throws(UserError) {
    guard frameCapacityBytes >= width * height * 3 else {
      throw UserError(
        "\(name): expected a ring for \(width)×\(height) pixels, found one for \(frameCapacityBytes / 3) pixels; "
          + "make the ring larger")
    }
  }
}
