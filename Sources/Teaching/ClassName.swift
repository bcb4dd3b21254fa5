import Platform

/// Names of classes, which are names of folders.
public enum ClassName {
  /// The folder of what is none of the classes.
  public static let none = "none"
  /// As long as a file system allows, with room for what is written beside it.
  static let mostBytes = 200

  /// - Throws: `UserError` where no folder can have the name, or no screen show it.
  public static func check(_ name: String) throws(UserError) {
    func refused(_ found: String) -> UserError {
      UserError(
        "the class name '\(Printable.line(name))' \(found): expected a folder's name of 1 to \(mostBytes) bytes without '/' "
          + "and control characters, that does not begin with a dot or a space; choose another")
    }
    let scalars = name.unicodeScalars
    if name.isEmpty { throw refused("is empty") }
    if name.utf8.count > mostBytes { throw refused("has \(name.utf8.count) bytes") }
    if scalars.contains("/") { throw refused("holds a '/'") }
    if scalars.contains(where: { Printable.steers($0) || $0 == "\n" || $0 == "\t" }) {
      throw refused("holds a control character")
    }
    if scalars.first == "." { throw refused("begins with a dot, as hidden files do") }
    if scalars.first == " " || scalars.last == " " { throw refused("begins or ends with a space") }
  }

  /// The name of `names` that differs from `name` in case alone (or in how its accents are written); `nil` where there is
  /// none. On other systems, and to the eye, both are one.
  public static func double(of name: String, among names: some Sequence<String>) -> String? {
    let key = name.lowercased()
    let bytes = Array(name.utf8)
    return names.first { $0.lowercased() == key && !$0.utf8.elementsEqual(bytes) }
  }
}
