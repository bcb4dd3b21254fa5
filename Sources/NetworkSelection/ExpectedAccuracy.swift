import Model
import ModelFiles

/// How often the weights that are there may be right: what was published of them, less what is lost by running them
/// otherwise than they were trained. Good for comparing networks, no more.
public enum ExpectedAccuracy {
  /// What weights keep of their accuracy at a share of the resolution that they were trained at: α = 0.25, trained at
  /// 224, on 1000 ImageNet photographs: 58.3, 55.5, 48.0 and 40.3 % at 224, 192, 160 and 128.
  private static let keptAtShare: [(share: Double, kept: Double)] = [
    (128.0 / 224, 40.3 / 58.3), (160.0 / 224, 48.0 / 58.3), (192.0 / 224, 55.5 / 58.3), (1, 1),
  ]

  /// What float weights keep when they are rounded after training: MobileNet V1 with a scale for each channel 98.6 % in
  /// 8 bits; in other short formats a little, so that of two that fit the exact one is taken.
  private static func kept(in precision: Precision) -> Double {
    switch precision {
    case .fp32: 1
    case .int8: 0.986
    case .bf16: 0.998
    case .fp16: 0.999
    }
  }

  /// Per cent of ImageNet's validation set that `file` may get right; `nil` where nothing was published of its α at
  /// either resolution. Of weights for other classes it compares networks, and says nothing of any.
  /// - Parameter resolution: what it runs at, in pixels.
  public static func top1Percent(of file: WeightFileDescription, resolution: Int, precision: Precision) -> Double? {
    func published(_ resolution: Int) -> Double? {
      Catalogue.published(alpha: file.alpha, resolution: resolution, quantized: file.isQuantized)?.top1Percent
    }
    let there = published(resolution)
    let trained = file.trainedResolution ?? resolution
    let own = published(trained).map { $0 * kept(share: Double(resolution) / Double(trained)) }
    // Weights of a larger image than they were trained on do not become those of the larger image.
    guard let least = [there, own].compactMap({ $0 }).min() else { return nil }
    return least * (file.isQuantized ? 1 : kept(in: precision))
  }

  /// Between what was measured in a straight line, below it in proportion.
  private static func kept(share: Double) -> Double {
    let points = keptAtShare
    if share >= 1 { return 1 }
    guard let above = points.firstIndex(where: { $0.share >= share }), above > 0 else {
      return points[0].kept * share / points[0].share
    }
    let (a, b) = (points[above - 1], points[above])
    return a.kept + (b.kept - a.kept) * (share - a.share) / (b.share - a.share)
  }
}
