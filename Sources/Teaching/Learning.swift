import Pixels
import Platform

extension SupportSet {
  /// Has a network look at a collection's shots. A shot that is no picture, or a damaged one, is left out and told.
  /// - Parameters:
  ///   - mayBeEmpty: whether there need be no class yet.
  ///   - remark: takes the words.
  ///   - progress: is told how many shots are done, and says whether to go on.
  /// - Returns: `nil` where `progress` said no.
  /// - Throws: `UserError` where no class has a shot that can be used.
  public init?(
    _ collection: ClassCollection, by embedder: Embedder, mayBeEmpty: Bool = false, remark: (String) -> Void,
    progress: (_ done: Int) -> Bool = { _ in true }
  ) throws(UserError) {
    self.init()
    var done = 0
    embedder.resetLength()
    defer { featureLength = embedder.meanLength }
    for group in collection.all {
      var bursts: [[Embedding]] = []
      for burst in group.bursts {
        var shots: [Embedding] = []
        for path in burst.shots {
          do throws(UserError) { shots.append(embedder.shot(Shot.square(try ImageFile.load(path: path)))) } catch {
            remark("left out \(error.message)")
          }
          done += 1
          guard progress(done) else { return nil }
        }
        if !shots.isEmpty { bursts.append(shots) }
      }
      if group.isNone {
        none = bursts
      } else if bursts.isEmpty {
        remark("\(collection.folder)/\(group.name): no shot of it can be used; the class is left out")
      } else {
        classes.append(Class(name: group.name, bursts: bursts))
      }
    }
    for name in collection.empty {
      remark("\(collection.folder)/\(name): an empty folder is no class yet; put pictures there")
    }
    guard mayBeEmpty || !classes.isEmpty else {
      throw UserError(
        "\(collection.folder): expected a class collection: JPEG or PNG pictures in a subfolder for each class, found none that can "
          + "be used; put pictures there")
    }
  }
}
