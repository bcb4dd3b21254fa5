import Platform

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

  /// Why a control cannot be changed now.
  public enum Lock: String, Sendable, Hashable {
    case readOnly = "read-only"
    /// Has no effect: another control has taken over, as automatic exposure does with exposure.
    case inactive
    /// The driver keeps it while the camera streams.
    case grabbed = "in use"
  }

  /// As `v4l2-ctl` writes it: `white_balance_automatic`.
  public var name: String
  /// As the driver writes it: `White Balance, Automatic`.
  public var title: String
  public var kind: Kind
  public var value: Int
  public var defaultValue: Int
  /// `nil`: it can be changed.
  public var lock: Lock?
  package var id: UInt32

  /// - Parameter id: the driver's number.
  package init(
    name: String, title: String, kind: Kind, value: Int, defaultValue: Int, lock: Lock? = nil, id: UInt32 = 0
  ) {
    self.name = name
    self.title = title
    self.kind = kind
    self.value = value
    self.defaultValue = defaultValue
    self.lock = lock
    self.id = id
  }

  /// The value as people read it.
  public var valueText: String {
    switch kind {
    case .integer: String(value)
    case .boolean: value == 0 ? "off" : "on"
    case .menu(let items): items.first { $0.value == value }?.name ?? String(value)
    }
  }

  /// Where the value lies in its range, 0…1; `nil` for what has no range.
  public var share: Double? {
    guard case .integer(let range, _) = kind, range.upperBound > range.lowerBound else { return nil }
    return (Double(value) - Double(range.lowerBound)) / (Double(range.upperBound) - Double(range.lowerBound))
  }

  /// Whether the control has such a value.
  public func allows(_ value: Int) -> Bool {
    switch kind {
    case .integer(let range, _): range.contains(value)
    case .boolean: value == 0 || value == 1
    case .menu(let items): items.contains { $0.value == value }
    }
  }

  /// The value `steps` further, within what the control can be.
  public func value(after steps: Int) -> Int {
    switch kind {
    case .integer(let range, let step):
      // In at most a hundred steps from end to end.
      let stride = max(step, (range.upperBound &- range.lowerBound) / 100 / max(step, 1) * step)
      let (next, overflow) = value.addingReportingOverflow(steps.multipliedSaturating(by: stride))
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
