import MobileNet
import Platform

/// What the user turns while the program runs.
struct Settings: Sendable, Hashable {
  var alpha: Alpha
  var resolution: Int
  var precision: String
  var threads: Int

  /// All but the threads.
  var choice: NetworkChoice {
    get { NetworkChoice(pair: NetworkPair(alpha: alpha, resolution: resolution), precision: precision) }
    set {
      alpha = newValue.pair.alpha
      resolution = newValue.pair.resolution
      precision = newValue.precision
    }
  }
}

/// Builds networks away from the inference thread, so that turning a key never stops the picture.
final class Workshop: @unchecked Sendable {  // `store` and `teams` belong to the builder's thread, once it runs
  /// What was built last and not yet taken. A network belongs to one thread: the builder's until it is handed over here.
  private enum Outcome {
    case network(any RunnableNetwork, Settings)
    case failure(String, Settings)
  }
  private struct State {
    var isRunning = false
    var wanted: Settings?
    var outcome: Outcome?
    var wantedForSurvey: Settings?
    var surveyed: (network: (any RunnableNetwork)?, settings: Settings)?
  }

  private let store: ModelStore
  private var teams: [Int: WorkerTeam] = [:]
  private let state = Monitor(State())

  init(store: ModelStore) { self.store = store }

  /// Builds at once: for the first network, before anything is asked for.
  /// - Throws: `UserError` if there are no weights for these settings, or no thread can be started.
  func build(_ settings: Settings) throws -> any RunnableNetwork {
    let team = try teams[settings.threads] ?? WorkerTeam(count: settings.threads)
    teams[settings.threads] = team
    return try store.network(
      alpha: settings.alpha, resolution: settings.resolution, precision: settings.precision, team: team)
  }

  /// Asks for a network; of several requests only the last one counts.
  func request(_ settings: Settings) {
    state.withLock { $0.wanted = settings }
    wake()
  }

  /// The network that was asked for last, once it is ready; or why it cannot be had.
  func take() -> (network: (any RunnableNetwork)?, settings: Settings, failure: String?)? {
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
  func requestForSurvey(_ settings: Settings) {
    state.withLock { $0.wantedForSurvey = settings }
    wake()
  }

  /// That network once it is ready; `nil` in it where it cannot be had.
  func takeForSurvey() -> (network: (any RunnableNetwork)?, settings: Settings)? {
    state.withLock { state in
      defer { state.surveyed = nil }
      return state.surveyed
    }
  }

  // MARK: The builder's thread

  /// Starts the thread where it does not run yet. It lives as long as the program.
  private func wake() {
    let isFirst = state.withLock { state in
      defer { state.isRunning = true }
      return !state.isRunning
    }
    guard isFirst else { return state.signal() }
    do throws(UserError) {
      _ = try SystemThread(name: "workshop") { [self] in work() }
    } catch {
      state.withLock { state in
        state.isRunning = false
        if let settings = state.wanted { state.outcome = .failure(error.message, settings) }
        if let settings = state.wantedForSurvey { state.surveyed = (nil, settings) }
        (state.wanted, state.wantedForSurvey) = (nil, nil)
      }
    }
  }

  private func work() {
    while true {
      state.wait { $0.wanted != nil || $0.wantedForSurvey != nil }
      let (wanted, forSurvey) = state.withLock { ($0.wanted, $0.wantedForSurvey) }
      if let wanted {
        let outcome: Outcome
        do {
          outcome = .network(try build(wanted), wanted)
        } catch {
          outcome = .failure("\(error)", wanted)
        }
        state.withLock { state in
          // Another may have been asked for meanwhile.
          guard state.wanted == wanted else { return }
          state.wanted = nil
          state.outcome = outcome
        }
      } else if let forSurvey {
        let network = try? build(forSurvey)
        state.withLock { state in
          state.wantedForSurvey = nil
          state.surveyed = (network, forSurvey)
        }
      }
    }
  }
}
