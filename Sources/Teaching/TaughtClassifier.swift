import Model

/// Classes made of a few shots each, without training: a burst is the direction of the mean of its shots' embeddings (weight
/// imprinting: Qi, Brown, Lowe, 2018, arXiv 1712.07136), and a class is as near as the nearest of its bursts. (One direction for a whole
/// class tells strangers from it less well: what was seen from two sides is not what lies between them.)
public struct TaughtClassifier: Sendable {
  /// A class has at most so many directions, so that an answer takes no time: of more bursts some share one.
  public static let mostDirections = 16

  public private(set) var names: [String] = []
  /// Of each class of `names`.
  private var directions: [Directions] = []
  /// Shots of what is none of the classes.
  private var none: [Embedding] = []
  /// Of the best cosine, from which on it counts.
  public var threshold: Float

  public init(threshold: Float) { self.threshold = threshold }

  public init(_ support: SupportSet, threshold: Float) {
    self.init(threshold: threshold)
    for group in support.classes {
      for (number, burst) in group.bursts.enumerated() {
        for shot in burst { add(shot, to: group.name, burst: number) }
      }
    }
    for shot in support.none.joined() { addNone(shot) }
  }

  public var isEmpty: Bool { names.isEmpty }

  /// - Parameter burst: its number in the class, from 0 on.
  public mutating func add(_ shot: Embedding, to name: String, burst: Int) {
    let index = names.firstIndex(of: name) ?? names.count
    if index == names.count {
      names.append(name)
      directions.append(Directions())
    }
    directions[index].add(shot, burst: burst)
  }

  public mutating func addNone(_ shot: Embedding) { none.append(shot) }

  /// Of each class of `names`, how near it is.
  public func cosines(of picture: Embedding) -> [Float] { directions.map { $0.nearest(to: picture) } }

  /// - Parameter count: how many classes to tell of.
  public func answer(_ picture: Embedding, count: Int = 5) -> TaughtAnswer {
    var top: [Match] = []
    for (name, cosine) in zip(names, cosines(of: picture)) {
      let match = Match(label: name, cosine: cosine)
      let place = top.firstIndex { $0.cosine < match.cosine } ?? top.count
      guard place < count else { continue }
      top.insert(match, at: place)
      if top.count > count { top.removeLast() }
    }
    let best = top.first?.cosine ?? -1
    return TaughtAnswer(top: top, isNone: best < threshold || none.contains { $0.dot(picture) > best })
  }
}

/// The directions of one class's bursts.
struct Directions: Sendable {
  private var sums: [Embedding] = []
  private var unit: [Embedding] = []

  /// The place of a burst among them.
  static func place(_ burst: Int) -> Int { burst % TaughtClassifier.mostDirections }

  mutating func add(_ shot: Embedding, burst: Int) {
    let place = Self.place(burst)
    while sums.count <= place {
      sums.append(Embedding(zero: shot.values.count))
      unit.append(sums[sums.count - 1])
    }
    sums[place].add(shot)
    unit[place] = sums[place].normalised
  }

  init() {}

  init(_ bursts: [[Embedding]]) {
    for (number, burst) in bursts.enumerated() { for shot in burst { add(shot, burst: number) } }
  }

  /// What is left when a burst is taken out.
  func without(_ burst: [Embedding], number: Int) -> Directions {
    var rest = self
    let place = Self.place(number)
    for shot in burst { rest.sums[place].add(shot, times: -1) }
    // Rounding leaves something of nothing.
    let isAlone = rest.sums[place].dot(rest.sums[place]) < 1e-6
    if isAlone { rest.sums[place] = Embedding(zero: rest.sums[place].values.count) }
    rest.unit[place] = rest.sums[place].normalised
    return rest
  }

  /// The largest cosine; −1 without any direction.
  func nearest(to picture: Embedding) -> Float {
    unit.reduce(-1) { $1.isZero ? $0 : max($0, $1.dot(picture)) }
  }
}
