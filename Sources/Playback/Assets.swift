import Glibc
import Platform

/// Where the program's own files are: weights, labels, the demo reel's photographs.
public enum Assets {
  /// A folder is the assets folder if it holds this file.
  static let landmark = "labels.txt"

  /// The path of the assets folder: `$MOBILECAM_ASSETS`; else `../share/mobilecam` beside the executable's folder (an
  /// installed program); else the nearest `assets` folder at or above the executable, then the current directory (a
  /// checkout). Error: none of them holds `labels.txt`.
  public static func directory() throws(UserError) -> String {
    try directory(
      override: PathText.variable("MOBILECAM_ASSETS"), executable: File.linkTarget("/proc/self/exe"),
      currentDirectory: Folder.current)
  }

  package static func directory(
    override: String?, executable: String?, currentDirectory: String?
  ) throws(UserError) -> String {
    if let override, !override.isEmpty {
      if holdsAssets(override) { return override }
      throw UserError(
        "MOBILECAM_ASSETS: expected a folder that holds \(landmark), found \(override); correct the variable or unset it"
      )
    }
    var places: [String] = []
    if let executable {
      let folder = parent(of: executable)
      places.append("\(parent(of: folder))/share/mobilecam")
      places += above(folder)
    }
    if let currentDirectory { places += above(currentDirectory).filter { !places.contains($0) } }
    if let found = places.first(where: holdsAssets) { return found }
    throw UserError(
      """
      cannot find the program's assets: expected a folder that holds \(landmark), found none of
      \(places.map { "  \($0)" }.joined(separator: "\n"))
      run mobilecam from its checkout, or set MOBILECAM_ASSETS to the checkout's folder 'assets'
      """)
  }

  /// `assets` in the folder itself, its parent, and so on up to the root.
  private static func above(_ folder: String) -> [String] {
    var places: [String] = []
    var folder = folder
    while folder != "/", !folder.isEmpty {
      places.append("\(folder)/assets")
      folder = parent(of: folder)
    }
    return places
  }

  /// Of an absolute path; the root's parent is the root.
  private static func parent(of path: String) -> String {
    guard let slash = path.unicodeScalars.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
    return String(path[..<slash])
  }

  private static func holdsAssets(_ folder: String) -> Bool {
    (try? File.mayAccess("\(folder)/\(landmark)", R_OK)) != nil
  }
}
