import Synchronization

/// What became of a camera's controls, for as long as the camera is used: outlives its streams. Safe from any thread.
final class ControlMemory: Sendable {
  struct Found: Sendable {
    var id: UInt32
    var value: Int
  }
  private struct State {
    var found: [Found] = []
    var wanted: [ControlSetting] = []
  }
  private let state = Mutex(State())

  init(wanted: [ControlSetting] = []) { for setting in wanted { want(setting) } }

  /// What each new stream is given, in the order in which it was first asked for.
  var wanted: [ControlSetting] { state.withLock { $0.wanted } }

  func want(_ setting: ControlSetting) {
    state.withLock { state in
      if let index = state.wanted.firstIndex(where: { $0.name == setting.name }) {
        state.wanted[index] = setting
      } else {
        state.wanted.append(setting)
      }
    }
  }

  /// Keeps a control's value from before its first change; later ones are ours.
  func remember(_ id: UInt32, _ value: Int) {
    state.withLock { state in
      if !state.found.contains(where: { $0.id == id }) { state.found.append(Found(id: id, value: value)) }
    }
  }

  var hasFound: Bool { state.withLock { !$0.found.isEmpty } }

  /// What was found, in the order in which it was first changed; forgets it.
  func takeFound() -> [Found] {
    state.withLock { state in
      defer { state.found = [] }
      return state.found
    }
  }
}
