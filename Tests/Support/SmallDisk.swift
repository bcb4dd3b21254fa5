import Foundation
import Glibc

/// A file system of a given size in memory, so that a disk can be full. Only root can mount one.
package final class SmallDisk {
  package let path: String

  /// For `.enabled(if:)`: where reference data are required, so is the right to mount.
  package static let isUsable = Reference.isRequired || (try? SmallDisk()) != nil

  /// - Parameters:
  ///   - path: where it is mounted; made if it is not there.
  ///   - free: bytes that are left, if not all of them.
  package init(
    _ path: String = FileManager.default.temporaryDirectory.path + "/mobilecam-disk-\(UUID().uuidString.prefix(8))",
    kilobytes: Int = 1024, free: Int? = nil
  ) throws {
    self.path = path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    do { try mount(kilobytes, flags: 0) } catch {
      rmdir(path)
      throw error
    }
    if let free { try Data(count: kilobytes << 10 - free).write(to: URL(filePath: path + "/filler")) }
  }

  deinit {
    umount2(path, 2)  // MNT_DETACH
    rmdir(path)
  }

  /// What is on it stays, and nothing can be changed any more.
  package func makeReadOnly() throws { try mount(1024, flags: 33) }  // MS_REMOUNT | MS_RDONLY

  package func resize(kilobytes: Int) throws { try mount(kilobytes, flags: 32) }  // MS_REMOUNT

  private func mount(_ kilobytes: Int, flags: UInt) throws {
    guard Glibc.mount("tmpfs", path, "tmpfs", flags, "size=\(kilobytes)k") == 0 else {
      throw CannotRun("mounting a tmpfs on \(path): \(String(cString: strerror(errno)))")
    }
  }
}
