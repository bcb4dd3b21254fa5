import CV4L2
import Frames
import Glibc

/// One thing of a camera that can be turned: brightness, exposure, focus …
public struct CameraControl: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    case integer(ClosedRange<Int>, step: Int)
    case boolean
    /// Values and their names, in order.
    case menu([MenuItem])
  }

  public struct MenuItem: Sendable, Hashable {
    public var value: Int
    public var name: String
  }

  /// As `v4l2-ctl` writes it: `white_balance_automatic`.
  public var name: String
  /// As the driver writes it: `White Balance, Automatic`.
  public var title: String
  public var kind: Kind
  public var value: Int
  public var standard: Int
  /// Has no effect now: another control has taken over, as automatic exposure does with exposure.
  public var isInactive: Bool
  package var id: UInt32

  /// The value as people read it.
  public var valueText: String {
    switch kind {
    case .integer: String(value)
    case .boolean: value == 0 ? "off" : "on"
    case .menu(let items): items.first { $0.value == value }?.name ?? String(value)
    }
  }

  /// The value `steps` further, within what the control can be.
  public func value(after steps: Int) -> Int {
    switch kind {
    case .integer(let range, let step):
      // In at most a hundred steps from end to end.
      let stride = max(step, (range.upperBound &- range.lowerBound) / 100 / max(step, 1) * step)
      let (next, overflow) = value.addingReportingOverflow(steps * stride)
      return overflow ? value : min(max(next, range.lowerBound), range.upperBound)
    case .boolean: return value == 0 ? 1 : 0
    case .menu(let items):
      let index = items.firstIndex { $0.value == value } ?? 0
      return items.isEmpty ? value : items[min(max(index + steps, 0), items.count - 1)].value
    }
  }
}

/// A value that a user wants a control to have.
public struct ControlSetting: Sendable, Hashable {
  public var name: String
  /// A number, `on` or `off`, or a menu item's name.
  public var value: String

  public init(name: String, value: String) {
    self.name = name
    self.value = value
  }
}

/// A camera's controls, through a descriptor of its own beside the stream's, or the stream's. Remembers what it found before it changed
/// something, and puts that back. Belongs to one thread.
public final class CameraControls {
  private let device: V4L2Device
  /// Values found, in the order in which they were first changed.
  private var found: [(id: UInt32, value: Int)] = []

  /// - Throws: `UserError` if the node cannot be opened.
  public convenience init(path: String) throws { try self.init(path: path, calls: .live) }

  init(device: V4L2Device) { self.device = device }

  package init(path: String, calls: V4L2Calls) throws {
    do {
      device = try V4L2Device(path: path, calls: calls)
    } catch {
      throw CameraError.starting(path, error, calls)
    }
  }

  /// Controls that hold a number, in the driver's order; not those of other kinds, nor buttons, nor what cannot be changed.
  public func list() -> [CameraControl] { device.controls() }

  /// Sets a control by its name. The driver may round or clamp: the value that it took is returned.
  /// - Throws: `UserError`: no such control, a value that it does not have, refused.
  @discardableResult
  public func set(_ name: String, to value: Int) throws -> Int { try set(try control(name), to: value) }

  /// Sets a control to a number, to `on` or `off`, or to a menu's item by its name.
  @discardableResult
  public func set(_ name: String, to text: String) throws -> Int {
    let control = try control(name)
    return try set(control, to: try Self.value(of: text, for: control))
  }

  /// Sets a control to the driver's own default.
  public func reset(_ name: String) throws {
    let control = try control(name)
    try set(control, to: control.standard)
  }

  /// Puts every control back that was changed, the last one first: an automatic that was switched off to change what it
  /// rules comes back after it. What the driver refuses, a camera that is gone above all, stays as it is.
  public func restore() {
    for (id, value) in found.reversed() { try? device.setControl(id, to: value) }
    found = []
  }

  private func control(_ name: String) throws -> CameraControl {
    let controls = list()
    guard let control = controls.first(where: { $0.name == name }) else {
      let names = controls.map(\.name).joined(separator: ", ")
      throw UserError(
        "\(device.path): the camera has no control '\(name)'. "
          + (names.isEmpty ? "It has none." : "It has \(names)."))
    }
    return control
  }

  @discardableResult
  private func set(_ control: CameraControl, to value: Int) throws -> Int {
    let isPossible =
      switch control.kind {
      case .integer(let range, _): range.contains(value)
      case .boolean: value == 0 || value == 1
      case .menu(let items): items.contains { $0.value == value }
      }
    guard isPossible else { throw Self.impossible(String(value), control) }
    do {
      try device.setControl(control.id, to: value)
      if !found.contains(where: { $0.id == control.id }) { found.append((control.id, control.value)) }
      return try device.control(control.id)
    } catch {
      let why = control.isInactive ? "another control rules it now; switch its automatic off first" : error.words
      throw UserError("\(device.path): \(control.name) cannot be set to \(value) (\(why)).")
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

extension V4L2Device {
  func controls() -> [CameraControl] {
    var controls: [CameraControl] = []
    var id: UInt32 = 0
    while controls.count < 256 {
      var raw = v4l2_query_ext_ctrl()
      raw.id = id | UInt32(V4L2_CTRL_FLAG_NEXT_CTRL)
      guard (try? request("VIDIOC_QUERY_EXT_CTRL", cv4l2_QUERY_EXT_CTRL, &raw)) != nil, raw.id > id else { break }
      id = raw.id
      let unusable = UInt32(V4L2_CTRL_FLAG_DISABLED | V4L2_CTRL_FLAG_READ_ONLY | V4L2_CTRL_FLAG_WRITE_ONLY)
      guard raw.flags & unusable == 0, let kind = kind(of: raw), let value = try? control(id) else { continue }
      let title = text(of: raw.name)
      controls.append(
        CameraControl(
          name: Self.name(of: title), title: title, kind: kind, value: value, standard: Int(raw.default_value),
          isInactive: raw.flags & UInt32(V4L2_CTRL_FLAG_INACTIVE) != 0, id: id))
    }
    return controls
  }

  func control(_ id: UInt32) throws(CallError) -> Int {
    var raw = v4l2_control(id: id, value: 0)
    try request("VIDIOC_G_CTRL", cv4l2_G_CTRL, &raw)
    return Int(raw.value)
  }

  func setControl(_ id: UInt32, to value: Int) throws(CallError) {
    var raw = v4l2_control(id: id, value: Int32(clamping: value))
    try request("VIDIOC_S_CTRL", cv4l2_S_CTRL, &raw)
  }

  private func kind(of raw: v4l2_query_ext_ctrl) -> CameraControl.Kind? {
    switch raw.type {
    case V4L2_CTRL_TYPE_BOOLEAN.rawValue: return .boolean
    case V4L2_CTRL_TYPE_INTEGER.rawValue:
      guard raw.minimum <= raw.maximum else { return nil }
      return .integer(Int(raw.minimum)...Int(raw.maximum), step: max(1, Int(raw.step)))
    case V4L2_CTRL_TYPE_MENU.rawValue, V4L2_CTRL_TYPE_INTEGER_MENU.rawValue:
      let isNumbers = raw.type == V4L2_CTRL_TYPE_INTEGER_MENU.rawValue
      // A menu may have gaps.
      return .menu(
        (max(0, raw.minimum)...max(0, min(raw.maximum, 255))).compactMap { index in
          var item = v4l2_querymenu()
          item.id = raw.id
          item.index = UInt32(index)
          guard (try? request("VIDIOC_QUERYMENU", cv4l2_QUERYMENU, &item)) != nil else { return nil }
          return CameraControl.MenuItem(
            value: Int(index), name: isNumbers ? String(cv4l2_menu_value(&item)) : text(of: item.name))
        })
    default: return nil
    }
  }

  /// Letters and digits in small letters, everything between them one `_`: as v4l2-ctl names controls.
  static func name(of title: String) -> String {
    title.split { !$0.isASCII || !($0.isLetter || $0.isNumber) }.joined(separator: "_").lowercased()
  }
}
