import Frames
import MobileNet
import Pixels
import Platform

/// Photographs whose features' mean is taken off every picture's: what all pictures have in common (the 'base' mean of SimpleShot,
/// arXiv 1911.04623). The network that runs is asked for it, so that it fits any α, resolution, precision and weights.
public struct BaseSet: Sendable {
  private let photographs: [RGBImage]

  /// - Parameter folder: with the program's photographs; without it, or where it has none, the mean is of a collection's own shots.
  public init(folder: String?) {
    let names = folder.flatMap { try? Folder.names(in: $0) } ?? []
    photographs = names.compactMap { name in
      guard name.hasSuffix(".jpg"), let folder else { return nil }
      return try? ImageFile.load(path: "\(folder)/\(name)")
    }
  }

  /// - Parameter collection: whose shots are taken where there are no photographs.
  public func embedder(
    _ network: any RunnableNetwork, preprocessor: Preprocessor, collection: ClassCollection
  ) -> Embedder {
    let zero = Embedder(
      network: network, mean: Array(repeating: 0, count: network.featureCount), preprocessor: preprocessor)
    var pictures = photographs.flatMap(Self.views)
    if pictures.isEmpty {
      // A shot of each burst: the others are nearly the same.
      pictures = collection.all.flatMap(\.bursts).compactMap { try? ImageFile.load(path: $0.shots[0]) }
    }
    var mean = zero.mean
    for picture in pictures {
      for (index, feature) in zero.features(of: picture).enumerated() { mean[index] += feature / Float(pictures.count) }
    }
    return Embedder(network: network, mean: mean, preprocessor: preprocessor)
  }

  /// The middle square, its quarters, and its middle.
  private static func views(_ photograph: RGBImage) -> [RGBImage] {
    let side = min(photograph.width, photograph.height)
    let (left, top) = ((photograph.width - side) / 2, (photograph.height - side) / 2)
    let part = max(1, side * 5 / 8)
    let far = side - part
    return [(0, 0, side), (0, 0, part), (far, 0, part), (0, far, part), (far, far, part), (far / 2, far / 2, part)].map
    {
      photograph.square(x: left + $0.0, y: top + $0.1, side: $0.2)
    }
  }
}
