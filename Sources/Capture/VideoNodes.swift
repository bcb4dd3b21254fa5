import CV4L2
import Glibc

/// The files under /dev through which cameras are reached.
enum VideoNodes {
  /// Paths of the existing `/dev/videoN`, by number.
  static func all() -> [String] {
    entries(of: "/dev").compactMap { number(of: "/dev/" + $0) }.sorted().map { "/dev/video\($0)" }
  }

  /// N of `/dev/videoN`.
  static func number(of path: String) -> Int? {
    guard path.hasPrefix("/dev/video") else { return nil }
    return Int(path.dropFirst("/dev/video".count))
  }

  /// The name that stays the same when the camera is plugged in again: udev's by-id link, else its by-path link.
  static func stablePath(of path: String) -> String? {
    let node = resolved(path)
    for folder in ["/dev/v4l/by-id", "/dev/v4l/by-path"] {
      for name in entries(of: folder).sorted() where resolved("\(folder)/\(name)") == node {
        return "\(folder)/\(name)"
      }
    }
    return nil
  }

  /// The path with its links followed; the path itself where nothing is there.
  static func resolved(_ path: String) -> String {
    guard let real = realpath(path, nil) else { return path }
    defer { free(real) }
    return String(cString: real)
  }

  static func entries(of folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  /// What is at a path.
  enum Kind: Equatable {
    case nothing, characterDevice, other(String)
  }

  static func kind(of path: String) -> Kind {
    var status = stat()
    guard stat(path, &status) == 0 else { return .nothing }
    switch status.st_mode & S_IFMT {
    case S_IFCHR: return .characterDevice
    case S_IFDIR: return .other("a folder")
    case S_IFREG: return .other("a file")
    default: return .other("neither a file nor a device")
    }
  }

  /// The group that owns the node: its name, or its number where it has none.
  static func group(of path: String) -> String? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    guard let group = getgrgid(status.st_gid) else { return String(status.st_gid) }
    return String(cString: group.pointee.gr_name)
  }
}

/// A process that has a video node open.
public struct NodeHolder: Codable, Sendable, Hashable {
  public var pid: Int
  /// The process's name as the kernel keeps it, at most 15 bytes.
  public var name: String

  public init(pid: Int, name: String) {
    self.pid = pid
    self.name = name
  }

  /// The first other process that has the node open, among those whose descriptors we may read.
  static func of(_ path: String) -> NodeHolder? {
    let node = VideoNodes.resolved(path)
    let ownProcess = Int(getpid())
    for pid in VideoNodes.entries(of: "/proc").compactMap({ Int($0) }).sorted() where pid != ownProcess {
      let folder = "/proc/\(pid)/fd"
      for entry in VideoNodes.entries(of: folder) where linkTarget("\(folder)/\(entry)") == node {
        return NodeHolder(pid: pid, name: name(of: pid))
      }
    }
    return nil
  }

  private static func linkTarget(_ path: String) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { buffer in
      guard let start = buffer.baseAddress else { return nil }
      let count = readlink(path, start, buffer.count - 1)
      guard count > 0 else { return nil }
      buffer[count] = 0
      return String(cString: start)
    }
  }

  private static func name(of pid: Int) -> String {
    guard let file = fopen("/proc/\(pid)/comm", "r") else { return "unknown" }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 64)
    guard fgets(&line, 64, file) != nil else { return "unknown" }
    return String(decoding: line.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
