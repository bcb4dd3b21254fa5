/// The embeddings of a collection's shots, by class and burst: what few-shot learning calls the support set.
public struct SupportSet: Sendable {
  public struct Class: Sendable {
    public let name: String
    /// `[bursts][shots]`
    public var bursts: [[Embedding]]

    public init(name: String, bursts: [[Embedding]]) {
      self.name = name
      self.bursts = bursts
    }

    public var shotCount: Int { bursts.reduce(0) { $0 + $1.count } }
  }

  public var classes: [Class]
  /// Bursts of what is none of the classes.
  public var none: [[Embedding]]
  /// Mean length of the shots' features, less the mean; 0 where nobody measured it.
  public var featureLength: Float = 0

  public init(classes: [Class] = [], none: [[Embedding]] = []) {
    self.classes = classes
    self.none = none
  }
}
