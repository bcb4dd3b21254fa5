import Glibc
import Platform

/// A file mapped read-only, so that a 17 MB file is never copied whole: pages come in as they are read and can be given
/// back after use.
///
/// A file that another program shortens while it is mapped ends the process (SIGBUS), as with every mapping; our own
/// installer never does that, it renames complete files into place.
public final class MappedFile: @unchecked Sendable {  // immutable after init; the pages are read-only
  /// The whole file.
  public let bytes: UnsafeRawBufferPointer
  /// What messages call it.
  public let path: String
  private let isMapped: Bool

  /// - Throws: `UserError` if there is no such file, it may not be read, is no regular file, or is empty.
  public init(path: String) throws {
    self.path = path
    let file = try File.read(path) { _, error in
      error.map { Self.cannotOpen(path, $0) }
        ?? UserError("cannot read weights '\(path)': expected a regular file. \(Self.whatToGive)")
    }
    let count: Int
    do throws(SystemError) { count = try file.facts().bytes } catch { throw Self.cannotOpen(path, error) }
    guard count > 0 else {
      throw UserError("cannot use weights '\(path)': the file is empty. \(Self.whatToDo(path))")
    }
    guard let base = mmap(nil, count, PROT_READ, MAP_PRIVATE, file.descriptor, 0), base != MAP_FAILED else {
      throw Self.cannotOpen(path, .last)
    }
    bytes = UnsafeRawBufferPointer(start: base, count: count)
    isMapped = true
  }

  /// Memory that the caller keeps alive and unchanged for as long as this object lives, as if it were a file's content.
  public init(borrowing bytes: UnsafeRawBufferPointer, path: String) {
    self.bytes = bytes
    self.path = path
    isMapped = false
  }

  deinit {
    if isMapped { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }
  }

  /// Gives the file's pages back to the system; they come from the file again when they are read again. Always the whole
  /// file, since the system brings in more pages around those that are touched.
  public func release() {
    guard isMapped, let base = bytes.baseAddress else { return }
    madvise(UnsafeMutableRawPointer(mutating: base), bytes.count, MADV_DONTNEED)
  }

  static let whatToGive =
    "Give a .safetensors or .tflite file, or a directory that holds some: --weights PATH"

  private static func cannotOpen(_ path: String, _ error: SystemError) -> UserError {
    let next = error.code == EACCES ? "Make it readable: chmod a+r '\(path)'" : whatToGive
    return UserError("cannot read weights '\(path)': \(error). \(next)")
  }
}
