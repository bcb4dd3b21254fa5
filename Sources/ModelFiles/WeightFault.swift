import Platform

/// Why a file's bytes cannot be used, without the file's name; readers throw it, and their callers name the file.
struct WeightFault: Error {
  let why: String
  /// What to do, a sentence without its full stop; `nil` for what is always done.
  let next: String?
  init(_ why: String, next: String? = nil) {
    self.why = why
    self.next = next
  }
}

extension MappedFile {
  /// Runs a reader; what it finds wrong becomes a `UserError` that names the file and says what to do.
  func explaining<T>(_ read: () throws -> T) throws -> T {
    do {
      return try read()
    } catch let fault as WeightFault {
      throw UserError("cannot use weights '\(path)': \(fault.why). \(fault.next ?? Self.whatToDo(path))")
    }
  }
}

extension MappedFile {
  /// Only what was installed can be installed again.
  static func whatToDo(_ path: String) -> String {
    path.utf8.starts(with: (installFolder + "/").utf8)
      ? "Install it again: mobilecam weights install"
      : "Give another file of MobileNet V1: --weights PATH, or install the official ones: mobilecam weights install"
  }

  /// Where `weights install` puts files.
  public static var installFolder: String { Folder.userData + "/mobilecam/weights" }
}

/// Text from a file as it may stand in a message: printable, at most 40 characters, in quotes.
func quoted(_ text: String) -> String {
  let printable = text.unicodeScalars.prefix(41).map { scalar in
    scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value) ? "?" : String(scalar)
  }
  return "'" + printable.prefix(40).joined() + (printable.count > 40 ? "…" : "") + "'"
}

/// `[3, 3, 8]`; no more than eight numbers.
func shapeText(_ shape: [Int]) -> String {
  "[" + shape.prefix(8).map(String.init).joined(separator: ", ") + (shape.count > 8 ? ", …]" : "]")
}
