import Glibc
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
  ///   - isCancelled: asked while no data comes; ends the wait with `Cancelled`.
  /// Errors: `UserError` for a stream that is no Y4M, or not one that is read here; `Cancelled`.
  public init(
    descriptor: CInt, name: String, maximumPixels: Int, isCancelled: @escaping () -> Bool = { false }
  ) throws {
    input = InputBuffer(descriptor: descriptor, name: name, isCancelled: isCancelled)
    guard let line = try input.line(limit: Self.maximumLineBytes) else {
      throw UserError(
        "\(name): expected a Y4M stream, found no data; "
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

/// Lines and blocks from a file descriptor; a wait for data can be ended.
private final class InputBuffer {
  /// How often a wait for data looks whether it is still wanted.
  private static let pollMilliseconds: CInt = 20

  private let descriptor: CInt
  private let name: String
  private let isCancelled: () -> Bool
  private let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 64)
  /// What was received and not yet taken.
  private var rest = 0..<0
  /// Kept, so that reading a frame's first line allocates nothing.
  private var line: [UInt8] = []

  init(descriptor: CInt, name: String, isCancelled: @escaping () -> Bool) {
    self.descriptor = descriptor
    self.name = name
    self.isCancelled = isCancelled
  }

  deinit { bytes.deallocate() }

  /// The next line without its line feed; what is there if the stream ends or `limit` is reached first; `nil` at the end.
  func line(limit: Int) throws -> String? {
    line.removeAll(keepingCapacity: true)
    while line.count < limit {
      if rest.isEmpty { rest = 0..<(try receive(bytes)) }
      guard let position = rest.popFirst() else { break }
      if bytes[position] == UInt8(ascii: "\n") { return String(decoding: line, as: UTF8.self) }
      line.append(bytes[position])
    }
    return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
  }

  /// Returns how many bytes there were: fewer than `target` holds only at the end of the stream.
  func read(into target: UnsafeMutableRawBufferPointer) throws -> Int {
    let buffered = rest.prefix(target.count)
    target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[buffered]))
    rest = rest.dropFirst(buffered.count)
    var filled = buffered.count
    while filled < target.count {
      let got = try receive(UnsafeMutableRawBufferPointer(rebasing: target[filled...]))
      if got == 0 { break }
      filled += got
    }
    return filled
  }

  private func receive(_ target: UnsafeMutableRawBufferPointer) throws -> Int {
    while true {
      if isCancelled() { throw SourceThread.Cancelled() }
      var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      if poll(&ready, 1, Self.pollMilliseconds) <= 0 { continue }
      let got = Glibc.read(descriptor, target.baseAddress, target.count)
      if got >= 0 { return got }
      if errno != EINTR, errno != EAGAIN { throw UserError.unreadable(name, .last) }
    }
  }
}
