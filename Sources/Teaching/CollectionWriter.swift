import Glibc
import Pixels
import Platform

/// Puts shots into a class collection. Each is written beside its place and renamed when it is whole, so that nothing is ever
/// there in half; of several that are added together all get there or none.
public struct CollectionWriter {
  public let folder: String

  /// - Throws: `UserError` where the folder is there and is none.
  public init(folder: String) throws(UserError) {
    self.folder = folder
    if let kind = File.kind(of: folder), kind != .folder {
      throw UserError("\(folder): expected the folder of a class collection, found \(kind); give another path")
    }
  }

  /// Looks whether shots of this class may be added.
  /// - Throws: `UserError` where the name is none, or one is there that differs in case alone.
  public func check(class name: String) throws(UserError) {
    try ClassName.check(name)
    let others = (try? Folder.names(in: folder)) ?? []
    if let other = ClassName.double(of: name, among: others + [ClassName.none]) {
      throw UserError(
        "\(folder): the class '\(name)' differs from '\(other)' in case alone: expected a name that can be told apart; write it "
          + "'\(other)', or choose another")
    }
  }

  /// Writes shots that are made one by one, under their names, or with a number after the burst where a name is taken. Folders are made as needed.
  /// - Parameters:
  ///   - names: of the shots' files.
  ///   - shot: makes the bytes of the shot of that number; `nil` for one that is left out.
  /// - Returns: the paths.
  /// - Throws: `UserError`: then the collection is as it was.
  @discardableResult
  public func add(
    _ names: [ShotName], to name: String, shot: (Int) throws(UserError) -> [UInt8]?
  ) throws(UserError) -> [String] {
    try check(class: name)
    let path = "\(folder)/\(name)"
    let wasThere = Folder.exists(path)
    let hadCollection = Folder.exists(folder)
    var failed = path
    do throws(SystemError) { try Folder.make(path, failed: &failed) } catch { throw Self.unwritable(failed, error) }
    var files: [(file: FileReplacement, path: String)] = []
    var taken = Set<String>()
    var placed: [String] = []
    func undo() {
      placed.forEach(File.remove)
      files.removeAll()
      if !wasThere { Folder.removeEmpty(path) }
      if !hadCollection { Folder.removeEmpty(folder) }
    }
    do {
      let bursts = Dictionary(grouping: names, by: \.burst)
      var renamed: [String: String] = [:]
      for (index, name) in names.enumerated() {
        guard let bytes = try shot(index) else { continue }
        // A second shot of that number is one of another burst, of another folder.
        let known = renamed[name.burst].flatMap { burst in
          name.number.map { ShotName(burst: burst, number: $0).file }.flatMap { taken.contains($0) ? nil : burst }
        }
        // Its burst is one of those that were made of the names.
        let burst = known ?? Self.freeBurst(bursts[name.burst]!, in: path, taken: taken)
        if name.number != nil { renamed[name.burst] = burst }
        let file = name.number.map { ShotName(burst: burst, number: $0).file } ?? burst
        let target = "\(path)/\(file)"
        taken.insert(file)
        do throws(SystemError) {
          let replacement = try FileReplacement(path: target, replaces: false)
          try replacement.write(bytes)
          files.append((replacement, target))
        } catch {
          throw Self.unwritable(target, error)
        }
        // Files are open until they are placed: not more at once than a program may have.
        if files.count == Self.openFiles { try place(&files, &placed) }
      }
      try place(&files, &placed)
    } catch let error as UserError {
      undo()
      throw error
    } catch {
      undo()
      throw UserError("\(error)")
    }
    if placed.isEmpty { undo() }
    return placed
  }

  private static let openFiles = 64

  private func place(_ files: inout [(file: FileReplacement, path: String)], _ placed: inout [String]) throws(UserError)
  {
    for (file, path) in files {
      do throws(SystemError) { try file.finish() } catch { throw Self.unwritable(path, error) }
      placed.append(path)
    }
    files.removeAll()
  }

  /// The burst's name, with a number where a shot of that name is there already.
  private static func freeBurst(_ shots: [ShotName], in folder: String, taken: Set<String>) -> String {
    var number = 1
    while true {
      let isFree = shots.allSatisfy { shot in
        let file = name(shot, number)
        return !taken.contains(file) && !File.exists("\(folder)/\(file)")
      }
      if isFree { return shots[0].number == nil ? name(shots[0], number) : burst(shots[0].burst, number) }
      number += 1
    }
  }

  private static func burst(_ burst: String, _ number: Int) -> String { number == 1 ? burst : "\(burst)_\(number)" }

  private static func name(_ shot: ShotName, _ number: Int) -> String {
    if let index = shot.number { return ShotName(burst: burst(shot.burst, number), number: index).file }
    guard number > 1 else { return shot.burst }
    let dot = shot.burst.utf8.lastIndex(of: UInt8(ascii: "."))
    return dot.map { "\(shot.burst[..<$0])_\(number)\(shot.burst[$0...])" } ?? "\(shot.burst)_\(number)"
  }

  private static func unwritable(_ path: String, _ error: SystemError) -> UserError {
    let next =
      error.isNoSpace
      ? "free some space"
      : error.code == EROFS || error.code == EACCES || error.code == EPERM
        ? "give a folder that you may write to" : "check the path"
    return UserError("\(path): cannot be written: \(error); nothing was added; \(next)")
  }
}
