import Model
import ModelFiles

extension Prediction {
  /// The `count` likeliest classes, best first; of equal ones the lower index comes first, and
  /// what is no number last.
  /// - Parameter probabilities: `[1000]`, or `[1001]` with 'background' first, which is left out.
  /// - Parameter labels: where the labels come from; empty ones without.
  public static func top(
    _ count: Int, of probabilities: UnsafeBufferPointer<Float>, labels: Labels? = nil
  ) -> [Prediction] {
    var best: [Prediction] = []
    top(count, of: probabilities, labels: labels, into: &best)
    return best
  }

  /// The same into an array that is used again and again, so that nothing is allocated.
  public static func top(
    _ count: Int, of probabilities: UnsafeBufferPointer<Float>, labels: Labels? = nil, into best: inout [Prediction]
  ) {
    let background = probabilities.count == 1001 ? 1 : 0
    best.removeAll(keepingCapacity: true)
    best.reserveCapacity(count + 1)
    for index in background..<probabilities.count {
      let probability = probabilities[index]
      if best.count == count, let last = best.last, !isLikelier(probability, last.probability) { continue }
      var place = best.count
      while place > 0, isLikelier(probability, best[place - 1].probability) { place -= 1 }
      let classIndex = index - background
      let label = labels?.label(classIndex) ?? ""
      best.insert(Prediction(classIndex: classIndex, label: label, probability: probability), at: place)
      if best.count > count { best.removeLast() }
    }
  }

  /// What is no number, as broken weights give it, comes last.
  @inline(__always)
  private static func isLikelier(_ a: Float, _ b: Float) -> Bool { a > b || (b.isNaN && !a.isNaN) }
}
