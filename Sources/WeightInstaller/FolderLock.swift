import Glibc
import Platform

/// Keeps two installations from writing into one folder at a time; the system lets go of it when the process ends.
final class FolderLock {
  private let folder: File

  init(_ path: String) throws(UserError) {
    do throws(SystemError) {
      folder = try File.open(path, O_RDONLY | O_DIRECTORY)
    } catch {
      throw UserError("cannot open the folder '\(path)': \(error). Make it readable: chmod u+rwx '\(path)'")
    }
    guard flock(folder.descriptor, LOCK_EX | LOCK_NB) == 0 else {
      throw UserError(
        "another 'mobilecam weights install' is at work in '\(path)'. Wait until it is done and run the same command "
          + "again.")
    }
  }
}
