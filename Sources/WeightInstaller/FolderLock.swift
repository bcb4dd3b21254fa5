import Glibc
import Platform

/// Keeps two installations from writing into one folder at a time; the system lets go of it when the process ends.
final class FolderLock {
  private let descriptor: Int32

  init(_ folder: String) throws {
    descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw UserError(
        "cannot open the folder '\(folder)': \(FileSystem.reason(errno)). Make it readable: chmod u+rwx '\(folder)'")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      throw UserError(
        "another 'mobilecam weights install' is at work in '\(folder)'. Wait until it is done and run the same command "
          + "again.")
    }
  }

  deinit { close(descriptor) }
}
