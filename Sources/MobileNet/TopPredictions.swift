import Model
import ModelFiles

extension Prediction {
  /// The `count` likeliest classes, best first; of equal ones the lower index comes first, and
  /// what is no number last.
  /// - Parameter probabilities: one for each output of a network.
  /// - Parameter labels: its classes' names, and whether its first output is a background, which is left out; without them
  ///   labels are empty, and of 1001 outputs the first is left out.
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
    let background = labels?.background ?? Labels.background(probabilities.count)
    best.removeAll(keepingCapacity: true)
    best.reserveCapacity(min(count, probabilities.count) + 1)
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
