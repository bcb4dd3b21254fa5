import Model

/// A trained network made a whole number of times wider without changing what it computes (function-preserving widening:
/// Chen, Goodfellow, Shlens, 2016, Net2Net, arXiv 1511.05641): labels at a larger α, at that α's own cost, where nobody
/// has trained it.
///
/// Every channel is repeated, c becoming c mod C; where channels are read, weights are divided by how often each is there.
public struct WidenedWeights: FloatWeightSource {
  public let facts: WeightFacts
  private let source: any FloatWeightSource
  private let factor: Int

  /// `nil` where α is no whole multiple, 2 or more, of the source's.
  public init?(_ source: any FloatWeightSource, to alpha: Alpha) {
    guard let factor = Self.factor(from: source.facts.alpha, to: alpha) else { return nil }
    self.source = source
    self.factor = factor
    var facts = source.facts
    facts.widenedFrom = facts.widenedFrom ?? facts.alpha
    facts.alpha = alpha
    self.facts = facts
  }

  /// How many times wider; `nil` where that is no whole number of times, 2 or more.
  public static func factor(from narrow: Alpha, to wide: Alpha) -> Int? {
    let (narrow, wide) = (narrow.channels(32), wide.channels(32))
    return wide > narrow && wide % narrow == 0 ? wide / narrow : nil
  }

  public func layer(named name: String) throws -> FloatTensors {
    let narrow = try source.layer(named: name)
    // The classes stay; so does the image.
    let outputs = name == "fc" ? 1 : factor
    let reads = name.hasPrefix("pw") || name == "fc"
    let columns = narrow.bias.count
    let rows = narrow.kernel.count / columns
    let scale = reads ? 1 / Float(factor) : 1
    let kernel = [Float](unsafeUninitializedCapacity: rows * columns * outputs * (reads ? factor : 1)) { wide, count in
      var place = 0
      for _ in 0..<(reads ? factor : 1) {
        for row in 0..<rows {
          for _ in 0..<outputs {
            for column in 0..<columns {
              wide.initializeElement(at: place, to: narrow.kernel[row * columns + column] * scale)
              place += 1
            }
          }
        }
      }
      count = place
    }
    let bias = (0..<outputs).flatMap { _ in narrow.bias }
    return FloatTensors(name: name, kernel: kernel, bias: bias)
  }
}
