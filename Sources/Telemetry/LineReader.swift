import Glibc
import Platform

/// Hands out a file's lines one by one, in place, in constant memory. What lies behind the last line end is torn.
///
/// A byte order mark at the start is read over, and so are zero bytes where a line should begin.
///
/// Belongs to one thread.
final class LineReader {
  /// The longest line that is taken for one; a log's is some kilobytes.
  static let longestLineBytes = 16 << 20
  private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  private let file: File
  /// Whether it has an end for sure; a pipe may go on for ever.
  private let isPlain: Bool
  private var capacity = 1 << 20
  private var buffer: UnsafeMutablePointer<UInt8>
  private var start = 0
  private var end = 0
  private var isAtEnd = false
  /// The number of the last line handed out, counted from 1, and of all lines within it.
  private(set) var lineNumber = 0
  private var linesInRow = 0
  /// Zero bytes that were read over: somebody emptied or cut the file while a program wrote it, or it lost a part on the
  /// disk.
  private(set) var zeroBytes = 0
  /// Whether there was a line end within quotation marks that are open.
  private(set) var isQuoteOpen = false

  private var path: String { file.path }

  init(file: File, isPlain: Bool) throws(UserError) {
    self.file = file
    self.isPlain = isPlain
    buffer = .allocate(capacity: capacity)
    // A pipe may give byte by byte.
    while end < 4, !isAtEnd { try refill() }
  }

  deinit { buffer.deallocate() }

  /// The first byte that is neither white space nor zero, without handing out a line; `nil` where there is none at hand.
  func firstByte() throws(UserError) -> UInt8? {
    if rest.starts(with: Self.byteOrderMark) { start += Self.byteOrderMark.count }
    try skipZeros()
    return rest.first { $0 > 32 }
  }

  /// The next whole line with its `\n`, valid until the next call; `nil` at the end.
  ///
  /// - Parameter quoted: line ends between quotation marks do not count (RFC 4180).
  func next(quoted: Bool = false) throws(UserError) -> UnsafeBufferPointer<UInt8>? {
    lineNumber += linesInRow
    linesInRow = 0
    if start == end || buffer[start] == 0 { try skipZeros() }
    var searched = start
    var quotes = 0
    var lines = 0
    while true {
      if let found = memchr(buffer + searched, 10, end - searched) {
        let lineEnd = found.assumingMemoryBound(to: UInt8.self) - buffer + 1
        lines += 1
        if quoted {
          quotes += UnsafeBufferPointer(start: buffer + searched, count: lineEnd - searched).count { $0 == 34 }
          if quotes % 2 == 1 {
            searched = lineEnd
            continue
          }
        }
        let line = UnsafeBufferPointer(start: UnsafePointer(buffer + start), count: lineEnd - start)
        start = lineEnd
        lineNumber += 1
        linesInRow = lines - 1
        return line
      }
      isQuoteOpen = lines > 0
      guard !isAtEnd else {
        lineNumber += 1
        return nil
      }
      let offset = searched - start
      try refill()
      searched = start + offset
    }
  }

  /// What was read and not handed out: at first the file's beginning, after the end the bytes behind the last line end.
  var rest: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: UnsafePointer(buffer + start), count: end - start) }

  private func skipZeros() throws(UserError) {
    while true {
      while start < end, buffer[start] == 0 {
        start += 1
        zeroBytes += 1
      }
      guard start == end, !isAtEnd else { return }
      guard isPlain || zeroBytes < Self.longestLineBytes else {
        throw UserError("expected a log in '\(path)', found zero bytes without end: name another file")
      }
      try refill()
    }
  }

  /// Moves what is left to the buffer's start and reads on behind it.
  private func refill() throws(UserError) {
    if start > 0 {
      memmove(buffer, buffer + start, end - start)
      end -= start
      start = 0
    }
    if end == capacity {
      guard capacity < Self.longestLineBytes else {
        throw UserError(
          isQuoteOpen
            ? "expected a closing quotation mark in line \(lineNumber + 1) of '\(path)', found none in 16 MB: "
              + "mend or remove that line"
            : "expected lines of some kilobytes in '\(path)', found line \(lineNumber + 1) longer than 16 MB: "
              + "is it a log of mobilecam?")
      }
      let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity * 2)
      memcpy(larger, buffer, end)
      buffer.deallocate()
      buffer = larger
      capacity *= 2
    }
    while true {
      do throws(SystemError) {
        let got = try file.read(into: UnsafeMutableRawBufferPointer(start: buffer + end, count: capacity - end))
        end += got
        isAtEnd = got == 0
        return
      } catch {
        // A pipe that is empty at the moment.
        guard error.code == EAGAIN else {
          throw UserError("expected to read the log '\(path)', found: \(error); check the disk")
        }
        var ready = pollfd(fd: file.descriptor, events: Int16(POLLIN), revents: 0)
        poll(&ready, 1, -1)
      }
    }
  }
}
