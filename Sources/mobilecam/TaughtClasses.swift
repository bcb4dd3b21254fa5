import Glibc
import MobileNet
import Model
import NetworkSelection
import Platform
import Playback
import Teaching

/// The classes of a collection, as a network sees them.
struct TaughtClasses {
  let embedder: Embedder
  let support: SupportSet
  let report: HeldOutReport
  let classifier: TaughtClassifier

  /// - Throws: `UserError` where the folder is no collection, or there are no trained weights.
  init(_ collection: ClassCollection, _ network: any RunnableNetwork, in store: NetworkStore) throws {
    let total = collection.shotCount
    let isWatched = isatty(STDERR_FILENO) != 0 && total > 200
    defer { if isWatched { Output.overwriteLine("") } }
    try self.init(collection, network, in: store, remark: Output.tell) { done in
      if isWatched, done % 50 == 0 { Output.overwriteLine("looking at the shots: \(done) of \(total)") }
      return true
    }!
  }

  /// - Parameter mayBeEmpty: whether there need be no class yet.
  /// - Returns: `nil` where `progress` said no.
  init?(
    _ collection: ClassCollection, _ network: any RunnableNetwork, in store: NetworkStore, mayBeEmpty: Bool = false,
    remark: (String) -> Void, progress: (_ done: Int) -> Bool
  ) throws {
    try Self.check(network)
    let base = BaseSet(folder: (try? Assets.directory()).map { $0 + "/demo" })
    embedder = base.embedder(network, preprocessor: Preprocessor(kernels: store.kernels), collection: collection)
    let found = try SupportSet(
      collection, by: embedder, mayBeEmpty: mayBeEmpty, remark: remark, progress: progress)
    guard let support = found else { return nil }
    self.support = support
    report = HeldOutReport(support)
    classifier = TaughtClassifier(support, threshold: report.threshold)
  }

  /// Random features tell nothing apart.
  static func check(_ network: any RunnableNetwork) throws(UserError) {
    guard network.facts.isTrained else {
      throw UserError(
        "there are no trained weights for α = \(network.architecture.alpha.name): expected some, to see shots with; install them "
          + "(mobilecam weights install), or choose another --alpha or --weights")
    }
  }
}
