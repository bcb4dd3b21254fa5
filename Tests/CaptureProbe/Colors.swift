import Capture
import Frames
import Platform
import Playback

/// The colours of vertical bars, as a source shows them.
enum Colors {
  private static let bars = 8

  static func report(_ arguments: [String]) throws {
    func argument(_ index: Int) -> String? {
      arguments.count > index && arguments[index] != "-" ? arguments[index] : nil
    }
    let sides = argument(2)?.split(separator: "x").compactMap { Int($0) } ?? []
    var wish = StreamWish(format: argument(1), size: sides.count == 2 ? (sides[0], sides[1]) : nil)
    wish.bytesPerRow = argument(3).flatMap { Int($0) } ?? 0
    let source = source(arguments[0], wish)
    let ring = FrameRing()
    let reader = ring.makeReader()
    try source.start(into: ring)
    defer { source.stop() }
    guard let frame = reader.next(timeout: Nanoseconds(seconds: 10)) else {
      throw UserError("no frame within 10 s: \(source.status.lastTrouble ?? "no trouble")")
    }
    let info = frame.info
    let means = (0..<bars).map { mean(of: $0, info, frame.pixels) }
    let status = source.status
    print(
      "{\"format\":\"\(status.format)\",\"width\":\(info.width),\"height\":\(info.height),"
        + "\"bad_frames\":\(status.badFrames),\"mean\":\(means)}")
  }

  /// A camera, or an image file that is shown over and over.
  static func source(_ path: String, _ wish: StreamWish) -> any FrameSource {
    path.hasPrefix("/dev/")
      ? V4L2Camera(path: path, wish: wish) : ImageSource(paths: [path], secondsPerImage: 0, loop: true)
  }

  /// Of the middle half of a bar, away from its edges, in the middle half of the picture's height.
  private static func mean(of bar: Int, _ info: FrameInfo, _ pixels: UnsafeRawBufferPointer) -> [Int] {
    let columns = (info.width * (4 * bar + 1) / (4 * bars))..<(info.width * (4 * bar + 3) / (4 * bars))
    let rows = info.height / 4..<info.height * 3 / 4
    return (0..<3).map { channel in
      var sum = 0
      for y in rows {
        for x in columns { sum += Int(pixels[(y * info.width + x) * 3 + channel]) }
      }
      let count = rows.count * columns.count
      return (sum + count / 2) / count
    }
  }
}
