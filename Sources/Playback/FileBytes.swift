import Glibc
import Platform

/// Whole files in memory, with errors that a user can act on.
package enum FileBytes {
  /// More than any picture of `ImageFile.maximumPixels` that a camera or an editor writes.
  static let maximumBytes = 512 << 20
  /// Enough to know a format by.
  private static let startBytes = 64

  /// - Parameter check: throws what is wrong with the file's first bytes, before the others are read.
  /// - Throws: `UserError`: no such file, no permission, no regular file, empty, larger than `maximumBytes`, read error.
  static func read(path: String, check: (_ start: [UInt8]) throws(UserError) -> Void) throws(UserError) -> [UInt8] {
    let file = try File.read(path) { found, error in
      error.map { failure(path: path, errno: $0.code) }
        ?? UserError("\(path): expected an image file, found \(found); give the path of a JPEG or PNG file")
    }
    let (start, size) = try telling(path) { () throws(SystemError) in
      (try file.firstBytes(startBytes), try file.facts().bytes)
    }
    guard !start.isEmpty else {
      throw UserError("\(path): expected an image file, found an empty file; make or download it again")
    }
    try check(start)
    guard size <= maximumBytes,
      let bytes = try telling(path, { () throws(SystemError) in try file.bytes(limit: maximumBytes) })
    else {
      throw UserError(
        "\(path): expected at most \(maximumBytes >> 20) MiB, found \(size >> 20) MiB; give a smaller image")
    }
    return bytes
  }

  private static func telling<T>(_ path: String, _ body: () throws(SystemError) -> T) throws(UserError) -> T {
    do throws(SystemError) {
      return try body()
    } catch {
      throw failure(path: path, errno: error.code)
    }
  }

  /// What is said of a file that cannot be opened or read.
  package static func failure(path: String, errno code: CInt) -> UserError {
    switch code {
    case ENOENT: UserError("\(path): no such file; check the path")
    case ENOTDIR: UserError("\(path): a part of the path is no folder; check the path")
    case EACCES: UserError("\(path): no permission to read it; see 'ls -l' and 'chmod u+r' the file")
    default: UserError("\(path): cannot be read: \(SystemError(code)) (errno \(code))")
    }
  }
}
