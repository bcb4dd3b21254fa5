import MobileNet
import Model
import Platform

/// Builds networks away from the inference thread, so that turning a key never stops the picture.
final class Workshop: @unchecked Sendable {  // `store` and `teams` are touched on `queue` only, after the first network
  /// What was built last and not yet taken. A network belongs to one thread: the builder's until it is handed over here.
  private enum Outcome {
    case network(any RunnableNetwork, Configuration)
    case failure(String, Configuration)
  }
  private struct State {
    var wanted: Configuration?
    var outcome: Outcome?
    var surveyed: (network: (any RunnableNetwork)?, settings: Configuration)?
  }

  private let queue = SerialQueue(name: "workshop")
  private let store: ModelStore
  private var teams: [Int: WorkerTeam] = [:]
  private let state = Monitor(State())

  init(store: ModelStore) { self.store = store }

  /// Builds at once: for the first network, before anything is asked for.
  /// - Throws: `UserError` if there are no weights for these settings, or no thread can be started.
  func build(_ settings: Configuration) throws -> any RunnableNetwork {
    let team = try teams[settings.threads] ?? WorkerTeam(count: settings.threads)
    teams[settings.threads] = team
    return try store.network(settings, team: team)
  }

  /// Asks for a network; of several requests only the last one counts.
  func request(_ settings: Configuration) {
    state.withLock { $0.wanted = settings }
    do throws(UserError) {
      try queue.async { [self] in
        guard let settings = state.withLock({ $0.wanted }) else { return }
        let outcome: Outcome
        do {
          outcome = .network(try build(settings), settings)
        } catch {
          outcome = .failure("\(error)", settings)
        }
        finish(settings, outcome)
      }
    } catch {
      finish(settings, .failure(error.message, settings))
    }
  }

  private func finish(_ settings: Configuration, _ outcome: Outcome) {
    state.withLock { state in
      guard state.wanted == settings else { return }
      state.wanted = nil
      state.outcome = outcome
    }
  }

  /// The network that was asked for last, once it is ready; or why it cannot be had.
  func take() -> (network: (any RunnableNetwork)?, settings: Configuration, failure: String?)? {
    state.withLock { state in
      defer { state.outcome = nil }
      switch state.outcome {
      case nil: return nil
      case .network(let network, let settings): return (network, settings, nil)
      case .failure(let message, let settings): return (nil, settings, message)
      }
    }
  }

  /// Asks for a network that is to be measured and not shown; one at a time.
  func requestForSurvey(_ settings: Configuration) {
    do throws(UserError) {
      try queue.async { [self] in
        let network = try? build(settings)
        state.withLock { $0.surveyed = (network, settings) }
      }
    } catch {
      state.withLock { $0.surveyed = (nil, settings) }
    }
  }

  /// That network once it is ready; `nil` in it where it cannot be had.
  func takeForSurvey() -> (network: (any RunnableNetwork)?, settings: Configuration)? {
    state.withLock { state in
      defer { state.surveyed = nil }
      return state.surveyed
    }
  }
}
