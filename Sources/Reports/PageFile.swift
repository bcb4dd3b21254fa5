import Glibc
import Platform

/// A page that a command writes when it is done. The place is tried at the start: one that cannot be written to is told
/// before minutes of work, not after. A page that is there stays until the new one is whole.
package final class PageFile {
  private let path: String
  private let file: FileReplacement

  /// - Parameter force: whether a file that is there may be replaced.
  /// - Throws: `UserError`
  package init(path: String, force: Bool) throws(UserError) {
    self.path = path
    do throws(SystemError) {
      file = try FileReplacement(path: path, replaces: force)
    } catch {
      throw Self.failure(path, error)
    }
  }

  /// - Throws: `UserError`; then nothing is left of the page, and what was there is as it was.
  package func write(_ page: Page) throws(UserError) {
    do throws(SystemError) {
      try file.write(page.html.utf8)
      try file.finish()
    } catch {
      throw Self.failure(path, error)
    }
  }

  private static func failure(_ path: String, _ error: SystemError) -> UserError {
    let next = error.code == EEXIST ? "; name another file, or give --force" : ""
    return UserError("cannot write the page '\(path)': \(error)\(next)")
  }
}
