import Glibc

/// An open file. Closed with the object.
public final class File: Sendable {
  /// What a name stands for.
  public enum Kind: Sendable, Hashable, CustomStringConvertible {
    case regular, folder, characterDevice, blockDevice, pipe, socket, other

    init(mode: mode_t) {
      self =
        switch mode & S_IFMT {
        case S_IFREG: .regular
        case S_IFDIR: .folder
        case S_IFCHR: .characterDevice
        case S_IFBLK: .blockDevice
        case S_IFIFO: .pipe
        case S_IFSOCK: .socket
        default: .other
        }
    }

    /// With its article, for messages.
    public var description: String {
      switch self {
      case .regular: "a file"
      case .folder: "a folder"
      case .characterDevice: "a character device"
      case .blockDevice: "a block device"
      case .pipe: "a pipe"
      case .socket: "a socket"
      case .other: "something that is no file"
      }
    }
  }

  /// What the system knows of a file.
  public struct Facts: Sendable {
    public let kind: Kind
    public let bytes: Int
    /// Names that the file has; 0 when it was removed.
    public let linkCount: Int
    public let owner: uid_t
    public let group: gid_t
    /// Who may read and write it: the permission bits.
    public let permissions: mode_t

    fileprivate init(_ status: stat) {
      kind = Kind(mode: status.st_mode)
      bytes = Int(status.st_size)
      linkCount = Int(status.st_nlink)
      owner = status.st_uid
      group = status.st_gid
      permissions = status.st_mode & 0o7777
    }
  }

  public let descriptor: Int32
  /// What it was opened by.
  public let path: String

  /// Takes over a descriptor.
  public init(owning descriptor: Int32, path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit { close(descriptor) }

  /// Standard input through a descriptor of its own: it stays open when that is closed, or given away.
  public static func standardInput() throws(SystemError) -> File {
    File(owning: try copy(of: STDIN_FILENO), path: "standard input")
  }

  /// A second descriptor of the open file, the caller's to close: for libraries that take one over.
  public func copyOfDescriptor() throws(SystemError) -> Int32 { try Self.copy(of: descriptor) }

  private static func copy(of descriptor: Int32) throws(SystemError) -> Int32 {
    let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)
    guard copy >= 0 else { throw .last }
    return copy
  }

  /// Opens a file; never waits for the other end of a pipe, and gives no descriptor to programs that are started.
  /// - Parameter flags: `O_RDONLY`, `O_WRONLY | O_CREAT | O_EXCL` …
  public static func open(_ path: String, _ flags: Int32, mode: mode_t = 0o644) throws(SystemError) -> File {
    let flags = flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK
    while true {
      let descriptor = PathText.withBytes(path) { Glibc.open($0, flags, mode) }
      if descriptor >= 0 { return File(owning: descriptor, path: path) }
      if errno != EINTR { throw .last }
    }
  }

  /// Opens a regular file for reading. Where a name turns out to be a pipe or a device, whose bytes may never come, it is
  /// refused at once, and not even opened: that alone makes some devices act.
  /// - Parameter failure: makes the message from what was found: `No such file or directory`, `a folder`.
  public static func read(
    _ path: String, else failure: (_ found: String, _ error: SystemError?) -> UserError
  ) throws(UserError) -> File {
    if let kind = kind(of: path), kind != .regular { throw failure(kind.description, nil) }
    let file: File
    let facts: Facts
    do throws(SystemError) {
      file = try open(path, O_RDONLY)
      facts = try file.facts()
    } catch {
      throw failure(error.description, error)
    }
    guard facts.kind == .regular else { throw failure(facts.kind.description, nil) }
    return file
  }

  public func facts() throws(SystemError) -> Facts {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .last }
    return Facts(status)
  }

  /// Of what a path names, links followed; `nil` where it names nothing that can be looked at.
  public static func facts(of path: String) -> Facts? {
    var status = stat()
    return PathText.withBytes(path) { stat($0, &status) } == 0 ? Facts(status) : nil
  }

  public static func kind(of path: String) -> Kind? { facts(of: path)?.kind }

  /// Whether there is something of that name, a link that leads nowhere included.
  public static func exists(_ path: String) -> Bool {
    var status = stat()
    return PathText.withBytes(path) { lstat($0, &status) } == 0
  }

  // MARK: Reading and writing

  /// Up to `buffer.count` bytes; 0 at the end.
  public func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
    while true {
      let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      if count >= 0 { return count }
      if errno != EINTR { throw .last }
    }
  }

  /// As `read`; of a pipe that does not block what comes is waited for.
  private func readWaiting(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
    while true {
      do throws(SystemError) { return try read(into: buffer) } catch { guard error.code == EAGAIN else { throw error } }
      var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      poll(&ready, 1, -1)
    }
  }

  /// The next `count` bytes; fewer only at the end.
  public func nextBytes(_ count: Int) throws(SystemError) -> [UInt8] {
    var failure: SystemError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      do throws(SystemError) {
        while filled < count {
          let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
          let got = try readWaiting(into: rest)
          if got == 0 { return }
          filled += got
        }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Up to `count` bytes from a place in the file, its start unless given, wherever it is read at.
  public func bytes(_ count: Int, at offset: Int = 0) throws(SystemError) -> [UInt8] {
    var code: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      var got = 0
      repeat { got = pread(descriptor, buffer.baseAddress, count, off_t(offset)) } while got < 0 && errno == EINTR
      if got < 0 { code = errno }
      filled = max(0, got)
    }
    guard code == 0 else { throw SystemError(code) }
    return bytes
  }

  /// What is left of the file.
  /// - Returns: the bytes; `nil` where there are more than `limit`.
  public func bytes(limit: Int) throws(SystemError) -> [UInt8]? {
    var bytes: [UInt8] = []
    // One allocation where the size is known; files of /proc say 0.
    bytes.reserveCapacity(min(try facts().bytes, limit) + 1)
    var failure: SystemError?
    while bytes.count <= limit {
      let part = [UInt8](unsafeUninitializedCapacity: max(4096, min(bytes.capacity - bytes.count, 1 << 20))) {
        buffer, count in
        do throws(SystemError) {
          count = try readWaiting(into: UnsafeMutableRawBufferPointer(buffer))
        } catch {
          failure = error
        }
      }
      if let failure { throw failure }
      if part.isEmpty { return bytes }
      bytes += part
    }
    return nil
  }

  /// The text of a small file that the system makes (/proc, /sys) or that comes with the program; `nil` where it cannot be
  /// read.
  public static func text(of path: String, limit: Int = 1 << 16) -> String? {
    guard let file = try? open(path, O_RDONLY), let bytes = try? file.bytes(limit: limit) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Writes all of it, in as many calls as the system wants.
  public func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
    let error = writeAll(descriptor, bytes)
    if error != 0 { throw SystemError(error) }
  }

  public func write(_ bytes: some Collection<UInt8>) throws(SystemError) {
    let bytes = ContiguousArray(bytes)
    let error = bytes.withUnsafeBytes { writeAll(descriptor, $0) }
    if error != 0 { throw SystemError(error) }
  }

  /// Waits until the content is on the disk.
  public func synchronise() throws(SystemError) {
    // What cannot be synchronised (a device) needs none.
    guard fdatasync(descriptor) == 0 || errno == EINTR || errno == EINVAL || errno == EROFS else { throw .last }
  }

  public func truncate(to bytes: Int) throws(SystemError) {
    guard ftruncate(descriptor, off_t(bytes)) == 0 else { throw .last }
  }

  // MARK: Names

  /// Makes a new file for writing in the place of whatever has the name. That is removed first: a link which somebody
  /// planted, symbolic or hard, must not send our bytes into another file.
  /// - Throws: `SystemError`; `EEXIST` where the name is a folder's.
  public static func createAnew(_ path: String, mode: mode_t = 0o644) throws(SystemError) -> File {
    remove(path)
    return try open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: mode)
  }

  public static func remove(_ path: String) { _ = PathText.withBytes(path) { unlink($0) } }

  /// Whether this user may do that with a file; the error says why not.
  /// - Parameter mode: `R_OK`, `R_OK | W_OK` …
  public static func mayAccess(_ path: String, _ mode: Int32) throws(SystemError) {
    guard PathText.withBytes(path, { access($0, mode) }) == 0 else { throw .last }
  }

  /// What a symbolic link says, `nil` where there is none.
  public static func linkTarget(_ path: String) -> String? {
    let target = [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, count in
      count = buffer.withMemoryRebound(to: CChar.self) { buffer in
        PathText.withBytes(path) { max(0, readlink($0, buffer.baseAddress!, buffer.count)) }
      }
    }
    return target.isEmpty ? nil : PathText.text(of: target)
  }

  /// The absolute path without links; `nil` where nothing is there.
  public static func resolved(_ path: String) -> String? {
    guard let name = PathText.withBytes(path, { realpath($0, nil) }) else { return nil }
    defer { free(name) }
    return PathText.text(of: name)
  }

  /// Renames within a file system: whoever looks sees the old file or the new one, whole.
  public static func rename(_ from: String, to: String) throws(SystemError) {
    let status = PathText.withBytes(from) { from in PathText.withBytes(to) { Glibc.rename(from, $0) } }
    guard status == 0 else { throw .last }
  }

  /// Gives a file a second name, unless there is something of that name.
  public static func link(_ from: String, to: String) throws(SystemError) {
    let status = PathText.withBytes(from) { from in PathText.withBytes(to) { Glibc.link(from, $0) } }
    guard status == 0 else { throw .last }
  }
}

/// Writes all of `bytes`, at most so many at once, waiting where the descriptor takes none at the moment.
/// - Parameter isReady: waits until the descriptor takes bytes; false ends the writing.
/// - Returns: 0, or the error's number; EINTR where `isReady` ended it.
func writeAll(
  _ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, atOnce: Int = .max, isReady: (() -> Bool)? = nil
) -> Int32 {
  var rest = bytes[...]
  while !rest.isEmpty {
    if let isReady, !isReady() { return EINTR }
    let count = Glibc.write(
      descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, min(rest.count, atOnce))
    if count > 0 {
      rest = rest.dropFirst(count)
    } else if count == 0 {
      return ENOSPC
    } else if errno == EAGAIN {
      if isReady != nil { continue }
      var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      poll(&ready, 1, -1)
    } else if errno != EINTR {
      return errno
    }
  }
  return 0
}
