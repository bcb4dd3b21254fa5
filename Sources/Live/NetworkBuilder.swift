import MobileNet
import Model
import Platform

/// Builds networks away from the inference thread, so that turning a key never stops the picture.
public final class NetworkBuilder: @unchecked Sendable {  // `make` runs where `schedule` has it run: one at a time
  private let make: (Configuration) throws -> any RunnableNetwork
  private let schedule: @Sendable (@escaping @Sendable () -> Void) throws(UserError) -> Void

  /// - Parameter make: builds a network; called for one at a time, away from the caller's thread after the first.
  public convenience init(make: @escaping (Configuration) throws -> any RunnableNetwork) {
    let queue = SerialQueue(name: "builder")
    self.init(make: make) { (work) throws(UserError) in try queue.async(work) }
  }

  /// - Parameter schedule: has work done later, a piece at a time.
  package init(
    make: @escaping (Configuration) throws -> any RunnableNetwork,
    schedule: @escaping @Sendable (@escaping @Sendable () -> Void) throws(UserError) -> Void
  ) {
    self.make = make
    self.schedule = schedule
  }

  /// Builds at once: for the first network, before anything is ordered.
  /// - Throws: `UserError` if there are no weights for it, or no thread can be started.
  public func build(_ configuration: Configuration) throws -> any RunnableNetwork { try make(configuration) }

  func makeOrder() -> NetworkOrder { NetworkOrder(builder: self) }

  fileprivate func build(_ order: NetworkOrder) {
    do throws(UserError) {
      try schedule { [self] in
        guard let configuration = order.wanted else { return }
        order.finish(configuration, Result { try make(configuration) }.mapError { UserError("\($0)") })
      }
    } catch {
      if let configuration = order.wanted { order.finish(configuration, .failure(error)) }
    }
  }
}

/// A place where one network at a time is ordered and fetched. Of several orders only the last one counts.
///
/// A network belongs to one thread: the builder's until it is taken here.
final class NetworkOrder: Sendable {
  typealias Outcome = (configuration: Configuration, network: Result<any RunnableNetwork, UserError>)
  private struct State {
    var wanted: Configuration?
    var outcome: Outcome?
  }

  private let builder: NetworkBuilder
  private let state = Monitor(State())

  fileprivate init(builder: NetworkBuilder) { self.builder = builder }

  func place(_ configuration: Configuration) {
    state.withLock { $0.wanted = configuration }
    builder.build(self)
  }

  /// The network that was ordered last, once it is ready; or why it cannot be had.
  func take() -> Outcome? {
    state.withLock { state in
      defer { state.outcome = nil }
      return state.outcome
    }
  }

  fileprivate var wanted: Configuration? { state.withLock { $0.wanted } }

  fileprivate func finish(_ configuration: Configuration, _ network: Result<any RunnableNetwork, UserError>) {
    state.withLock { state in
      guard state.wanted == configuration else { return }
      state.wanted = nil
      state.outcome = (configuration, network)
    }
  }
}
