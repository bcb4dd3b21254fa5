import Pixels
import Platform

/// Reads a YUV4MPEG2 stream from a file descriptor, frame by frame, into one buffer. Belongs to one thread.
public final class Y4MReader {
  private static let maximumLineBytes = 1024

  public let header: Y4MHeader
  private let name: String
  private let conversion: PixelConversion
  /// For frames that are wanted smaller, the one that was used last.
  private var reduced: ReducedConversion?
  private let planes: UnsafeMutableRawBufferPointer
  private let input: InputBuffer
  /// Frames read so far.
  public private(set) var frameCount = 0

  /// Reads the header, waiting for it if need be.
  /// - Parameters:
  ///   - descriptor: stays open and the caller's.
  ///   - maximumPixels: of a frame; a larger one is refused before memory is taken for it.
  /// Errors: `UserError` for a stream that is no Y4M, or not one that is read here.
  public convenience init(descriptor: CInt, name: String, maximumPixels: Int) throws {
    try self.init(
      input: InputBuffer(descriptor: descriptor, name: name, isCancelled: { false }), maximumPixels: maximumPixels)
  }

  /// The same; a wait for data can be ended, with `Cancelled`.
  init(input: InputBuffer, maximumPixels: Int) throws {
    self.input = input
    let name = input.name
    guard let line = try input.line(limit: Self.maximumLineBytes) else {
      throw UserError(
        "\(name): expected a Y4M or MJPEG stream, found no data; "
          + "the program that writes it ended before its first frame. ffmpeg does so where its input is not YUV: "
          + "put -pix_fmt yuv420p before its -f yuv4mpegpipe")
    }
    header = try Y4MHeader(line: line, name: name)
    guard header.layout.width * header.layout.height <= maximumPixels else {
      throw UserError(
        "\(name): expected at most \(maximumPixels) pixels, found \(header.layout.width)×\(header.layout.height); "
          + "make it smaller with: ffmpeg -i INPUT -vf scale=1280:-2 -f yuv4mpegpipe -")
    }
    self.name = name
    conversion = PixelConversion(header.layout)
    planes = .allocate(byteCount: header.layout.frameBytes, alignment: 64)
  }

  deinit { planes.deallocate() }

  /// Reads the next frame's planes; false at the end of the stream.
  /// Errors: a stream that ends inside a frame, or has something else where a frame should begin; `Cancelled`.
  public func readFrame() throws -> Bool {
    guard let line = try input.line(limit: Self.maximumLineBytes) else {
      guard frameCount > 0 else {
        throw UserError("\(name): expected frames after the header, found none; check the program that writes it")
      }
      return false
    }
    guard line == "FRAME" || line.hasPrefix("FRAME ") else {
      throw UserError(
        "\(name): expected 'FRAME' at the start of frame \(frameCount + 1), found '\(Y4MHeader.printable(line))'; "
          + "the \(frameCount) frames before it were read")
    }
    let got = try input.read(into: planes)
    guard got == planes.count else {
      throw UserError(
        "\(name): expected \(planes.count) bytes in frame \(frameCount + 1), found the stream's end after \(got); "
          + "the \(frameCount) frames before it were read")
    }
    frameCount += 1
    return true
  }

  /// Converts the frame that was read last into `[H, W, 3]` bytes, RGB.
  /// - Parameter divisor: 1, 2, 4 or 8: both sides are made so much smaller.
  /// - Returns: width and height of what was written.
  @discardableResult
  public func convert(
    dividedBy divisor: Int = 1, into pixels: UnsafeMutableRawBufferPointer
  ) -> (width: Int, height: Int) {
    precondition(frameCount > 0 && divisor >= 1, "no frame yet")
    if divisor > 1, reduced?.divisor != divisor { reduced = ReducedConversion(header.layout, dividedBy: divisor) }
    let small = divisor > 1 ? reduced : nil
    let frame = UnsafeRawBufferPointer(planes)
    let isConverted = small?.convert(frame, into: pixels) ?? conversion.convert(frame, into: pixels)
    precondition(isConverted, "no room for the frame")
    return (small?.width ?? header.layout.width, small?.height ?? header.layout.height)
  }
}
