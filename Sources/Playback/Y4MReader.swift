import Glibc
import Platform

/// Reads a YUV4MPEG2 stream from a file descriptor, frame by frame, into one buffer. Belongs to one thread.
public final class Y4MReader {
  private static let maximumLineBytes = 1024

  public let header: Y4MHeader
  private let name: String
  private let conversion: YUVConversion
  private let planes: UnsafeMutablePointer<UInt8>
  private var input: InputBuffer
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
    var input = InputBuffer(descriptor: descriptor, name: name, isCancelled: isCancelled)
    let line = try input.line(limit: Self.maximumLineBytes)
    guard let line else {
      throw UserError(
        "\(name): expected a Y4M stream, found no data; "
          + "the program that writes it ended before its first frame. ffmpeg does so where its input is not YUV: "
          + "put -pix_fmt yuv420p before its -f yuv4mpegpipe")
    }
    header = try Y4MHeader(line: line, name: name)
    guard header.width * header.height <= maximumPixels else {
      throw UserError(
        "\(name): expected at most \(maximumPixels) pixels, found \(header.width)×\(header.height); "
          + "make it smaller with: ffmpeg -i INPUT -vf scale=1280:-2 -f yuv4mpegpipe -")
    }
    self.input = input
    self.name = name
    conversion = YUVConversion(isFullRange: header.isFullRange)
    planes = .allocate(capacity: header.frameBytes)
  }

  deinit { planes.deallocate() }

  /// The wait for data was ended by `isCancelled`.
  public struct Cancelled: Error {}

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
    let got = try input.read(into: planes, count: header.frameBytes)
    guard got == header.frameBytes else {
      throw UserError(
        "\(name): expected \(header.frameBytes) bytes in frame \(frameCount + 1), found the stream's end after \(got); "
          + "the \(frameCount) frames before it were read")
    }
    frameCount += 1
    return true
  }

  /// Converts the frame that was read last into `[H, W, 3]` bytes, RGB.
  public func convert(into pixels: UnsafeMutableRawBufferPointer) {
    precondition(frameCount > 0 && pixels.count >= header.width * header.height * 3)
    conversion.convert(planes, header, into: pixels.baseAddress!.assumingMemoryBound(to: UInt8.self))
  }
}

/// Lines and blocks from a file descriptor; a wait for data can be ended.
private struct InputBuffer {
  /// How often a wait for data looks whether it is still wanted.
  private static let pollMilliseconds: CInt = 20

  let descriptor: CInt
  let name: String
  let isCancelled: () -> Bool
  private var bytes = [UInt8](repeating: 0, count: 65_536)
  /// Kept, so that reading a frame's first line allocates nothing.
  private var line: [UInt8] = []
  private var position = 0
  private var end = 0

  init(descriptor: CInt, name: String, isCancelled: @escaping () -> Bool) {
    self.descriptor = descriptor
    self.name = name
    self.isCancelled = isCancelled
  }

  /// The next line without its line feed; what is there if the stream ends or `limit` is reached first; `nil` at the end.
  mutating func line(limit: Int) throws -> String? {
    line.removeAll(keepingCapacity: true)
    while line.count < limit {
      if position == end, try !fill() { break }
      let byte = bytes[position]
      position += 1
      if byte == UInt8(ascii: "\n") { return String(decoding: line, as: UTF8.self) }
      line.append(byte)
    }
    return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
  }

  /// Returns how many bytes there were: fewer than `count` only at the end of the stream.
  mutating func read(into target: UnsafeMutablePointer<UInt8>, count: Int) throws -> Int {
    let buffered = min(count, end - position)
    bytes.withUnsafeBufferPointer { target.update(from: $0.baseAddress! + position, count: buffered) }
    position += buffered
    var filled = buffered
    while filled < count {
      let got = try receive(target + filled, count - filled)
      if got == 0 { break }
      filled += got
    }
    return filled
  }

  private mutating func fill() throws -> Bool {
    position = 0
    end = 0
    let (descriptor, name, isCancelled) = (self.descriptor, self.name, self.isCancelled)
    end = try bytes.withUnsafeMutableBufferPointer {
      try Self.receive($0.baseAddress!, $0.count, descriptor, name, isCancelled)
    }
    return end > 0
  }

  private func receive(_ target: UnsafeMutablePointer<UInt8>, _ count: Int) throws -> Int {
    try Self.receive(target, count, descriptor, name, isCancelled)
  }

  private static func receive(
    _ target: UnsafeMutablePointer<UInt8>, _ count: Int, _ descriptor: CInt, _ name: String, _ isCancelled: () -> Bool
  ) throws -> Int {
    while true {
      if isCancelled() { throw Y4MReader.Cancelled() }
      var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      if poll(&ready, 1, pollMilliseconds) <= 0 { continue }
      let got = Glibc.read(descriptor, target, count)
      if got >= 0 { return got }
      if errno != EINTR, errno != EAGAIN { throw FileBytes.failure(path: name, errno: errno) }
    }
  }
}
