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
  private var isFinished = false

  /// - Parameter replaces: whether a file that is there may be replaced.
  /// - Throws: `SystemError`; `EEXIST` where there is a file that may not be replaced.
  public init(path: String, replaces: Bool = true, mode: mode_t = 0o644) throws(SystemError) {
    let found = File.facts(of: path)
    if let found, found.kind != .regular {
      if found.kind == .folder { throw SystemError(EISDIR) }
      self.path = path
      temporary = nil
      file = try File.open(path, O_WRONLY)
      return
    }
    if found != nil, !replaces { throw SystemError(EEXIST) }
    // A link is followed, as writing through it would: its target is what is replaced.
    self.path = found == nil ? path : File.resolved(path) ?? path
    // A new name each time, and never a file that is there: a planted link must not send our bytes elsewhere.
    var generator = SystemRandomNumberGenerator()
    let temporary = self.path + ".\(String(UInt32.random(in: 0...(.max), using: &generator), radix: 36)).new"
    self.temporary = temporary
    file = try File.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: mode)
    if let found, found.owner != geteuid() { _ = fchown(file.descriptor, found.owner, gid_t.max) }
    if !replaces { try reserve() }
  }

  deinit { if let temporary, !isFinished { File.remove(temporary) } }

  /// Appends to the new content.
  public func write(_ bytes: some Collection<UInt8>) throws(SystemError) { try file.write(bytes) }

  /// Puts the new file in the old one's place.
  public func finish() throws(SystemError) {
    guard let temporary else { return }
    try file.synchronise()
    try File.rename(temporary, to: path)
    isFinished = true
  }

  /// Where nothing may be replaced, that is asked before the work and not after it; between the two somebody else may take
  /// the name, whose file is then replaced: the price of having a whole file or none.
  private func reserve() throws(SystemError) {
    if File.exists(path) { throw SystemError(EEXIST) }
  }
}
