import Glibc

/// Folders and what is in them.
public enum Folder {
  public static func exists(_ path: String) -> Bool { File.kind(of: path) == .folder }

  /// Where relative paths begin; `nil` where that was removed, or cannot be seen.
  public static var current: String? {
    guard let path = getcwd(nil, 0) else { return nil }
    defer { free(path) }
    return PathText.text(of: UnsafePointer(path))
  }

  /// The home of the user who runs the program: `$HOME` where it is an absolute path, else what the system's list of users
  /// says of the effective user; the root where that knows no such user.
  public static var home: String {
    if let home = PathText.variable("HOME"), home.utf8.first == UInt8(ascii: "/") { return home }
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1 << 14) { strings in
      guard getpwuid_r(geteuid(), &entry, strings.baseAddress!, strings.count, &found) == 0, found != nil,
        let home = entry.pw_dir, home.pointee == CChar(UInt8(ascii: "/"))
      else { return "/" }
      return PathText.text(of: UnsafePointer(home))
    }
  }

  /// Where programs keep a user's data (XDG Base Directory Specification): `$XDG_DATA_HOME`, of which the specification
  /// says to ignore a relative one, else `.local/share` of the home.
  public static var userData: String {
    if let data = PathText.variable("XDG_DATA_HOME"), data.utf8.first == UInt8(ascii: "/") { return data }
    return (home == "/" ? "" : home) + "/.local/share"
  }

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
    // By scalars: a slash with an accent after it is one character, and a slash all the same.
    for part in path.unicodeScalars.split(separator: "/") {
      made += (made.isEmpty || made == "/" ? "" : "/") + String(part)
      if PathText.withBytes(made, { mkdir($0, 0o755) }) == 0 { continue }
      let code = errno
      if code == EEXIST, exists(made) { continue }
      failed = made
      throw SystemError(code)
    }
  }

  /// Makes a folder that only this user may look into, where temporary files go: `$TMPDIR`, or `/tmp`.
  public static func makeTemporary(prefix: String) throws(SystemError) -> String {
    var path = PathText.bytes(of: "\(PathText.variable("TMPDIR") ?? "/tmp")/\(prefix)XXXXXX")
    guard mkdtemp(&path) != nil else { throw .last }
    return PathText.text(of: path)
  }

  /// Removes a folder that has nothing in it; any other stays.
  public static func removeEmpty(_ path: String) { _ = PathText.withBytes(path) { rmdir($0) } }

  /// Makes names in a folder survive a loss of power.
  public static func synchronise(_ path: String) {
    guard let folder = try? File.open(path, O_RDONLY | O_DIRECTORY) else { return }
    fsync(folder.descriptor)
  }
}
