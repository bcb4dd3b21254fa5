import MobileNet
import Model

/// A network that the live program can run, and what its weights are worth.
struct NetworkOffer: Sendable {
  var configuration: Configuration
  /// False for random weights.
  var isTrained: Bool
  /// Per cent: of trained weights what they may get right here, of random ones what was published of trained ones.
  var top1Percent: Double
}

extension ModelStore {
  /// What there is at every standard α and resolution and these precisions, on one thread.
  func offers(precisions: [Precision]) -> [NetworkOffer] {
    precisions.flatMap { precision in Configuration.standard(precision: precision).compactMap(offer) }
  }

  /// `nil` where one file was given that is of another α.
  private func offer(_ configuration: Configuration) -> NetworkOffer? {
    let (alpha, resolution, precision) = (configuration.alpha, configuration.resolution, configuration.precision)
    let file = places.file(alpha: alpha, resolution: resolution, precision: precision)
    guard file != nil || places.onlyFile == nil else { return nil }
    let isTrained = file?.isTrained ?? false
    let published = Catalogue.published(alpha: alpha, resolution: resolution)?.top1Percent
    let expected = file.flatMap {
      ExpectedAccuracy.top1Percent(of: $0, resolution: resolution, precision: precision)
    }
    return (isTrained ? expected : published).map {
      NetworkOffer(configuration: configuration, isTrained: isTrained, top1Percent: $0)
    }
  }
}
