import Glibc
import Platform

/// The file operations of an installation; every failure is a message.
enum FileSystem {
  static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  static func isFile(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  /// Size in bytes; 0 if there is no such file.
  static func size(of path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
  }

  /// Makes a folder and those above it.
  static func makeFolder(_ path: String) throws {
    var made = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      made += (made.isEmpty || made.hasSuffix("/") ? "" : "/") + part
      guard mkdir(made, 0o755) == 0 || errno == EEXIST && isFolder(made) else {
        throw UserError(
          "cannot make the folder '\(path)': \(reason(errno)) ('\(made)'). Make it by hand, or set XDG_DATA_HOME to a "
            + "folder that can be written.")
      }
    }
  }

  /// Names in a folder, sorted; none if it does not exist.
  static func names(in folder: String) throws -> [String] {
    guard let directory = opendir(folder) else {
      if errno == ENOENT { return [] }
      throw UserError("cannot read the folder '\(folder)': \(reason(errno)). Make it readable: chmod a+rx '\(folder)'")
    }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        })
    }
    return names.filter { $0 != "." && $0 != ".." }.sorted()
  }

  /// Renames within a file system: whoever looks sees the old file or the new one, whole.
  static func rename(_ from: String, to: String) throws {
    guard Glibc.rename(from, to) == 0 else {
      throw UserError(
        "cannot write '\(to)': \(reason(errno)). Make its folder writable and run the same command again.")
    }
  }

  /// Makes names in a folder survive a loss of power.
  static func synchronise(folder: String) {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }

  static func remove(_ path: String) { unlink(path) }

  /// A small text file.
  static func text(of path: String, limitBytes: Int) throws -> String {
    let file = try InputFile(path: path)
    var bytes: [UInt8] = []
    while bytes.count <= limitBytes, case let chunk = try file.read(limitBytes: 1 << 16), !chunk.isEmpty {
      bytes += chunk
    }
    guard bytes.count <= limitBytes else {
      throw UserError(
        "cannot read '\(path)': expected a text of at most \(limitBytes) bytes, found more. Check the name.")
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Writes a small text file as a whole, or not at all.
  static func replace(_ path: String, with text: String) throws {
    let new = path + ".new"
    do {
      let file = try OutputFile(path: new, startsEmpty: true)
      var text = text
      try text.withUTF8 { try file.append(UnsafeRawBufferPointer($0)) }
      try file.finish()
      try rename(new, to: path)
    } catch {
      remove(new)
      throw error
    }
  }

  static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}

/// A file that is read from its start.
final class InputFile {
  let descriptor: Int32
  private let path: String

  init(path: String) throws {
    self.path = path
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw UserError("cannot read '\(path)': \(FileSystem.reason(errno)). Check the name, or make it readable.")
    }
  }

  deinit { close(descriptor) }

  /// The next bytes; none at the end.
  func read(limitBytes: Int) throws -> [UInt8] {
    var code: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: limitBytes) { buffer, count in
      let got = Self.read(descriptor, buffer)
      if got < 0 { code = errno }
      count = max(0, got)
    }
    guard code == 0 else {
      throw UserError("cannot read '\(path)': \(FileSystem.reason(code)). Check the disk it is on.")
    }
    return bytes
  }

  private static func read(_ descriptor: Int32, _ buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
    while true {
      let got = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      if got >= 0 || errno != EINTR { return got }
    }
  }
}

/// A file that grows at its end.
final class OutputFile {
  let path: String
  private let descriptor: Int32

  init(path: String, startsEmpty: Bool) throws {
    self.path = path
    // No link is followed: whoever can write to the folder may not send our writes elsewhere.
    let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | (startsEmpty ? O_TRUNC : 0)
    descriptor = open(path, flags, 0o644)
    guard descriptor >= 0 else { throw Self.cannotWrite(path, errno) }
  }

  deinit { close(descriptor) }

  func append(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    while !rest.isEmpty {
      let written = write(descriptor, rest.baseAddress, rest.count)
      if written < 0 {
        if errno == EINTR { continue }
        throw Self.cannotWrite(path, errno)
      }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
    }
  }

  func empty() throws {
    guard ftruncate(descriptor, 0) == 0 else { throw Self.cannotWrite(path, errno) }
  }

  /// Waits until the content is on the disk.
  func finish() throws {
    guard fsync(descriptor) == 0 else { throw Self.cannotWrite(path, errno) }
  }

  private static func cannotWrite(_ path: String, _ code: Int32) -> UserError {
    guard code != ENOSPC && code != EDQUOT else {
      return UserError(
        "no room to write '\(path)': \(FileSystem.reason(code)). Nothing was installed. Free some space and run the "
          + "same command again; what was downloaded is kept.")
    }
    return UserError(
      "cannot write '\(path)': \(FileSystem.reason(code)). Make its folder writable, or set XDG_DATA_HOME to one that is."
    )
  }
}
