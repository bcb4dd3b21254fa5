import Platform

/// What a user has shown: a folder with a subfolder for each class, the shots in it as pictures. The subfolder `none` holds
/// what is none of the classes. Nothing else is kept: what a network makes of the shots is made anew for each.
public struct ClassCollection: Sendable {
  /// Shots that were taken in one go.
  public struct Burst: Sendable, Hashable {
    public let name: String
    /// Paths, in the order in which they were shot.
    public internal(set) var shots: [String]
  }

  public struct Class: Sendable, Hashable {
    public let name: String
    /// Sorted by name.
    public internal(set) var bursts: [Burst]
    public var shotCount: Int { bursts.reduce(0) { $0 + $1.shots.count } }
    public var isNone: Bool { name == ClassName.none }
  }

  public static let mostClasses = 1000
  public static let mostShots = 100_000

  public let folder: String
  /// With shots, sorted by the bytes of their names; `none` is not among them.
  public let classes: [Class]
  /// Shots of what is none of the classes; no bursts where there are none.
  public let none: Class
  /// Subfolders without a file.
  public let empty: [String]

  /// The classes, and what is none of them behind.
  public var all: [Class] { classes + (none.bursts.isEmpty ? [] : [none]) }
  public var shotCount: Int { all.reduce(0) { $0 + $1.shotCount } }

  /// Reads the folder's listing; no picture is opened.
  /// - Parameter mayBeEmpty: whether an empty folder is a collection too, of which nothing was shown yet.
  /// - Throws: `UserError` if it cannot be read or is no collection: no subfolders, names that are no class's, two that differ in case
  ///   alone, more than `mostClasses` or `mostShots`.
  public init(folder: String, mayBeEmpty: Bool = false) throws(UserError) {
    self.folder = folder
    let expected = "expected a class collection: a folder with a subfolder of pictures for each class"
    switch File.kind(of: folder) {
    case .folder: break
    case nil:
      throw UserError(
        "\(folder): \(expected), found nothing of that name; make one: mobilecam teach FOLDER --name CUP --shots cup.jpg …"
      )
    case .some(let kind): throw UserError("\(folder): \(expected), found \(kind)")
    }
    var (names, fileCount) = ([String](), 0)
    for (name, isFolder) in try Self.listing(folder) where !name.hasPrefix(".") {
      if isFolder { names.append(name) } else { fileCount += 1 }
    }
    guard !names.isEmpty || (mayBeEmpty && fileCount == 0) else {
      let found = fileCount == 0 ? "an empty folder" : "\(counted(fileCount, "file", "files")) and no subfolder"
      throw UserError("\(folder): \(expected), found \(found); put each class's pictures into a folder with its name")
    }
    guard names.count <= Self.mostClasses else {
      throw UserError("\(folder): expected at most \(Self.mostClasses) classes, found \(names.count); take some out")
    }
    var seen: [String: String] = [:]
    for name in names {
      do throws(UserError) { try ClassName.check(name) } catch { throw UserError("\(folder): \(error.message)") }
      if let other = seen[name.lowercased()]
        ?? (name.lowercased() == ClassName.none && name != ClassName.none ? ClassName.none : nil)
      {
        throw UserError(
          "\(folder): the classes '\(other)' and '\(name)' differ in case alone: expected names that can be told apart; "
            + "rename one of the folders, or put their pictures together")
      }
      seen[name.lowercased()] = name
    }
    var (classes, empty, shotCount) = ([Class](), [String](), 0)
    for name in names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
      let path = folder + (folder.hasSuffix("/") ? "" : "/") + name
      let found = Class(name: name, bursts: try Self.bursts(in: path))
      shotCount += found.shotCount
      if found.bursts.isEmpty { empty.append(name) } else { classes.append(found) }
    }
    guard shotCount <= Self.mostShots else {
      throw UserError("\(folder): expected at most \(Self.mostShots) shots, found \(shotCount); take some out")
    }
    none = classes.first(where: \.isNone) ?? Class(name: ClassName.none, bursts: [])
    self.classes = classes.filter { !$0.isNone }
    self.empty = empty
  }

  private static func bursts(in folder: String) throws(UserError) -> [Burst] {
    var shots: [String: [(number: Int, path: String)]] = [:]
    for (name, isFolder) in try listing(folder) where !isFolder && !name.hasPrefix(".") {
      let shot = ShotName(file: name)
      shots[shot.burst, default: []].append((shot.number ?? 0, "\(folder)/\(name)"))
    }
    return shots.map { burst, shots in
      Burst(
        name: burst,
        shots: shots.sorted { ($0.number, $0.path) < ($1.number, $1.path) }.map(\.path))
    }.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  private static func listing(_ folder: String) throws(UserError) -> [(name: String, isFolder: Bool)] {
    var found: [(String, Bool)] = []
    do throws(SystemError) {
      try Folder.forEach(in: folder) { name, isFolder in
        found.append((name, isFolder ?? Folder.exists("\(folder)/\(name)")))
        return true
      }
    } catch {
      throw UserError("\(folder): cannot be read: \(error); see 'ls -ld' and 'chmod u+rx' the folder")
    }
    return found
  }
}
