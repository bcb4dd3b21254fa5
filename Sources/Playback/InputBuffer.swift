import Glibc
import Pixels
import Platform

/// Lines, blocks and whatever is there from a file descriptor; a wait for data can be ended. Belongs to one thread.
final class InputBuffer {
  /// How often a wait for data looks whether it is still wanted.
  private static let pollMilliseconds: CInt = 20

  private let descriptor: CInt
  let name: String
  /// Asked while no data comes; ends the wait with `Cancelled`.
  var isCancelled: () -> Bool
  private let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 64)
  /// What was received and not yet taken.
  private var rest = 0..<0
  /// Kept, so that reading a frame's first line allocates nothing.
  private var line: [UInt8] = []

  /// - Parameter descriptor: stays open and the caller's.
  init(descriptor: CInt, name: String, isCancelled: @escaping () -> Bool) {
    self.descriptor = descriptor
    self.name = name
    self.isCancelled = isCancelled
  }

  deinit { bytes.deallocate() }

  /// The first bytes of all, which stay there to be taken; fewer than `count` only at the end of the stream.
  func start(_ count: Int) throws -> [UInt8] {
    while rest.count < count {
      let got = try receive(UnsafeMutableRawBufferPointer(rebasing: bytes[rest.upperBound...]))
      if got == 0 { break }
      rest = rest.lowerBound..<rest.upperBound + got
    }
    return Array(bytes[rest].prefix(count))
  }

  /// What is there, or the next that comes; empty at the end. Valid until the next call.
  func chunk() throws -> UnsafeRawBufferPointer {
    if rest.isEmpty { rest = 0..<(try receive(bytes)) }
    defer { rest = 0..<0 }
    return UnsafeRawBufferPointer(rebasing: bytes[rest])
  }

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
