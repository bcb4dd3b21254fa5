import Frames
import Glibc
import Platform

/// Whole files in memory, with errors that a user can act on.
package enum FileBytes {
  /// More than any picture of `ImageFile.maximumPixels` that a camera or an editor writes.
  static let maximumBytes = 512 << 20

  /// Errors: no such file, no permission, no regular file, empty, larger than `maximumBytes`, read error.
  package static func read(path: String) throws(UserError) -> [UInt8] {
    // O_NONBLOCK: opening a FIFO must not wait for its writer; it is refused below.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw failure(path: path, errno: errno) }
    defer { close(descriptor) }
    var facts = stat()
    guard fstat(descriptor, &facts) == 0 else { throw failure(path: path, errno: errno) }
    if let kind = nameOfOtherKind(facts.st_mode) {
      throw UserError("\(path): expected an image file, found \(kind); give the path of a JPEG or PNG file")
    }
    let count = Int(facts.st_size)
    guard count > 0 else {
      throw UserError("\(path): expected an image file, found an empty file; make or download it again")
    }
    guard count <= maximumBytes else {
      throw UserError(
        "\(path): expected at most \(maximumBytes >> 20) MiB, found \(count >> 20) MiB; give a smaller image")
    }
    var problem: CInt = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let got = Glibc.read(descriptor, buffer.baseAddress! + filled, count - filled)
        if got < 0 {
          if errno == EINTR { continue }
          problem = errno
          return
        }
        if got == 0 { return }
        filled += got
      }
    }
    if problem != 0 { throw failure(path: path, errno: problem) }
    return bytes
  }

  /// What is said of a file that cannot be opened or read.
  package static func failure(path: String, errno code: CInt) -> UserError {
    switch code {
    case ENOENT: UserError("\(path): no such file; check the path")
    case ENOTDIR: UserError("\(path): a part of the path is no folder; check the path")
    case EACCES: UserError("\(path): no permission to read it; see 'ls -l' and 'chmod u+r' the file")
    default: UserError("\(path): cannot be read: \(String(cString: strerror(code))) (errno \(code))")
    }
  }

  /// `nil` for a regular file.
  private static func nameOfOtherKind(_ mode: mode_t) -> String? {
    switch mode & S_IFMT {
    case S_IFREG: nil
    case S_IFDIR: "a folder"
    case S_IFCHR: "a character device"
    case S_IFBLK: "a block device"
    case S_IFIFO: "a pipe"
    case S_IFSOCK: "a socket"
    default: "something that is no file"
    }
  }
}
