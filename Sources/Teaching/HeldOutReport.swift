/// How well classes are told apart, measured by leaving bursts out: each burst is answered by what was learnt without it.
/// (Leaving out single shots would flatter: the others of its burst are nearly the same picture.)
public struct HeldOutReport: Sendable {
  public struct Class: Sendable, Hashable {
    public let name: String
    public let bursts: Int
    public let shots: Int
    /// Of the shots that were left out with their burst; 0 of 0 where there are fewer than two bursts.
    public let right: Int
    public let count: Int
    public var isEnough: Bool { bursts >= HeldOutReport.enoughBursts }
  }

  /// Shots of one class that were taken for another, or for none.
  public struct Confusion: Sendable, Hashable {
    public let shown: String
    public let answered: String
    public let count: Int
  }

  /// With one burst there is nothing to test with.
  public static let enoughBursts = 2

  public let classes: [Class]
  public let right: Int
  public let count: Int
  /// Of the proportion right / count, at 95 %; a burst counts as one observation. `nil` where nothing could be left out.
  public let interval: ClosedRange<Double>?
  /// Of a class that is shown and is not `right`; most first.
  public let confusions: [Confusion]
  public let threshold: Float
  /// Whether bursts could be left out to set it.
  public let isThresholdMeasured: Bool
  /// Shots of `none` that pass for a class where their burst is left out, of so many.
  public let strangersTaken: Int
  public let strangers: Int

  public var isEnough: Bool { !classes.isEmpty && classes.allSatisfy(\.isEnough) }
  public var accuracy: Double? { count > 0 ? Double(right) / Double(count) : nil }

  public init(_ support: SupportSet) {
    // Nothing is learnt anew: a burst's shots are taken off its class.
    let known = support.classes.map { Directions($0.bursts) }
    var tally: [Int: (right: Int, count: Int)] = [:]
    var missed: [Pair: Int] = [:]
    var (own, strange) = ([Float](), [Float]())
    var heldOut = 0
    for (index, group) in support.classes.enumerated() {
      for (number, burst) in group.bursts.enumerated() {
        let without = group.bursts.count < Self.enoughBursts ? nil : known[index].without(burst, number: number)
        if without != nil { heldOut += 1 }
        for shot in burst {
          var others: (cosine: Float, index: Int?) = (-1, nil)
          for (other, directions) in known.enumerated() where other != index {
            let cosine = directions.nearest(to: shot)
            if cosine > others.cosine { others = (cosine, other) }
          }
          // With its own class left out it is a stranger.
          if others.index != nil { strange.append(others.cosine) }
          guard let without else { continue }
          let cosine = without.nearest(to: shot)
          own.append(cosine)
          let isRight = cosine >= others.cosine
          tally[index, default: (0, 0)].count += 1
          if isRight { tally[index, default: (0, 0)].right += 1 }
          if !isRight, let other = others.index {
            missed[Pair(shown: group.name, answered: support.classes[other].name), default: 0] += 1
          }
        }
      }
    }
    let none = support.none.joined().map { shot in known.reduce(-1) { max($0, $1.nearest(to: shot)) } }
    (threshold, isThresholdMeasured) = Self.threshold(own: own, strangers: strange + none)
    classes = support.classes.enumerated().map { index, group in
      let (right, count) = tally[index] ?? (0, 0)
      return Class(name: group.name, bursts: group.bursts.count, shots: group.shotCount, right: right, count: count)
    }
    right = tally.values.reduce(0) { $0 + $1.right }
    count = tally.values.reduce(0) { $0 + $1.count }
    interval = count > 0 ? Self.interval(Double(right) / Double(count), observations: heldOut) : nil
    confusions = missed.map { Confusion(shown: $0.shown, answered: $0.answered, count: $1) }
      .sorted { ($1.count, $0.shown, $0.answered) < ($0.count, $1.shown, $1.answered) }
    strangers = none.count
    strangersTaken = Self.strangersTaken(support.none, none, threshold: threshold)
  }

  private struct Pair: Hashable {
    var shown: String
    var answered: String
  }

  /// The usual threshold, where nothing was measured.
  public static let usualThreshold: Float = 0.6

  /// Half way between the median cosines of what was left out and of strangers; a few bursts tell it roughly, so that the usual
  /// one weighs as much.
  private static func threshold(own: [Float], strangers: [Float]) -> (Float, isMeasured: Bool) {
    guard let own = median(own), let strangers = median(strangers) else { return (usualThreshold, false) }
    return (((own + strangers) / 2 + usualThreshold) / 2, true)
  }

  private static func median(_ values: [Float]) -> Float? {
    let sorted = values.sorted()
    return sorted.isEmpty ? nil : (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }

  /// Each burst of `none` is shown to what knows the others of its kind.
  private static func strangersTaken(_ none: [[Embedding]], _ nearest: [Float], threshold: Float) -> Int {
    var taken = 0
    var place = 0
    for (index, burst) in none.enumerated() {
      for shot in burst {
        let best = nearest[place]
        place += 1
        guard best >= threshold else { continue }
        let isKnown = none.enumerated().contains { other, shots in
          other != index && shots.contains { $0.dot(shot) > best }
        }
        if !isKnown { taken += 1 }
      }
    }
    return taken
  }

  /// Wilson's interval of a proportion at 95 % (Wilson, 1927; Brown, Cai, DasGupta, 2001).
  static func interval(_ proportion: Double, observations: Int) -> ClosedRange<Double> {
    let (z, n) = (1.959964, Double(observations))
    let centre = (proportion + z * z / (2 * n)) / (1 + z * z / n)
    let half = z / (1 + z * z / n) * (proportion * (1 - proportion) / n + z * z / (4 * n * n)).squareRoot()
    return max(0, min(centre - half, proportion))...min(1, max(centre + half, proportion))
  }
}
