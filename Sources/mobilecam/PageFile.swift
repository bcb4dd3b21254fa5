import Frames
import Glibc

/// A page that a command writes when it is done. The file is made at the start: a place that cannot be written to is told
/// before minutes of work, not after.
final class PageFile {
  private let path: String
  private let descriptor: Int32
  /// Nobody's yet, or half written: to be removed. Never a device or a pipe.
  private var isUnfinished: Bool

  /// - Parameter force: whether a file that is there may be replaced.
  /// - Throws: `UserError`
  init(path: String, force: Bool) throws {
    self.path = path
    let existed = access(path, F_OK) == 0
    descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (force ? 0 : O_EXCL), 0o644)
    guard descriptor >= 0 else {
      let next = errno == EEXIST ? "; name another file, or give --force" : ""
      throw UserError("cannot write the page '\(path)': \(String(cString: strerror(errno)))\(next)")
    }
    isUnfinished = !existed
  }

  deinit {
    var status = stat()
    if isUnfinished, fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG { unlink(path) }
    close(descriptor)
  }

  /// - Throws: `UserError`; then no half of a page is left.
  func write(_ page: String) throws {
    isUnfinished = true
    var rest = Array(page.utf8)[...]
    var failed = ftruncate(descriptor, 0) != 0 && errno != EINVAL
    while !failed, !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      failed = count <= 0
      rest = rest.dropFirst(max(0, count))
    }
    guard !failed else { throw UserError("cannot write the page '\(path)': \(String(cString: strerror(errno)))") }
    isUnfinished = false
  }
}
