/// Which nodes are really cameras.
public enum CameraCatalog {
  /// The cameras of this machine: nodes that capture video, by the node's own capabilities; no metadata, output, radio or
  /// teletext nodes. Colour cameras come before those with grey formats only, each kind by number. Nodes that we may not
  /// open are left out.
  public static func cameras() -> [Camera] { cameras(.live) }

  package static func cameras(_ calls: V4L2Calls) -> [Camera] {
    let found = calls.nodes().compactMap { camera(at: $0, calls) }
    return found.filter(\.hasColor) + found.filter { !$0.hasColor }
  }

  /// The camera that `text` means: a number, a path (by-id links too), or a part of its name.
  /// Throws where no camera or more than one fits, with the list of what there is.
  public static func find(_ text: String) throws -> Camera { try find(text, among: cameras()) }

  package static func find(_ text: String, among cameras: [Camera]) throws -> Camera {
    if let number = Int(text), let camera = cameras.first(where: { $0.number == number }) { return camera }
    let node = VideoNodes.resolved(text)
    if let camera = cameras.first(where: { $0.path == node || $0.stablePath == text }) { return camera }
    let named = cameras.filter { $0.card.lowercased().contains(text.lowercased()) }
    switch named.count {
    case 1: return named[0]
    case 0: throw CameraError.noSuchCamera(text, cameras)
    default: throw CameraError.severalCameras(text, named)
    }
  }

  static func camera(at path: String, _ calls: V4L2Calls) -> Camera? {
    guard let device = try? V4L2Device(path: path, calls: calls) else { return nil }
    defer { device.close() }
    guard let capability = try? device.capability(), capability.capturesVideo || capability.capturesMultiPlanar,
      let formats = try? device.formats()
    else { return nil }
    return Camera(
      path: path, number: VideoNodes.number(of: path), card: capability.card, driver: capability.driver,
      bus: capability.bus, stablePath: VideoNodes.stablePath(of: path), formats: formats, holder: NodeHolder.of(path))
  }
}
