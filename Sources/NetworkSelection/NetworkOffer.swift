import Model
import ModelFiles

/// A network that the live program can run, and what its weights are worth.
public struct NetworkOffer: Sendable {
  public var configuration: Configuration
  /// False for random weights.
  public var isTrained: Bool
  /// The α whose weights are widened for it: as accurate as that one, and slower.
  public var widenedFrom: Alpha?
  /// Per cent of ImageNet: of trained weights what they may get right here, of random ones what was published of trained
  /// ones. Where the classes are others it is good to compare networks by, and not to be told.
  public var top1Percent: Double
  public var isImageNet: Bool

  public init(
    configuration: Configuration, isTrained: Bool, widenedFrom: Alpha? = nil, top1Percent: Double,
    isImageNet: Bool = true
  ) {
    self.configuration = configuration
    self.isTrained = isTrained
    self.widenedFrom = widenedFrom
    self.top1Percent = top1Percent
    self.isImageNet = isImageNet
  }
}

extension NetworkStore {
  /// What there is at every α and resolution of the paper and these precisions, on one thread.
  public func offers(precisions: [Precision]) -> [NetworkOffer] {
    precisions.flatMap { precision in Configuration.paperPairs(precision: precision).compactMap(offer) }
  }

  /// `nil` where one file was given that is of another α.
  private func offer(_ configuration: Configuration) -> NetworkOffer? {
    let file = places.file(configuration)
    guard file != nil || places.onlyFile == nil else { return nil }
    let isTrained = file?.isTrained ?? false
    let published = Catalogue.published(
      alpha: configuration.alpha, resolution: configuration.resolution)?.top1Percent
    let expected = file.flatMap {
      ExpectedAccuracy.top1Percent(of: $0, resolution: configuration.resolution, precision: configuration.precision)
    }
    return (isTrained ? expected : published).map {
      NetworkOffer(
        configuration: configuration, isTrained: isTrained, widenedFrom: file?.widened(for: configuration),
        top1Percent: $0, isImageNet: file?.isImageNet ?? true)
    }
  }
}
