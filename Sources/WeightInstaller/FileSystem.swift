import Glibc
import Platform

/// The file operations of an installation; every failure is a message.
enum FileSystem {
  static func isFile(_ path: String) -> Bool { File.kind(of: path) == .regular }

  /// Size in bytes; 0 if there is no such file.
  static func size(of path: String) -> Int { File.facts(of: path)?.bytes ?? 0 }

  /// Makes a folder and those above it.
  static func makeFolder(_ path: String) throws(UserError) {
    var failed = path
    do throws(SystemError) {
      try Folder.make(path, failed: &failed)
    } catch {
      throw UserError(
        "cannot make the folder '\(path)': \(error) ('\(failed)'). Make it by hand, or set XDG_DATA_HOME to a "
          + "folder that can be written.")
    }
  }

  /// Names in a folder, sorted; none if it does not exist.
  static func names(in folder: String) throws(UserError) -> [String] {
    do throws(SystemError) {
      return try Folder.names(in: folder)
    } catch {
      if error.code == ENOENT { return [] }
      throw UserError("cannot read the folder '\(folder)': \(error). Make it readable: chmod a+rx '\(folder)'")
    }
  }

  /// Renames within a file system: whoever looks sees the old file or the new one, whole.
  static func rename(_ from: String, to: String) throws(UserError) {
    do throws(SystemError) {
      try File.rename(from, to: to)
    } catch {
      throw UserError("cannot write '\(to)': \(error). Make its folder writable and run the same command again.")
    }
  }

  /// A file that is read from its start.
  static func open(_ path: String) throws(UserError) -> File {
    try File.read(path) { found, error in
      error == nil
        ? UserError("cannot read '\(path)': expected a file, found \(found). Check the name.")
        : UserError("cannot read '\(path)': \(found). Check the name, or make it readable.")
    }
  }

  static func cannotRead(_ path: String, _ error: SystemError) -> UserError {
    UserError("cannot read '\(path)': \(error). Check the disk it is on.")
  }

  /// A small text file.
  static func text(of path: String, limitBytes: Int) throws(UserError) -> String {
    let file = try open(path)
    do throws(SystemError) {
      if let bytes = try file.bytes(limit: limitBytes) { return String(decoding: bytes, as: UTF8.self) }
    } catch {
      throw cannotRead(path, error)
    }
    throw UserError(
      "cannot read '\(path)': expected a text of at most \(limitBytes) bytes, found more. Check the name.")
  }

  /// Writes a small text file as a whole, or not at all.
  static func replace(_ path: String, with text: String) throws(UserError) {
    let new = path + ".new"
    do throws(UserError) {
      let file = try OutputFile(anew: new)
      try file.append(text)
      try file.finish()
      try rename(new, to: path)
    } catch {
      File.remove(new)
      throw error
    }
  }
}

/// A file that grows at its end.
final class OutputFile {
  private let file: File

  /// A new file in the place of whatever has the name.
  init(anew path: String) throws(UserError) {
    do throws(SystemError) {
      file = try File.createAnew(path)
    } catch {
      throw Self.cannotWrite(path, error)
    }
  }

  /// What an earlier run left of a file, or a new one. Only a file of our own that has this one name is gone on with: with
  /// a link, whoever can write to the folder could send our bytes elsewhere.
  init(continuing path: String) throws(UserError) {
    do throws(SystemError) {
      if let own = Self.own(path) { file = own } else { file = try File.createAnew(path) }
    } catch {
      throw Self.cannotWrite(path, error)
    }
  }

  static func canContinue(_ path: String) -> Bool { own(path) != nil }

  private static func own(_ path: String) -> File? {
    guard File.kind(of: path) == .regular, let file = try? File.open(path, O_WRONLY | O_APPEND | O_NOFOLLOW),
      let facts = try? file.facts(), facts.kind == .regular, facts.linkCount == 1, facts.owner == geteuid()
    else { return nil }
    return file
  }

  /// Bytes that are there already.
  var size: Int { (try? file.facts().bytes) ?? 0 }

  func append(_ bytes: UnsafeRawBufferPointer) throws(UserError) {
    try telling { () throws(SystemError) in try file.write(bytes) }
  }

  func append(_ text: String) throws(UserError) {
    try telling { () throws(SystemError) in try file.write(text.utf8) }
  }

  func empty() throws(UserError) { try telling { () throws(SystemError) in try file.truncate(to: 0) } }

  /// Waits until the content is on the disk.
  func finish() throws(UserError) { try telling { () throws(SystemError) in try file.synchronise() } }

  private func telling(_ body: () throws(SystemError) -> Void) throws(UserError) {
    do throws(SystemError) {
      try body()
    } catch {
      throw Self.cannotWrite(file.path, error)
    }
  }

  private static func cannotWrite(_ path: String, _ error: SystemError) -> UserError {
    if error.isNoSpace {
      return UserError(
        "no room to write '\(path)': \(error). Nothing was installed. Free some space and run the "
          + "same command again; what was downloaded is kept.")
    }
    if let kind = File.kind(of: path), kind != .regular {
      return UserError("cannot write '\(path)': expected a file or nothing, found \(kind.description). Remove it.")
    }
    return UserError(
      "cannot write '\(path)': \(error). Make its folder writable, or set XDG_DATA_HOME to one that is.")
  }
}
