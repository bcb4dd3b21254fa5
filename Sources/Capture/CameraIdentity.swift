import Platform

/// What /sys tells of a node.
package struct NodeFacts: Sendable, Hashable {
  /// Which of its device's nodes it is; `nil` where /sys does not say.
  package var index: Int?
  package var usb: USBDevice?

  package init(index: Int? = nil, usb: USBDevice? = nil) {
    self.index = index
    self.usb = usb
  }
}

/// The USB device behind a node.
package struct USBDevice: Sendable, Hashable {
  /// Four hexadecimal digits each.
  package var vendor: String
  package var product: String
  package var serial: String?

  package init(vendor: String, product: String, serial: String? = nil) {
    self.vendor = vendor
    self.product = product
    self.serial = serial
  }
}

/// What makes a camera the same one after it was unplugged: its name at its place on the bus; at another place its serial number;
/// and where it has none, that no other like it was ever seen, which the user is told.
struct CameraIdentity: Sendable, Hashable {
  var path: String
  var card: String
  var bus: String
  var facts: NodeFacts
  /// Places of other cameras that cannot be told from this one.
  private var twins: Set<String> = []

  enum Whereabouts: Equatable {
    /// - remark: what the user should know of how it was found.
    case at(String, remark: String?)
    /// - remark: why none of those that are there is taken for it.
    case away(remark: String?)
  }

  init(path: String, capability: V4L2Device.Capability, calls: V4L2Calls) {
    self.path = path
    card = capability.card
    bus = capability.bus
    facts = calls.facts(path)
    noteTwins(calls)
  }

  /// Those that are there beside it, or in the moment after it went, are others.
  mutating func noteTwins(_ calls: V4L2Calls) {
    guard facts.usb != nil else { return }
    for node in calls.nodes() {
      if let found = Self.look(node, calls), found.bus != bus, isAlike(found) { twins.insert(found.bus) }
    }
  }

  /// Where this camera is now.
  func whereabouts(_ calls: V4L2Calls) -> Whereabouts {
    let nodes = calls.nodes()
    var alike: [Seen] = []
    // Its old number first: a camera with a second, infrared node has the same name and bus there.
    for node in nodes.filter({ $0 == path }) + nodes.filter({ $0 != path }) {
      if isClosed(node, calls) { return .at(node, remark: nil) }
      guard let found = Self.look(node, calls), isAlike(found) else { continue }
      if found.bus == bus { return .at(node, remark: nil) }
      alike.append(found)
    }
    let moved = alike.filter { !twins.contains($0.bus) }
    guard let only = moved.first else { return .away(remark: nil) }
    guard moved.count == 1 else {
      let places = moved.map { "\($0.path) at \($0.bus)" }.joined(separator: ", ")
      return .away(remark: "several could be it (\(places)), and nothing tells them apart")
    }
    if only.facts.usb?.serial != nil { return .at(only.path, remark: nil) }
    return .at(
      only.path,
      remark: "\(only.path) at \(only.bus) is taken for the camera that was at \(bus): "
        + "it has the same name, and no serial number to tell it by")
  }

  /// A camera that was looked at.
  private struct Seen {
    var path: String
    var card: String
    var bus: String
    var facts: NodeFacts
  }

  /// Whether it could be this one, whatever its place.
  private func isAlike(_ found: Seen) -> Bool {
    guard found.card == card, found.facts.index == facts.index || found.facts.index == nil || facts.index == nil else {
      return false
    }
    // Without USB's word only its place says that it is the same.
    guard let usb = facts.usb, let other = found.facts.usb else { return found.bus == bus }
    return usb == other
  }

  private static func look(_ node: String, _ calls: V4L2Calls) -> Seen? {
    guard let device = try? V4L2Device(path: node, calls: calls, isLook: true) else { return nil }
    defer { device.close() }
    guard let found = try? device.capability(), found.capturesVideo || found.capturesMultiPlanar else { return nil }
    return Seen(path: node, card: found.card, bus: found.bus, facts: calls.facts(node))
  }

  /// Its node is there again, and closed to us: why, is what the user has to hear.
  private func isClosed(_ node: String, _ calls: V4L2Calls) -> Bool {
    guard node == path else { return false }
    do throws(CallError) {
      try V4L2Device(path: node, calls: calls, isLook: true).close()
      return false
    } catch {
      return !error.isGone
    }
  }

  /// Drivers whose nodes carry what the sensor saw, before any image processing.
  private static let sensorDrivers = ["unicam", "rp1-cfe", "ipu3-cio2", "isys", "ipu6", "intel-ipu"]

  static func needsSignalProcessor(driver: String, formats: [CameraFormat]) -> Bool {
    if sensorDrivers.contains(where: { driver.hasPrefix($0) }) { return true }
    return !formats.isEmpty && formats.allSatisfy { $0.fourCC.isBayer && $0.fourCC.decoder == nil }
  }
}
