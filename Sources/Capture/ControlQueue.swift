import Frames
import Glibc
import Platform
import Synchronization

/// A camera's controls for somebody who must not wait, such as a screen: each request returns at once and is carried out by a
/// queue of its own, beside the stream and the inference. Safe from any thread.
///
/// What is set here is given to the camera again when it comes back after a fault.
public final class ControlQueue: Sendable {
  /// What is known of the controls.
  public struct State: Sendable, Hashable {
    /// In the driver's order; the last known ones while the camera is away.
    public var controls: [CameraControl] = []
    /// What the user should know: what was refused, or why nothing can be read.
    public var message: String?
    /// Unplugged, or its node cannot be opened now.
    public var isAway = false
    /// Whether the camera has been asked yet.
    public var isKnown = false

    package init() {}
  }

  private struct Work {
    var known = State()
    var camera: CameraIdentity?
    /// Asked for and not yet taken by the camera, in order.
    var pending: [(name: String, value: Int)] = []
    var resetsAll = false
    var isQueued = false
    /// Whether a change was asked for since the start.
    var hasAsked = false

    mutating func show(_ name: String, _ value: Int) {
      guard let index = known.controls.firstIndex(where: { $0.name == name }) else { return }
      known.controls[index].value = value
    }
  }

  let memory: ControlMemory
  private let path: String
  private let keeps: Bool
  private let calls: V4L2Calls
  private let queue = SerialQueue(name: "controls")
  private let work = Mutex(Work())
  /// Counts the stops: who sees it change has nobody left to work for.
  private let stops = Atomic(0)

  init(path: String, wish: StreamWish, calls: V4L2Calls) {
    self.path = path
    self.calls = calls
    keeps = wish.keepsControls
    memory = ControlMemory(wanted: wish.controls)
  }

  public var state: State { work.withLock { $0.known } }

  /// Asks for the controls to be read again.
  public func refresh() { ask { _ in } }

  /// Turns a control by so many steps (see `CameraControl.value(after:)`).
  public func turn(_ name: String, by steps: Int) { change(name) { $0.value(after: steps) } }

  /// Sets a control to the driver's own default.
  public func reset(_ name: String) { change(name) { $0.defaultValue } }

  /// Sets all controls to their defaults.
  public func resetAll() {
    ask { work in
      work.hasAsked = true
      work.known.message = nil
      work.pending = []
      work.resetsAll = true
    }
  }

  private func change(_ name: String, to value: @Sendable (CameraControl) -> Int) {
    ask { work in
      guard let control = work.known.controls.first(where: { $0.name == name }) else { return }
      if let lock = control.lock {
        work.known.message = "\(control.title): \(lock.message)"
        return
      }
      let wanted = value(control)
      work.hasAsked = true
      work.known.message = nil
      // Shown at once: the next key goes on from here.
      work.show(name, wanted)
      work.pending.removeAll { $0.name == name }
      work.pending.append((name, wanted))
      memory.want(ControlSetting(name: name, value: String(wanted)))
      if work.known.isAway { memory.remember(control.id, control.value) }
    }
  }

  /// Changes the state and has the queue work on it, once for all that was asked meanwhile.
  private func ask(_ change: (inout Work) -> Void) {
    let isNew = work.withLock { work in
      change(&work)
      defer { work.isQueued = true }
      return !work.isQueued
    }
    guard isNew else { return }
    do throws(UserError) {
      let isWanted = wanted()
      try queue.async { [self] in carryOut(while: isWanted) }
    } catch {
      // What was asked for waits for the next request.
      work.withLock { work in
        work.isQueued = false
        work.known.message = error.message
      }
    }
  }

  // MARK: Of the camera

  /// The camera is there, maybe at another node than before.
  func cameraIs(_ camera: CameraIdentity) { work.withLock { $0.camera = camera } }

  /// Sets what is wanted, beside the stream.
  /// - Parameters:
  ///   - patience: how long to wait for it; a camera may take seconds, and the stream does not wait for them.
  ///   - late: takes what the camera refused after that.
  /// - Throws: `UserError`: no such control, or a value that the camera refuses.
  func give(within patience: Nanoseconds, late: @escaping @Sendable (UserError) -> Void) throws(UserError) {
    guard !memory.wanted.isEmpty else { return }
    enum Outcome { case waitedFor, done(UserError?), late }
    let outcome = Monitor(Outcome.waitedFor)
    let isWanted = wanted()
    try queue.async { [self] in
      let refusal = giveWanted(while: isWanted)
      let isLate = outcome.withLock { outcome in
        if case .late = outcome { return true }
        outcome = .done(refusal)
        return false
      }
      outcome.signal()
      if isLate, let refusal { late(refusal) }
    }
    var refusal: UserError?
    outcome.wait(until: .now() + patience) { outcome in
      guard case .done(let found) = outcome else { return false }
      refusal = found
      return true
    }
    outcome.withLock { if case .waitedFor = $0 { $0 = .late } }
    if let refusal { throw refusal }
  }

  /// The camera is back after a fault: it is given what is wanted. One without its brightness is better than none, so nobody
  /// hears of what it refuses.
  func giveAgain() {
    guard !memory.wanted.isEmpty else { return }
    let isWanted = wanted()
    try? queue.async { [self] in _ = giveWanted(while: isWanted) }
  }

  /// - Returns: the first refusal, after which nothing more is set.
  private func giveWanted(while isWanted: @Sendable () -> Bool) -> UserError? {
    do {
      let device = try openCamera()
      let controls = CameraControls(device: device, memory: memory)
      let list = device.controls(while: isWanted)
      for setting in memory.wanted {
        guard isWanted() else { return nil }
        try controls.set(setting, among: list)
      }
      return nil
    } catch let error as CallError {
      return error.isGone ? nil : CameraError.starting(path, error, calls)
    } catch {
      return isWanted() ? error as? UserError : nil
    }
  }

  /// Whether nobody has stopped the queue since now.
  private func wanted() -> @Sendable () -> Bool {
    let now = stops.load(ordering: .sequentiallyConsistent)
    return { [self] in stops.load(ordering: .sequentiallyConsistent) == now }
  }

  /// Puts back what was found before the first change; where that is to be kept, carries out what was asked for instead.
  /// A look at all controls that is going on is broken off: a camera may take seconds for it.
  func close() {
    let hasWork = work.withLock { work in
      defer { work.hasAsked = false }
      if keeps { return !work.pending.isEmpty || work.resetsAll }
      (work.pending, work.resetsAll) = ([], false)
      return work.hasAsked || !memory.wanted.isEmpty
    }
    if !keeps || !hasWork { stops.add(1, ordering: .sequentiallyConsistent) }
    guard hasWork else { return }
    queue.sync {
      if keeps { return carryOut { true } }
      guard memory.hasFound, let device = try? openCamera() else { return }
      CameraControls(device: device, memory: memory).restore()
    }
  }

  // MARK: On the queue

  /// - Parameter isWanted: whether somebody still waits for it.
  private func carryOut(while isWanted: @Sendable () -> Bool) {
    let (pending, resetsAll) = work.withLock { work in
      defer {
        work.isQueued = false
        work.resetsAll = false
      }
      return (work.pending, work.resetsAll)
    }
    do {
      let device = try openCamera()
      let controls = CameraControls(device: device, memory: memory)
      var message: String?
      var list = device.controls(while: isWanted)
      for (name, value) in pending {
        guard let control = list.first(where: { $0.name == name }), control.value != value else { continue }
        do { try controls.set(control, to: value) } catch { message = "\(error)" }
      }
      if resetsAll {
        let refused = controls.resetAll()
        if !refused.isEmpty { message = "not reset: \(refused.joined(separator: ", "))" }
      }
      if !pending.isEmpty || resetsAll { list = device.controls(while: isWanted) }
      guard isWanted() else { return }
      // A camera that went away meanwhile refuses everything.
      _ = try device.capability()
      if resetsAll {
        for control in list where control.lock == nil {
          memory.want(ControlSetting(name: control.name, value: String(control.value)))
        }
      }
      show(list, message, done: pending)
    } catch {
      work.withLock { work in
        work.known.isKnown = true
        work.known.isAway = true
        work.known.message = error.isGone ? nil : CameraError.starting(path, error, calls).message
      }
    }
  }

  private func show(_ list: [CameraControl], _ message: String?, done: [(name: String, value: Int)]) {
    work.withLock { work in
      work.pending.removeAll { pending in done.contains { $0 == pending } }
      work.known.controls = list
      work.known.isKnown = true
      work.known.isAway = false
      if let message { work.known.message = message }
      for (name, value) in work.pending { work.show(name, value) }
    }
  }

  /// Without libv4l: only to read and set. Kept open for no longer than that, so that an unplugged camera finds its number free.
  /// - Throws: `CallError`; as for a camera that is gone if the node belongs to another one now.
  private func openCamera() throws(CallError) -> V4L2Device {
    let camera = work.withLock { $0.camera }
    let device = try V4L2Device(path: camera?.path ?? path, calls: calls, isLook: true)
    let found = try device.capability()
    if let camera, found.card != camera.card || found.bus != camera.bus {
      throw CallError(call: "open", code: ENODEV)
    }
    return device
  }
}
