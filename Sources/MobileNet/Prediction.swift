/// One of the k likeliest classes.
public struct Prediction: Sendable, Hashable {
  /// 0…999 in ImageNet's order, whatever the weights' own numbering.
  public var classIndex: Int
  public var probability: Float

  public init(classIndex: Int, probability: Float) {
    self.classIndex = classIndex
    self.probability = probability
  }

  /// The `count` likeliest classes, best first; of equal ones the lower index comes first, and
  /// what is no number last.
  /// - Parameter probabilities: `[1000]`, or `[1001]` with 'background' first, which is left out.
  public static func top(_ count: Int, of probabilities: UnsafeBufferPointer<Float>) -> [Prediction] {
    var best: [Prediction] = []
    top(count, of: probabilities, into: &best)
    return best
  }

  /// The same into an array that is used again and again, so that nothing is allocated.
  public static func top(_ count: Int, of probabilities: UnsafeBufferPointer<Float>, into best: inout [Prediction]) {
    let background = probabilities.count == 1001 ? 1 : 0
    best.removeAll(keepingCapacity: true)
    best.reserveCapacity(count + 1)
    for index in background..<probabilities.count {
      let probability = probabilities[index]
      if best.count == count, let last = best.last, !isLikelier(probability, last.probability) { continue }
      var place = best.count
      while place > 0, isLikelier(probability, best[place - 1].probability) { place -= 1 }
      best.insert(Prediction(classIndex: index - background, probability: probability), at: place)
      if best.count > count { best.removeLast() }
    }
  }

  /// What is no number, as broken weights give it, comes last.
  @inline(__always)
  private static func isLikelier(_ a: Float, _ b: Float) -> Bool { a > b || (b.isNaN && !a.isNaN) }
}
