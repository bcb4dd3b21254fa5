/// Rounds the weights of one output channel to −127 … 127 steps.
///
/// Behind a ReLU the mean of every input is far from zero, and rounding errors that do not cancel shift the channel's output
/// by the same amount in every image. So they are made to cancel: the weights that lie nearest to the middle of two steps go
/// to the other one, until Σ error × mean of the input is as good as zero. Most of what MobileNet loses by
/// rounding to the nearest step it loses here.
struct WeightRounding {
  /// Each input's share of a shift: its mean; all zero where means do not matter.
  var importance: [Float]
  /// For inputs that are neighbours and so nearly equal: the scale is chosen such that the sum of the weights is a whole
  /// number of steps, and Σ error exactly zero.
  var keepsSum: Bool

  /// Steps of the last channel and their sum.
  private(set) var steps: [Int16] = []
  private(set) var sum = 0
  /// rounded − exact, in steps.
  private var errors: [Float] = []
  private var candidates: [Int] = []

  init(importance: [Float], keepsSum: Bool) {
    self.importance = importance
    self.keepsSum = keepsSum
    steps = Array(repeating: 0, count: importance.count)
    errors = Array(repeating: 0, count: importance.count)
  }

  /// - Parameter leastScale: above 0.
  /// - Returns: the scale: weight ≈ scale × steps.
  mutating func round(_ weights: [Double], leastScale: Double) -> Double {
    let largest = weights.reduce(0) { max($0, abs($1)) }
    var scale = max(largest / 127, leastScale)
    if keepsSum {
      let exactSum = abs(weights.reduce(0, +))
      let whole = (exactSum / scale).rounded(.down)
      // With a smaller sum the steps would grow by more than an eighth.
      if whole >= 8 { scale = exactSum / whole }
    }
    var drift: Float = 0
    sum = 0
    for k in weights.indices {
      let exact = weights[k] / scale
      let rounded = min(max(exact.rounded(.toNearestOrEven), -127), 127)
      errors[k] = Float(rounded - exact)
      drift += errors[k] * importance[k]
      steps[k] = Int16(rounded)
      sum += Int(rounded)
    }
    remove(drift)
    return scale
  }

  /// Moves weights by one step against the drift, those first whose error grows least for what they move.
  private mutating func remove(_ drift: Float) {
    let direction: Float = drift < 0 ? -1 : 1
    var drift = abs(drift)
    candidates.removeAll(keepingCapacity: true)
    for k in errors.indices where errors[k] * direction > 0.2 && importance[k] > 0 { candidates.append(k) }
    func cost(_ k: Int) -> Float { (1 - 2 * abs(errors[k])) / importance[k] }
    candidates.sort { (cost($0), $0) < (cost($1), $1) }
    for k in candidates where abs(drift - importance[k]) < drift {
      let moved = steps[k] - Int16(direction)
      guard (-127...127).contains(moved) else { continue }
      steps[k] = moved
      sum -= Int(direction)
      drift -= importance[k]
      if drift <= 0 { return }
    }
  }
}
