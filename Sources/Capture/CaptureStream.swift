import Frames
import Glibc

/// An open camera that streams, from open to close. Belongs to one thread at a time.
final class CaptureStream {
  let device: V4L2Device
  let decoder: FrameDecoder
  let identity: CameraIdentity
  /// Frames a second that the driver promised; `nil` where it promises none.
  let rate: Double?
  /// What the user should know of the stream: what had to be given up to get it, or where it is not what was asked for.
  let notice: String?
  private let buffers: [UnsafeMutableRawBufferPointer]

  var format: StreamFormat { decoder.format }

  private static let bufferCount = 4

  /// Opens `path`, negotiates and starts the stream.
  /// - Parameters:
  ///   - memory: holds the controls to set.
  ///   - isFirst: a control that cannot be set is an error.
  ///   - refused: formats that have proved undecodable.
  ///   - maximumPixels: what a ring's slot holds.
  /// - Throws: `CallError` for what the system refused, `UserError` for what no other try would change.
  static func open(
    _ path: String, wish: StreamWish, memory: ControlMemory, isFirst: Bool, refused: Set<FourCC>, maximumPixels: Int,
    calls: V4L2Calls
  ) throws -> CaptureStream {
    let device = try V4L2Device(path: path, calls: calls)
    let capability = try device.capability()
    guard capability.capturesVideo || capability.capturesMultiPlanar else {
      throw CameraError.doesNotCapture(path, capability.card, CameraCatalog.cameras(calls))
    }
    guard capability.streams else { throw CameraError.noStreaming(path, capability.card) }

    let formats = try device.formats()
    let names = formats.map(\.fourcc).joined(separator: ", ")
    let usable = formats.filter { !refused.contains($0.fourCC) }
    let choices = StreamChoice.all(usable, wish: wish, maximumPixels: maximumPixels)
    if CameraIdentity.needsSignalProcessor(driver: capability.driver, formats: formats) {
      throw CameraError.needsSignalProcessor(path, capability.driver, names)
    }
    if let wanted = wish.fourCC, !usable.contains(where: { $0.fourCC == wanted }) || wanted.decoder == nil {
      // A format that was offered and has failed all the time is to be tried again.
      guard refused.isEmpty else { throw CameraError.formatFails(path, wanted) }
      throw CameraError.formatNotOffered(path, wanted, formats.filter { $0.fourCC.decoder != nil }.map(\.fourcc))
    }
    guard !choices.isEmpty else {
      let sizes = usable.filter { $0.fourCC.decoder != nil }.flatMap(\.sizes)
      if let least = sizes.min(by: { $0.pixelCount < $1.pixelCount }) {
        throw CameraError.tooLarge(path, width: least.width, height: least.height)
      }
      if device.isMultiPlanar { throw CameraError.severalPlanes(path, capability.card, names) }
      throw CameraError.noUsableFormat(path, names)
    }
    let identity = CameraIdentity(path: path, capability: capability)
    let controls = CameraControls(device: device, memory: memory)
    for setting in memory.wanted {
      do {
        try controls.set(setting.name, to: setting.value)
      } catch {
        // At the first start the user hears of it; later, a camera without its brightness is better than none.
        if isFirst { throw error }
      }
    }
    return try start(device, identity, choices, wish, maximumPixels, names)
  }

  private init(
    _ device: V4L2Device, _ identity: CameraIdentity, _ decoder: FrameDecoder, rate: Double?, notice: String?,
    _ buffers: [UnsafeMutableRawBufferPointer]
  ) {
    self.device = device
    self.identity = identity
    self.decoder = decoder
    self.rate = rate
    self.notice = notice
    self.buffers = buffers
  }

  deinit {
    try? device.stopStream()
    for buffer in buffers { device.unmap(buffer) }
    device.close()
  }

  /// A filled buffer's bytes.
  func bytes(of filled: FilledBuffer) -> UnsafeMutableRawBufferPointer {
    guard buffers.indices.contains(filled.index) else { return UnsafeMutableRawBufferPointer(start: nil, count: 0) }
    let buffer = buffers[filled.index].dropFirst(filled.byteOffset)
    return UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(filled.byteCount))
  }

  // MARK: Starting

  private static func start(
    _ device: V4L2Device, _ identity: CameraIdentity, _ choices: [StreamChoice], _ wish: StreamWish,
    _ maximumPixels: Int, _ names: String
  ) throws -> CaptureStream {
    var left = choices
    var concession: String?
    while !left.isEmpty {
      let choice = left.removeFirst()
      let chosen = try device.setFormat(
        choice.fourCC, width: choice.width, height: choice.height, bytesPerRow: wish.bytesPerRow)
      // The driver's word counts, not our wish: it may have chosen something that we cannot take.
      guard let format = chosen, 1...maximumPixels ~= format.pixelCount,
        let decoder = FrameDecoder(format, descriptor: device.descriptor)
      else { continue }
      let rate = try device.setRate(choice.rate)
      do {
        let buffers = try startBuffers(device)
        let notice =
          concession.map { "\($0): taking \(format) instead" }
          ?? wish.difference(width: format.width, height: format.height, rate: rate)
        return CaptureStream(device, identity, decoder, rate: rate, notice: notice, buffers)
      } catch {
        guard error.code == ENOSPC else { throw error }
        left = StreamChoice.lighter(than: choice, among: left, wish: wish)
        concession = "the USB bus has no bandwidth for \(format)"
        if left.isEmpty { throw error }
      }
    }
    throw CameraError.noUsableFormat(device.path, names)
  }

  private static func startBuffers(_ device: V4L2Device) throws(CallError) -> [UnsafeMutableRawBufferPointer] {
    var buffers: [UnsafeMutableRawBufferPointer] = []
    do {
      let count = try device.requestBuffers(bufferCount)
      for index in 0..<count { buffers.append(try device.mapBuffer(index)) }
      for index in 0..<count { try device.enqueue(index) }
      try device.startStream()
      return buffers
    } catch {
      for buffer in buffers { device.unmap(buffer) }
      // Free the driver's buffers as well: it refuses a new format while they exist.
      _ = try? device.requestBuffers(0)
      throw error
    }
  }
}

/// What makes a camera the same one after it was unplugged: its stable path, else its name and its place on the bus.
struct CameraIdentity: Sendable, Hashable {
  var path: String
  var stablePath: String?
  var card: String
  var bus: String

  init(path: String, capability: V4L2Device.Capability) {
    self.path = path
    stablePath = VideoNodes.stablePath(of: path)
    card = capability.card
    bus = capability.bus
  }

  /// The node where this camera is now; `nil` while it is away.
  func currentPath(_ calls: V4L2Calls) -> String? {
    let nodes = calls.nodes()
    if let stablePath {
      let node = VideoNodes.resolved(stablePath)
      if nodes.contains(node) { return node }
    }
    // Its old number first: a camera with a second, infrared node has the same name and bus there.
    return (nodes.filter { $0 == path } + nodes.filter { $0 != path }).first { isAt($0, calls) }
  }

  private func isAt(_ node: String, _ calls: V4L2Calls) -> Bool {
    let device: V4L2Device
    do throws(CallError) {
      device = try V4L2Device(path: node, calls: calls, isLook: true)
    } catch {
      // Its node is there again, and closed to us: why, is what the user has to hear.
      return node == path && !error.isGone
    }
    defer { device.close() }
    guard let found = try? device.capability() else { return false }
    return (found.capturesVideo || found.capturesMultiPlanar) && found.card == card && found.bus == bus
  }

  /// Drivers whose nodes carry what the sensor saw, before any image processing.
  private static let sensorDrivers = ["unicam", "rp1-cfe", "ipu3-cio2", "isys", "ipu6", "intel-ipu"]

  static func needsSignalProcessor(driver: String, formats: [CameraFormat]) -> Bool {
    if sensorDrivers.contains(where: { driver.hasPrefix($0) }) { return true }
    return !formats.isEmpty && formats.allSatisfy { $0.fourCC.isBayer && $0.fourCC.decoder == nil }
  }
}
