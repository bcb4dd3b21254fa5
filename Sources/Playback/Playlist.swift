import Pixels
import Platform

/// Paths of image files in the order in which they are shown; reads one at a time.
struct Playlist: Sendable {
  struct Item: Sendable {
    let index: Int
    let path: String
    let picture: RGBImage
  }

  private let given: [String]
  private let maximumPixels: Int
  private var files: [String] = []
  private var position = 0
  private var bad: Set<Int> = []
  /// Links that lead to folders, which is seen when they are read.
  private var folders: Set<Int> = []
  private var firstProblem: UserError?

  /// - Parameters:
  ///   - paths: files and folders; a folder stands for its files.
  ///   - maximumPixels: what a frame of the ring can take.
  init(paths: [String], maximumPixels: Int) {
    given = paths
    self.maximumPixels = maximumPixels
  }

  /// Lists the folders, see `ImageFolder`.
  /// - Throws: `UserError` if a folder cannot be read; `Cancelled`.
  mutating func list(isCancelled: () -> Bool) throws {
    for path in given {
      guard Folder.exists(path) else {
        files.append(path)
        continue
      }
      files += try ImageFolder.files(in: path, isCancelled: isCancelled)
    }
  }

  /// Whether there is anything to try: a look that does not read whole folders.
  /// - Throws: `UserError` if a folder cannot be read.
  func isEmpty() throws(UserError) -> Bool {
    var isEmpty = true
    for path in given {
      guard Folder.exists(path) else { return false }
      try ImageFolder.forEachFile(in: path) { _ in
        isEmpty = false
        return false
      }
    }
    return isEmpty
  }

  /// Files that turned out to be no images.
  var badCount: Int { bad.count }
  mutating func rewind() { position = 0 }

  /// Whether every other file is known to be none.
  func isOnly(_ item: Item) -> Bool { !bad.contains(item.index) && bad.count + folders.count == files.count - 1 }

  /// The next picture that can be read, made to fit; `nil` at the end.
  /// - Throws: `Cancelled`.
  mutating func next(isCancelled: () -> Bool) throws(SourceThread.Cancelled) -> Item? {
    while position < files.count {
      if isCancelled() { throw SourceThread.Cancelled() }
      let index = position
      position += 1
      do throws(UserError) {
        let picture = try ImageFile.load(path: files[index])
        bad.remove(index)
        return Item(
          index: index, path: files[index],
          picture: AreaAverage.fit(
            picture, width: ImageSource.maximumWidth, height: ImageSource.maximumHeight, maximumPixels: maximumPixels))
      } catch {
        if files != given, Folder.exists(files[index]) {
          folders.insert(index)
        } else {
          bad.insert(index)
          firstProblem = firstProblem ?? error
        }
      }
    }
    return nil
  }

  /// For a single file what is wrong with it, else that none of them is an image.
  func nothingToShow() -> UserError {
    if files.count == 1, files == given, let firstProblem { return firstProblem }
    let names = given.joined(separator: ", ")
    guard let firstProblem else {
      return ImageFolder.empty(names)
    }
    return UserError(
      "\(names): expected JPEG or PNG images, found none in \(files.count - folders.count) files; "
        + "first: \(firstProblem)")
  }
}
