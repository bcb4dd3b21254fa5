import Glibc
import Platform

/// Hands out a file's lines one by one, in place, in constant memory. What lies behind the last line end is torn.
///
/// Belongs to one thread.
final class LineReader {
  /// The longest line that is taken for one; a log's is some kilobytes.
  static let longestLineBytes = 16 << 20

  private let descriptor: Int32
  private let path: String
  private var capacity = 1 << 20
  private var buffer: UnsafeMutablePointer<UInt8>
  private var start = 0
  private var end = 0
  private var isAtEnd = false
  /// The number of the last line handed out, counted from 1, and of all lines within it.
  private(set) var lineNumber = 0
  private var linesInRow = 0

  init(path: String) throws(UserError) {
    self.path = path
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw UserError("expected to read the log '\(path)', found: \(errorText(errno)); check its name and permissions")
    }
    var facts = stat()
    if fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFDIR {
      close(descriptor)
      throw UserError("expected a log, found the directory '\(path)': name the file in it")
    }
    buffer = .allocate(capacity: capacity)
  }

  deinit {
    buffer.deallocate()
    close(descriptor)
  }

  /// The first byte that is no white space, without moving on; `nil` in an empty file.
  func firstByte() throws(UserError) -> UInt8? {
    if end == start { try refill() }
    return UnsafeBufferPointer(start: buffer + start, count: end - start).first { $0 > 32 }
  }

  /// The next whole line with its `\n`, valid until the next call; `nil` at the end.
  ///
  /// - Parameter quoted: line ends between quotation marks do not count (RFC 4180).
  func next(quoted: Bool = false) throws(UserError) -> UnsafeBufferPointer<UInt8>? {
    lineNumber += linesInRow
    linesInRow = 0
    var searched = start
    var quotes = 0
    var lines = 0
    while true {
      if let found = memchr(buffer + searched, 10, end - searched) {
        let lineEnd = found.assumingMemoryBound(to: UInt8.self) - buffer + 1
        lines += 1
        if quoted {
          quotes += Self.countQuotes(buffer + searched, lineEnd - searched)
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
      guard !isAtEnd else {
        lineNumber += 1
        return nil
      }
      let offset = searched - start
      try refill()
      searched = start + offset
    }
  }

  /// After the end: the bytes behind the last line end.
  var torn: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: UnsafePointer(buffer + start), count: end - start) }

  private static func countQuotes(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int {
    var quotes = 0
    var place = bytes
    let end = bytes + count
    while place < end, let found = memchr(place, 34, end - place) {
      quotes += 1
      place = UnsafePointer(found.assumingMemoryBound(to: UInt8.self)) + 1
    }
    return quotes
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
          "expected lines of some kilobytes in '\(path)', found line \(lineNumber + 1) longer than 16 MB: "
            + "is it a log of mobilecam?")
      }
      let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity * 2)
      memcpy(larger, buffer, end)
      buffer.deallocate()
      buffer = larger
      capacity *= 2
    }
    while true {
      let got = read(descriptor, buffer + end, capacity - end)
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else {
        throw UserError("expected to read the log '\(path)', found: \(errorText(errno)); check the disk")
      }
      end += got
      isAtEnd = got == 0
      return
    }
  }
}
