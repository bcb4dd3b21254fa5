import MobileNet

/// A network that the live program can run, and what its weights are worth.
struct NetworkOffer: Sendable {
  var choice: NetworkChoice
  /// False for random weights.
  var isTrained: Bool
  /// Per cent: of trained weights what they may get right here, of random ones what was published of trained ones.
  var top1Percent: Double
}

extension ModelStore {
  /// What there is at every standard α and resolution and these precisions.
  func offers(precisions: [String]) -> [NetworkOffer] {
    precisions.flatMap { precision in NetworkPair.standard.compactMap { offer($0, precision) } }
  }

  /// `nil` where one file was given that is of another α.
  private func offer(_ pair: NetworkPair, _ precision: String) -> NetworkOffer? {
    let file = places.file(alpha: pair.alpha, resolution: pair.resolution, precision: precision)
    guard file != nil || places.onlyFile == nil else { return nil }
    let isTrained = file?.isTrained ?? false
    let published = Catalogue.published(alpha: pair.alpha, resolution: pair.resolution)?.top1Percent
    let expected = file.flatMap {
      ExpectedAccuracy.top1Percent(of: $0, resolution: pair.resolution, precision: precision)
    }
    return (isTrained ? expected : published).map {
      NetworkOffer(choice: NetworkChoice(pair: pair, precision: precision), isTrained: isTrained, top1Percent: $0)
    }
  }
}
