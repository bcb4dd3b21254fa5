import Frames
import Platform

/// A camera's controls, through a descriptor of its own beside the stream's, or the stream's. What it finds before it changes
/// something it remembers, and puts back. Belongs to one thread.
public final class CameraControls {
  private let device: V4L2Device
  private let memory: ControlMemory

  init(device: V4L2Device, memory: ControlMemory) {
    self.device = device
    self.memory = memory
  }

  /// - Throws: `UserError` if the node cannot be opened.
  package init(path: String, calls: V4L2Calls) throws {
    do {
      device = try V4L2Device(path: path, calls: calls)
      memory = ControlMemory()
    } catch {
      throw CameraError.starting(path, error, calls)
    }
  }

  /// Controls that hold a number, in the driver's order; not those of other kinds, nor buttons.
  public func list() -> [CameraControl] { device.controls() }

  /// Sets a control by its name. The driver may round or clamp: the value that it took is returned.
  /// - Throws: `UserError`: no such control, a value that it does not have, refused.
  @discardableResult
  public func set(_ name: String, to value: Int) throws -> Int { try set(try control(name), to: value) }

  /// Sets a control to a number, to `on` or `off`, or to a menu's item by its name.
  @discardableResult
  public func set(_ name: String, to text: String) throws -> Int {
    try set(ControlSetting(name: name, value: text), among: list())
  }

  /// - Parameter controls: as they were read just now.
  @discardableResult
  func set(_ setting: ControlSetting, among controls: [CameraControl]) throws -> Int {
    let control = try control(setting.name, among: controls)
    return try set(control, to: try Self.value(of: setting.value, for: control))
  }

  /// Sets a control to the driver's own default.
  public func reset(_ name: String) throws {
    let control = try control(name)
    try set(control, to: control.defaultValue)
  }

  /// Puts every control back that was changed, the last one first: an automatic that was switched off to change what it
  /// rules comes back after it. What the driver refuses, a camera that is gone above all, stays as it is.
  public func restore() {
    let refused = memory.takeFound().reversed().filter { !takes($0.id, $0.value) }
    // What was ruled by another control, which is back by now.
    for found in refused { _ = takes(found.id, found.value) }
  }

  private func takes(_ id: UInt32, _ value: Int) -> Bool { (try? device.setControl(id, to: value)) != nil }

  /// Sets every control that can be changed to the driver's own default.
  /// - Returns: the names of those that the driver refused.
  func resetAll() -> [String] {
    var refused: [String] = []
    // Twice: an automatic that comes on in the first turn may set free what others rule.
    for _ in 0..<2 {
      refused = []
      for control in list() where control.lock == nil && control.value != control.defaultValue {
        if (try? set(control, to: control.defaultValue)) == nil { refused.append(control.name) }
      }
    }
    return refused
  }

  private func control(_ name: String) throws -> CameraControl { try control(name, among: list()) }

  private func control(_ name: String, among controls: [CameraControl]) throws -> CameraControl {
    guard let control = controls.first(where: { $0.name == name }) else {
      let names = controls.filter { $0.lock != .readOnly }.map(\.name).joined(separator: ", ")
      throw UserError(
        "\(device.path): the camera has no control '\(name)'. "
          + (names.isEmpty ? "It has none." : "It has \(names)."))
    }
    return control
  }

  /// - Parameter control: as it was read just now.
  @discardableResult
  func set(_ control: CameraControl, to value: Int) throws -> Int {
    guard control.allows(value) else { throw Self.impossible(String(value), control) }
    do {
      try device.setControl(control.id, to: value)
      memory.remember(control.id, control.value)
      return try device.control(control.id)
    } catch {
      throw UserError(
        "\(device.path): \(control.name) cannot be set to \(value) (\(control.lock?.message ?? error.message)).")
    }
  }

  private static func value(of text: String, for control: CameraControl) throws -> Int {
    if let number = Int(text) { return number }
    switch control.kind {
    case .boolean where text == "on": return 1
    case .boolean where text == "off": return 0
    case .menu(let items):
      if let item = items.first(where: { $0.name.lowercased() == text.lowercased() }) { return item.value }
    default: break
    }
    throw impossible(text, control)
  }

  private static func impossible(_ text: String, _ control: CameraControl) -> UserError {
    let choices =
      switch control.kind {
      case .integer(let range, let step):
        "a number from \(range.lowerBound) to \(range.upperBound)" + (step > 1 ? " in steps of \(step)" : "")
      case .boolean: "on or off"
      case .menu(let items): items.map { "'\($0.name)' (\($0.value))" }.joined(separator: ", ")
      }
    return UserError("\(control.name): expected \(choices), found '\(text)'.")
  }
}

extension CameraControl.Lock {
  /// What to do about it.
  var message: String {
    switch self {
    case .readOnly: "it can only be read"
    case .inactive: "another control rules it now; switch its automatic off first"
    case .grabbed: "the driver keeps it while the camera streams"
    }
  }
}
