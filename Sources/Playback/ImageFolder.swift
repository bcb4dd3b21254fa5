import Pixels
import Platform

/// A folder of pictures: its files in the order in which they are shown, hidden ones and folders left out.
package enum ImageFolder {
  /// Paths of a folder's files, sorted by their names' bytes. Links to folders are among them: that is seen when they are
  /// read.
  /// - Throws: `UserError` if the folder cannot be read; `Cancelled`.
  package static func files(in path: String, isCancelled: () -> Bool = { false }) throws -> [String] {
    var names: [String] = []
    try forEachFile(in: path) { name in
      names.append(name)
      return names.count % 1024 != 0 || !isCancelled()
    }
    var comparisons = 0
    try names.sort {
      comparisons += 1
      if comparisons % 1024 == 1, isCancelled() { throw SourceThread.Cancelled() }
      return $0.utf8.lexicographicallyPrecedes($1.utf8)
    }
    let separator = path.utf8.last == UInt8(ascii: "/") ? "" : "/"
    return names.map { path + separator + $0 }
  }

  /// Calls `body` with each file's name, in no order, until it returns false.
  static func forEachFile(in path: String, _ body: (String) -> Bool) throws(UserError) {
    do throws(SystemError) {
      try Folder.forEach(in: path) { name, isFolder in name.hasPrefix(".") || isFolder == true || body(name) }
    } catch {
      throw .unreadable(path, error)
    }
  }

  /// What is said where nothing is to be found.
  package static func empty(_ names: String) -> UserError {
    UserError("\(names): expected JPEG or PNG images, found no files; put some there or give another path")
  }
}
