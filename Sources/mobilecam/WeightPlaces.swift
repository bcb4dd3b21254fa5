import MobileNet
import Model
import Platform
import Playback

/// Where weights are looked for: what `--weights` names, then where weights are installed, then the program's own assets.
struct WeightPlaces: Sendable {
  /// In the order in which they are asked.
  let collections: [WeightCollection]
  /// What `--weights` names.
  private let given: WeightCollection?
  /// The path of `--weights` where it is one file: its α is then the only one.
  let onlyFile: String?

  /// - Throws: `UserError` if `--weights` names nothing usable.
  init(weights: String?) throws {
    onlyFile = weights.flatMap { Folder.exists($0) ? nil : $0 }
    given = try weights.map { try WeightCollection(path: $0) }
    var collections = given.map { [$0] } ?? []
    if onlyFile == nil { collections += Self.standard.compactMap { try? WeightCollection(path: $0) } }
    self.collections = collections
  }

  /// Where weights are looked for that nobody named.
  static var standard: [String] {
    [installDirectory, (try? Assets.directory()).map { $0 + "/weights" }].compactMap { $0 }
  }

  /// Where `weights install` puts files.
  static var installDirectory: String { Folder.userData + "/mobilecam/weights" }

  var files: [WeightFileDescription] { collections.flatMap(\.files) }

  /// The precision that the weights which the user named are made for.
  var defaultPrecision: Precision { given.map { $0.files.allSatisfy(\.isQuantized) } == true ? .int8 : .fp32 }

  /// The file that an α runs on; `nil` where that is random weights. One that was made for the precision comes before
  /// others, but what the user named comes first of all.
  func file(alpha: Alpha, resolution: Int, precision: Precision) -> WeightFileDescription? {
    let isQuantized = precision == .int8
    func best(_ collections: [WeightCollection], quantized: Bool) -> WeightFileDescription? {
      collections.lazy.compactMap { $0.best(alpha: alpha, resolution: resolution, quantized: quantized) }.first
    }
    for collections in [given.map { [$0] } ?? [], collections] {
      if let file = best(collections, quantized: isQuantized) ?? best(collections, quantized: !isQuantized) {
        return file
      }
    }
    return nil
  }
}
