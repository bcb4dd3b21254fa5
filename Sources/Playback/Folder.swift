import Frames
import Glibc
import Platform

/// What a path given by the user stands for.
enum Folder {
  static func isFolder(_ path: String) -> Bool {
    var facts = stat()
    return stat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
  }

  /// Paths of the files in a folder, sorted by their names' bytes; hidden ones and folders are left out.
  static func files(_ path: String) throws(UserError) -> [String] {
    guard let folder = opendir(path) else { throw FileBytes.failure(path: path, errno: errno) }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { "\(path)/\($0)" }.filter { !isFolder($0) }
  }
}
