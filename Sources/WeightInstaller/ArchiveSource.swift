import ModelFiles
import Platform

/// Where archives come from.
public enum ArchiveSource: Sendable, Hashable {
  /// Below this address, which ends without a slash.
  case web(root: String)
  /// In this folder.
  case folder(String)

  public static let official = ArchiveSource.web(root: trimmed(Catalogue.downloadRoot))

  /// - Parameter text: `http://…`, `https://…`, or the path of a folder.
  /// - Throws: `UserError` if it is neither.
  public init(_ text: String) throws {
    let scheme = text.prefix(8).lowercased()
    if scheme.hasPrefix("http://") || scheme.hasPrefix("https://") {
      self = .web(root: Self.trimmed(text))
      return
    }
    guard !text.contains("://"), Folder.exists(text) else {
      throw UserError(
        "cannot install from '\(text)': expected http://…, https://… or a folder, found none of them. "
          + "Give the address of a mirror, or a folder with the archives in it.")
    }
    self = .folder(Self.trimmed(text))
  }

  /// Addresses, or paths of files, where the archive may be, in the order in which to try them. Mirrors and folders may
  /// have the authors' folders in them or not.
  func places(of archive: WeightArchive) -> [String] {
    switch self {
    case .official: return [Self.address(of: archive)]
    case .web(let root), .folder(let root):
      let places = ["\(root)/\(archive.path)", "\(root)/\(archive.archiveName)"]
      return places[0] == places[1] ? [places[0]] : places
    }
  }

  /// Where the authors have it.
  static func address(of archive: WeightArchive) -> String { Catalogue.downloadRoot + archive.path }

  private static func trimmed(_ text: String) -> String {
    var text = text
    while text.count > 1, text.hasSuffix("/") { text.removeLast() }
    return text
  }
}
