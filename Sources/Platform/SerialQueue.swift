/// Work that is done one piece after another, on a thread that lives as long as there is some.
///
/// (libdispatch's queues wait for ever where the system gives them no thread; here that is an error.)
public final class SerialQueue: Sendable {
  private struct State {
    var waiting: [@Sendable () -> Void] = []
    /// Whether somebody works: the thread, or a caller of `sync`.
    var isBusy = false
  }

  private let name: String
  private let state = Monitor(State())

  /// - Parameter name: of the thread, at most 15 bytes.
  public init(name: String) { self.name = name }

  /// Does the work later; returns at once.
  /// - Throws: `UserError` where the system gives no thread for it: then it is not done.
  public func async(_ work: @escaping @Sendable () -> Void) throws(UserError) {
    let needsThread = state.withLock { state in
      state.waiting.append(work)
      defer { state.isBusy = true }
      return !state.isBusy
    }
    guard needsThread else { return }
    do throws(UserError) {
      _ = try SystemThread(name: name) { [self] in workOff() }
    } catch {
      state.withLock { state in
        state.waiting.removeLast()
        state.isBusy = false
      }
      state.signal()
      throw error
    }
  }

  /// Does the work on the calling thread, after all that was asked for before.
  public func sync<T>(_ work: () -> T) -> T {
    state.wait { state in
      guard !state.isBusy else { return false }
      state.isBusy = true
      return true
    }
    defer { workOff() }
    return work()
  }

  private func workOff() {
    while let work = next() { work() }
    state.signal()
  }

  private func next() -> (@Sendable () -> Void)? {
    state.withLock { state in
      if state.waiting.isEmpty {
        state.isBusy = false
        return nil
      }
      return state.waiting.removeFirst()
    }
  }
}
