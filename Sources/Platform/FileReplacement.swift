import Glibc

/// A file that takes the place of another: written beside it, and renamed when it is whole. Whoever looks sees the old file
/// or the new one; where something fails the old one stays.
///
/// Made at the start of a long piece of work, it tells at once where nothing can be written.
public final class FileReplacement {
  public let path: String
  private let file: File
  /// The name until then; `nil` where there is nothing to replace: a device or a pipe is written to as it is.
  private let temporary: String?
  private let replaces: Bool

  /// - Parameter replaces: whether a file that is there may be replaced.
  /// - Throws: `SystemError`; `EEXIST` where there is a file that may not be replaced.
  public init(path: String, replaces: Bool = true) throws(SystemError) {
    self.replaces = replaces
    let found = File.facts(of: path)
    if let found, found.kind != .regular {
      if found.kind == .folder { throw SystemError(EISDIR) }
      self.path = path
      temporary = nil
      file = try File.open(path, O_WRONLY)
      return
    }
    if !replaces, File.exists(path) { throw SystemError(EEXIST) }
    // A link is followed, as writing through it would: its target is what is replaced.
    self.path = found == nil ? path : File.resolved(path) ?? path
    // A new name each time, and never a file that is there: a planted link must not send our bytes elsewhere.
    var generator = SystemRandomNumberGenerator()
    let temporary = self.path + ".\(String(UInt32.random(in: 0...(.max), using: &generator), radix: 36)).new"
    self.temporary = temporary
    file = try File.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW)
    // It stays whose it was, and as private as it was.
    if let found {
      if found.owner != geteuid() { _ = fchown(file.descriptor, found.owner, found.group) }
      fchmod(file.descriptor, found.permissions)
    }
  }

  deinit { if let temporary { File.remove(temporary) } }

  /// Appends to the new content.
  public func write(_ bytes: some Collection<UInt8>) throws(SystemError) { try file.write(bytes) }

  /// Puts the new file in the old one's place.
  /// - Throws: `SystemError`; `EEXIST` where nothing may be replaced and somebody took the name meanwhile.
  public func finish() throws(SystemError) {
    guard let temporary else { return }
    try file.synchronise()
    if !replaces {
      do throws(SystemError) {
        return try File.link(temporary, to: path)
      } catch {
        // Some file systems have no second names; there a moment remains in which the name could be taken.
        if error.code == EEXIST || File.exists(path) { throw SystemError(EEXIST) }
      }
    }
    try File.rename(temporary, to: path)
  }
}
