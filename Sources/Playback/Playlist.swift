import Frames
import Platform

/// Paths of image files in the order in which they are shown; reads one at a time.
struct Playlist: Sendable {
  struct Item: Sendable {
    let index: Int
    let path: String
    let picture: RGBImage
  }

  private let given: [String]
  private let files: [String]
  private let maximumPixels: Int
  private var position = 0
  private var bad: Set<Int> = []
  private var firstProblem: UserError?

  /// - Parameters:
  ///   - paths: files and folders; a folder stands for its files.
  ///   - maximumPixels: what a frame of the ring can take.
  init(paths: [String], maximumPixels: Int) throws(UserError) {
    given = paths
    self.maximumPixels = maximumPixels
    var files: [String] = []
    for path in paths {
      if Folder.isFolder(path) { files += try Folder.files(path) } else { files.append(path) }
    }
    self.files = files
  }

  /// Files that turned out to be no images.
  var badCount: Int { bad.count }
  var isAtEnd: Bool { position == files.count }
  mutating func rewind() { position = 0 }

  /// Whether every other file is known to be none.
  func isOnly(_ item: Item) -> Bool { !bad.contains(item.index) && bad.count == files.count - 1 }

  /// The next picture that can be read, made to fit; `nil` at the end.
  mutating func next() -> Item? {
    while position < files.count {
      let index = position
      position += 1
      do throws(UserError) {
        let picture = try ImageFile.load(path: files[index])
        bad.remove(index)
        return Item(
          index: index, path: files[index],
          picture: ImageScaling.fit(
            picture, width: ImageSource.maximumWidth, height: ImageSource.maximumHeight, maximumPixels: maximumPixels))
      } catch {
        bad.insert(index)
        firstProblem = firstProblem ?? error
      }
    }
    return nil
  }

  /// For a single file what is wrong with it, else that none of them is an image.
  func nothingToShow() -> UserError {
    if files.count == 1, files == given, let firstProblem { return firstProblem }
    let names = given.joined(separator: ", ")
    guard let firstProblem else {
      return UserError("\(names): expected JPEG or PNG images, found no files; put some there or give another path")
    }
    return UserError(
      "\(names): expected JPEG or PNG images, found none in \(files.count) files; first: \(firstProblem)")
  }
}
