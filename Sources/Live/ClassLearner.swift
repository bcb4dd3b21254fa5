import MobileNet
import Model
import Platform
import Teaching

/// What a network makes of a class collection.
public struct Lesson: Sendable {
  /// Mean to take off the features.
  public var mean: [Float]
  public var classifier: TaughtClassifier
  /// What it was made of.
  public var support: SupportSet
  /// How well its classes are told apart, where somebody has looked.
  public var report: HeldOutReport?
  /// What the user should know of shots that were left out.
  public var remarks: [String]

  public init(
    mean: [Float], classifier: TaughtClassifier, support: SupportSet = SupportSet(), report: HeldOutReport? = nil,
    remarks: [String] = []
  ) {
    self.mean = mean
    self.classifier = classifier
    self.support = support
    self.report = report
    self.remarks = remarks
  }
}

/// Has each network that runs look at a class collection, away from the inference thread: turning a key never stops the
/// picture. Of several networks only the last one counts.
public final class ClassLearner: @unchecked Sendable {  // `learn` runs where `schedule` has it run: one at a time
  public struct Progress: Sendable, Hashable {
    public var done: Int
    public var total: Int

    public init(done: Int, total: Int) {
      self.done = done
      self.total = total
    }
  }

  /// Learns with a network of its own; returns `nil` where it was told not to go on.
  public typealias Learn = (Configuration, _ goesOn: (Progress) -> Bool) throws -> Lesson?

  private struct State {
    /// Until it is learnt.
    var wanted: Configuration?
    var progress: Progress
    var outcome: (configuration: Configuration, lesson: Result<Lesson, UserError>)?
  }

  private let learn: Learn
  private let schedule: @Sendable (@escaping @Sendable () -> Void) throws(UserError) -> Void
  private let state: Monitor<State>

  /// - Parameters:
  ///   - total: shots to look at, as far as that is known before one has begun.
  ///   - learn: is called for one network at a time.
  public convenience init(total: Int, learn: @escaping Learn) {
    let queue = SerialQueue(name: "learner")
    self.init(total: total, learn: learn) { (work) throws(UserError) in try queue.async(work) }
  }

  /// - Parameter schedule: has work done later, a piece at a time.
  package init(
    total: Int, learn: @escaping Learn,
    schedule: @escaping @Sendable (@escaping @Sendable () -> Void) throws(UserError) -> Void
  ) {
    state = Monitor(State(progress: Progress(done: 0, total: total)))
    self.learn = learn
    self.schedule = schedule
  }

  /// Learns at once, on the calling thread.
  /// - Throws: `UserError` where nothing can be learnt.
  public func learnNow(_ configuration: Configuration) throws {
    state.withLock { $0.wanted = configuration }
    work()
    let outcome = state.withLock { $0.outcome }
    if case .failure(let error) = outcome?.lesson { throw error }
  }

  /// Asks for a network's lesson, unless it is there or on its way.
  func want(_ configuration: Configuration) {
    let isNew = state.withLock { state in
      let isKnown =
        state.wanted == configuration || (state.wanted == nil && state.outcome?.configuration == configuration)
      if !isKnown { (state.wanted, state.progress.done) = (configuration, 0) }
      return !isKnown
    }
    guard isNew else { return }
    do throws(UserError) { try schedule { [self] in work() } } catch { finish(configuration, .failure(error)) }
  }

  /// The lesson of a network, or why there is none, once it is there. Whoever takes it has it: it may be changed, and the next one who wants
  /// it has the collection looked at anew.
  func takeOutcome(of configuration: Configuration) -> Result<Lesson, UserError>? {
    state.withLock { state in
      guard let outcome = state.outcome, outcome.configuration == configuration else { return nil }
      state.outcome = nil
      return outcome.lesson
    }
  }

  /// While a lesson is on its way.
  var progress: Progress? { state.withLock { $0.wanted == nil ? nil : $0.progress } }

  private func work() {
    guard let configuration = state.withLock({ $0.wanted }) else { return }
    do {
      let lesson = try learn(configuration) { progress in
        state.withLock { state in
          guard state.wanted == configuration else { return false }
          state.progress = progress
          return true
        }
      }
      if let lesson { finish(configuration, .success(lesson)) }
    } catch { finish(configuration, .failure(UserError("\(error)"))) }
  }

  private func finish(_ configuration: Configuration, _ lesson: Result<Lesson, UserError>) {
    state.withLock { state in
      guard state.wanted == configuration else { return }
      state.wanted = nil
      state.outcome = (configuration, lesson)
    }
  }
}
