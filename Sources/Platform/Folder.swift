import Glibc

/// Folders and what is in them.
public enum Folder {
  public static func exists(_ path: String) -> Bool { File.kind(of: path) == .folder }

  /// Calls `body` with each name in a folder, in no order, without `.` and `..`, until it returns false.
  /// - Parameter isFolder: known without a look at the file itself on most file systems; `nil` elsewhere.
  public static func forEach(
    in path: String, _ body: (_ name: String, _ isFolder: Bool?) -> Bool
  ) throws(SystemError) {
    guard let folder = PathText.withBytes(path, { opendir($0) }) else { throw .last }
    defer { closedir(folder) }
    while true {
      errno = 0
      guard let entry = readdir(folder) else {
        if errno != 0 { throw .last }
        return
      }
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { PathText.text(of: $0.prefix { $0 != 0 }) }
      if name == "." || name == ".." { continue }
      let kind = Int(entry.pointee.d_type)
      // DT_UNKNOWN; DT_LNK may lead to a folder.
      guard body(name, kind == 0 || kind == Int(DT_LNK) ? nil : kind == Int(DT_DIR)) else { return }
    }
  }

  /// Names in a folder, sorted by their bytes; all of them, but `.` and `..`.
  public static func names(in path: String) throws(SystemError) -> [String] {
    var names: [String] = []
    try forEach(in: path) { name, _ in
      names.append(name)
      return true
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Makes a folder and those above it.
  /// - Throws: `SystemError`, and `made` names the folder that could not be made.
  public static func make(_ path: String, failed: inout String) throws(SystemError) {
    var made = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      made += (made.isEmpty || made.hasSuffix("/") ? "" : "/") + part
      if PathText.withBytes(made, { mkdir($0, 0o755) }) == 0 { continue }
      let code = errno
      if code == EEXIST, exists(made) { continue }
      failed = made
      throw SystemError(code)
    }
  }

  /// Makes names in a folder survive a loss of power.
  public static func synchronise(_ path: String) {
    guard let folder = try? File.open(path, O_RDONLY | O_DIRECTORY) else { return }
    fsync(folder.descriptor)
  }
}
