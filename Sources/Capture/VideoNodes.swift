import Glibc
import Platform

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
      for name in entries(of: folder) where resolved("\(folder)/\(name)") == node {
        return "\(folder)/\(name)"
      }
    }
    return nil
  }

  /// What /sys tells of the node; nothing of what is no `/dev/videoN`.
  static func facts(of path: String) -> NodeFacts {
    guard let number = number(of: resolved(path)) else { return NodeFacts() }
    let folder = "/sys/class/video4linux/video\(number)"
    func line(_ name: String) -> String? {
      File.text(of: "\(folder)/\(name)")?.split(separator: "\n").first.map(String.init)
    }
    // The node's device is the camera's interface; its parent is the camera.
    let usb = line("device/../idVendor").flatMap { vendor in
      line("device/../idProduct").map {
        USBDevice(vendor: vendor, product: $0, serial: line("device/../serial"))
      }
    }
    return NodeFacts(index: line("index").flatMap { Int($0) }, usb: usb)
  }

  /// The path with its links followed; the path itself where nothing is there.
  static func resolved(_ path: String) -> String { File.resolved(path) ?? path }

  /// Names in a folder; none where it cannot be read.
  static func entries(of folder: String) -> [String] { (try? Folder.names(in: folder)) ?? [] }

  /// The group that owns the node: its name, or its number where it has none.
  static func group(of path: String) -> String? {
    guard let facts = File.facts(of: path) else { return nil }
    guard let group = getgrgid(facts.group) else { return String(facts.group) }
    return String(cString: group.pointee.gr_name)
  }
}

/// A process that has a video node open.
public struct NodeHolder: Codable, Sendable, Hashable {
  public var pid: Int
  /// The process's name as the kernel keeps it, at most 15 bytes.
  public var name: String

  /// The first other process that has the node open, among those whose descriptors we may read.
  static func of(_ path: String) -> NodeHolder? {
    let node = VideoNodes.resolved(path)
    let ownProcess = Int(getpid())
    for pid in VideoNodes.entries(of: "/proc").compactMap({ Int($0) }).sorted() where pid != ownProcess {
      let folder = "/proc/\(pid)/fd"
      for entry in VideoNodes.entries(of: folder) where File.linkTarget("\(folder)/\(entry)") == node {
        return NodeHolder(pid: pid, name: name(of: pid))
      }
    }
    return nil
  }

  private static func name(of pid: Int) -> String {
    File.text(of: "/proc/\(pid)/comm")?.split(separator: "\n").first.map(String.init) ?? "unknown"
  }
}
